"""`outbound-conformance`, and `python -m conformance`."""

from __future__ import annotations

import sys
from importlib.util import find_spec


def main() -> None:
    """Run the command line, or say in one line what is not installed (exit code 4)."""
    if find_spec("schemathesis") is None:
        sys.stderr.write("outbound-conformance: not installed whole: pip install 'outbound-conformance[gate]'\n")
        sys.exit(4)
    from conformance.cli import main as run

    run()


if __name__ == "__main__":
    main()
