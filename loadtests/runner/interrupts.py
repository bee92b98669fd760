"""How an interrupt ends a program that has not begun its work, or has done it. Imports nothing that takes time."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

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


class ProcessEnd:
    """The end of a Locust process. Once its runner has quit, Locust ends it, even while a signal is still dealt with.

    `events` are Locust's. Listeners that are to hear of the end first are added before. `settled`: the exit code is ours, and not
    one that Locust chose for an error of its own.
    """

    settled = False

    def __init__(self, events: Any) -> None:
        self._begun = False
        events.quit.add_listener(self._begin)

    def exit(self, code: int) -> None:
        """End the process with this exit code, or let Locust go on to end it.

        An exception at the interpreter's end would show a traceback.
        """
        ProcessEnd.settled = True
        if not self._begun:
            sys.exit(code)

    def _begin(self, exit_code: int, **_: Any) -> None:
        self._begun = ProcessEnd.settled = True
        end_at_once(exit_code)
