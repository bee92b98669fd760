"""Locust as our own program, with its command line: `python -m loadtests.runner.launch`. An interrupt ends it at any moment."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

# Ours, before Locust puts the working folder in front: it may have packages of these names.
import conformance  # noqa: F401 - see above
import spec  # noqa: F401 - see above

INTERRUPTED = 130
ENDING = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
"""The signals that end a run as an interrupt does."""


def end_at_once() -> None:
    """Have a signal end this process at once, while it has nothing to put in order: nothing was sent, written or started yet."""
    for number in ENDING:
        signal.signal(number, lambda *_: os._exit(INTERRUPTED))


def main() -> None:
    """Run Locust. Its master and workers take the signals over once a run begins."""
    end_at_once()
    sys.argv[0] = "locust"
    from locust import main as locust  # late: it takes a second, in which a signal may come

    run: Callable[[], None] = locust.main
    run()


if __name__ == "__main__":
    main()
