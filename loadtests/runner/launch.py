"""Locust as our own program, with its command line: `python -m loadtests.runner.launch`. An interrupt ends it at any moment."""

from __future__ import annotations

import sys
from collections.abc import Callable

# Ours, before Locust puts the working folder in front: it may have packages of these names.
import conformance  # noqa: F401 - see above
import spec  # noqa: F401 - see above
from loadtests.runner.interrupts import end_at_once


def main() -> None:
    """Run Locust. Its master and workers take the signals over once a run begins."""
    end_at_once()
    sys.argv[0] = "locust"
    from locust import main as locust  # late: it takes a second, in which a signal may come

    run: Callable[[], None] = locust.main
    run()


if __name__ == "__main__":
    main()
