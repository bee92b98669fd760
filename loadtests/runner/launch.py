"""Locust as our own program, with its command line: `python -m loadtests.runner.launch`. An interrupt ends it at any moment."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

from loadtests.runner.interrupts import end_at_once


def main() -> None:
    """Run Locust. Its master and workers take the signals over once a run begins."""
    end_at_once()
    # Import our packages before Locust puts the working folder first: it may hold packages of these names.
    for package in ("conformance", "spec"):
        import_module(package)
    sys.argv[0] = "locust"
    from locust import main as locust  # imported late: it takes a second, in which a signal may come

    run: Callable[[], None] = locust.main
    run()


if __name__ == "__main__":
    main()
