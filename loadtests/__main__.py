"""`outbound-load`, and `python -m loadtests`: takes care of an interrupt before anything of the load tests is imported."""

from __future__ import annotations

import sys

from loadtests.runner.interrupts import end_at_once


def main() -> None:
    """Run the command line, or say in one line what is not installed (exit code 4)."""
    end_at_once()
    from importlib.util import find_spec
    from pathlib import Path

    if find_spec("locust") is None:
        sys.stderr.write("outbound-load: Locust is not installed: pip install 'outbound-conformance[load]'\n")
        sys.exit(4)
    sys.path.insert(0, str(Path(__file__).parents[1]))  # a project may have a package `spec`, and PYTHONPATH name it
    from loadtests.cli import main as run
    from spec import surroundings

    with surroundings.prepared("outbound-load"):
        run()


if __name__ == "__main__":
    main()
