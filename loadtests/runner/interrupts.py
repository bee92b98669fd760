"""How an interrupt ends a program that has not begun its work, or has done it. Imports nothing that takes time."""

from __future__ import annotations

import os
import signal

INTERRUPTED = 130
ENDING = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
"""The signals that end a run as an interrupt does."""


def end_at_once(code: int = INTERRUPTED) -> None:
    """Let a signal end this process at once, with an exit code, while there is nothing to clean up.

    That is so before anything was sent, written or started, and once the verdict was told.
    A signal that is ignored, as SIGHUP is under nohup, stays ignored.
    """
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: os._exit(code))
