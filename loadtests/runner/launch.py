"""Locust as our own program, with its command line: `python -m loadtests.runner.launch`. An interrupt ends it at any moment."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from loadtests.runner.interrupts import end_at_once


def main() -> None:
    """Run Locust. Its master and workers take the signals over once a run begins."""
    end_at_once()
    # Import our packages before Locust puts the working folder first: it may hold packages of these names, as PYTHONPATH may.
    sys.path.insert(0, str(Path(__file__).parents[2]))
    for package in ("conformance", "spec"):
        import_module(package)
    sys.argv[0] = "locust"
    _forget_settings()
    from locust import main as locust  # imported late: it takes a second, in which a signal may come

    run: Callable[[], None] = locust.main
    run()


def _forget_settings() -> None:
    """Have Locust read no settings of the user's or of the project in the working folder: they are for other load tests."""
    for name in [name for name in os.environ if name.startswith("LOCUST_")]:
        del os.environ[name]
    from locust import argument_parser

    files = argument_parser.DEFAULT_CONFIG_FILES
    for parser in (argument_parser.get_parser, argument_parser.get_empty_argument_parser):
        parser.__defaults__ = tuple(() if value is files else value for value in parser.__defaults__ or ())


if __name__ == "__main__":
    main()
