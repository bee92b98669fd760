"""How an interrupt ends a command of the mock that has not begun its work. Imports nothing that takes time."""

from __future__ import annotations

import os
import signal
from typing import NoReturn

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 and the number of the signal."""


def end_at_once(*numbers: int) -> None:
    """Have these signals end this process at once, while it has nothing to put in order: nothing was served or started yet.

    A signal that is ignored, as Ctrl-C is by jobs in a shell's background, stays ignored.
    """
    for number in numbers:
        if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
            signal.signal(number, _end)


def raise_again() -> None:
    """Have the signals that would end this process at once raise KeyboardInterrupt from now on."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is _end:
            signal.signal(number, signal.default_int_handler)


def _end(_number: int, _frame: object) -> NoReturn:
    os._exit(INTERRUPTED)
