"""Ends a process of the mock: by a signal, with its parent, or after a time limit."""

from __future__ import annotations

import _thread
import os
import signal
import time

SIGNALS = tuple(number for number in signal.Signals if number.name in ("SIGINT", "SIGTERM", "SIGHUP"))
"""The signals that end a mock: Ctrl-C, kill, and a terminal that was closed."""

WITHIN = 1.5
"""Seconds after which a process that was asked to end is killed."""

_LOOK_EVERY = 0.2


def end_with(parent: int | None) -> None:
    """End this process as SIGTERM does when `parent` (a process id) is no longer its parent. Does nothing for None."""
    if parent is not None:
        _thread.start_new_thread(_wait_for_end_of, (parent,))


def end_within(seconds: float, code: int) -> None:
    """Exit this process with `code` if it still runs after this many seconds, even if it waits for something.

    It takes no lock, so a signal handler may call it.
    """
    _thread.start_new_thread(_exit_after, (seconds, code))


def _wait_for_end_of(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)


def _exit_after(seconds: float, code: int) -> None:
    time.sleep(seconds)
    os._exit(code)
