"""Locust as our own program, with its command line: `python -m loadtests.runner.launch`. An interrupt ends it at any moment."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import TracebackType

from loadtests.runner.interrupts import ProcessEnd, end_at_once, end_with_parent


def main() -> None:
    """Run Locust. Its master and workers take the signals over once a run begins."""
    end_at_once()
    parent = os.getppid()
    # Import our packages before Locust puts the working folder first: it may hold packages of these names, as PYTHONPATH may.
    sys.path.insert(0, str(Path(__file__).parents[2]))
    for package in ("conformance", "spec"):
        import_module(package)
    sys.argv[0] = "locust"
    _forget_settings()
    from locust import main as locust  # imported late: it takes a second, in which a signal may come

    end_with_parent(parent)
    _run(locust.main)


def _run(locust: Callable[[], None]) -> None:
    """Run Locust. An error of its own, of which our code has not heard, is told in one line and never ends as a verdict does."""
    from conformance.outcome import EXIT_NOT_JUDGED, EXIT_USAGE

    tell_in_a_line()
    # Locust's own exit codes, and ours in their place: 1 is the verdict "broken" alone.
    ours: Mapping[object, int] = {1: EXIT_NOT_JUDGED, 2: EXIT_USAGE, -1: EXIT_NOT_JUDGED}
    try:
        locust()
    except SystemExit as ended:
        if not ProcessEnd.settled and ended.code in ours:
            sys.exit(ours[ended.code])
        raise


def tell_in_a_line() -> None:
    """Print an uncaught error in one line and exit with 3.

    Python's default, a traceback and exit code 1, would look like the verdict "broken".
    """
    from conformance.outcome import EXIT_NOT_JUDGED

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not isinstance(error, Exception):
            sys.__excepthook__(kind, error, trace)
            return
        sys.stderr.write(f"outbound-load: Locust failed: {error!r}\n")
        sys.exit(EXIT_NOT_JUDGED)

    sys.excepthook = tell


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
