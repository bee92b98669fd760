"""Locust as our own program, with its command line: `python -m loadtests.runner.launch`. An interrupt ends it at any moment."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

# Ours, before Locust puts the working folder in front: it may have packages of these names.
import conformance  # noqa: F401
import spec  # noqa: F401

INTERRUPTED = 130
ENDING = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
"""The signals that end a run as an interrupt does."""


def main() -> None:
    """Run Locust. Until its run begins, a signal ends the process at once: nothing has been sent or written yet."""
    for number in ENDING:
        signal.signal(number, lambda *_: os._exit(INTERRUPTED))
    sys.argv[0] = "locust"
    from locust import main as locust  # late: it takes a second, in which a signal may come

    run: Callable[[], None] = locust.main
    run()


if __name__ == "__main__":
    main()
