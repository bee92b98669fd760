"""How an interrupt ends a program that has not begun its work. Imports nothing that takes time."""

from __future__ import annotations

import os
import signal

INTERRUPTED = 130
ENDING = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
"""The signals that end a run as an interrupt does."""


def end_at_once() -> None:
    """Have a signal end this process at once, while it has nothing to put in order: nothing was sent, written or started yet.

    A signal that is ignored, as SIGHUP is under nohup, stays ignored.
    """
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: os._exit(INTERRUPTED))
