"""Ends a command of the mock at an interrupt before it has begun its work. Imports nothing that takes time."""

from __future__ import annotations

import os
import signal
from typing import NoReturn

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 and the number of the signal."""


def end_at_once(*numbers: int) -> None:
    """Make these signals end this process at once. For the time before it serves or starts anything that must be cleaned up.

    A signal that is ignored, as Ctrl-C is by jobs in a shell's background, stays ignored.
    """
    for number in numbers:
        if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
            signal.signal(number, _end)


def raise_again() -> None:
    """From now on raise KeyboardInterrupt for the signals that would have ended this process at once."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is _end:
            signal.signal(number, signal.default_int_handler)


def _end(_number: int, _frame: object) -> NoReturn:
    os._exit(INTERRUPTED)
