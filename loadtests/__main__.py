"""`python -m loadtests`: the same as `outbound-load`."""

from loadtests.cli import main

if __name__ == "__main__":
    main()
