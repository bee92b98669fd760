"""How an interrupt ends a program that has not begun its work, or has done it. Imports nothing that takes time."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

INTERRUPTED = 130
ENDING = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
"""The signals that end a run as an interrupt does."""

_LOOK_FOR_PARENT = 0.1


def end_with_parent(parent: int | None = None) -> None:
    """Have a greenlet end this process at once if its parent dies, and so each process that is forked from now on.

    `parent` None: this process may outlive its own parent, which may be a shell; those that are forked may not.
    """
    import gevent  # late: it takes a tenth of a second

    def watch(own: int, parent: int | None) -> None:
        while True:
            if os.getpid() != own:
                own, parent = os.getpid(), own
            if parent is not None and os.getppid() != parent:
                os._exit(INTERRUPTED)
            gevent.sleep(_LOOK_FOR_PARENT)

    gevent.spawn(watch, os.getpid(), parent)


def end_at_once(code: int = INTERRUPTED) -> None:
    """Let a signal end this process at once, with an exit code, while there is nothing to clean up.

    That is so before anything was sent, written or started, and once the verdict was told.
    A signal that is ignored, as SIGHUP is under nohup, stays ignored. One that was held back until now is let through.
    """
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: os._exit(code))
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


@contextmanager
def blocked() -> Iterator[None]:
    """Let a process that is started meanwhile get no signal that ends a run, until it calls `end_at_once`."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
