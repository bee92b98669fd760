"""Delay signals that end a run while a process or a folder is being created."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def signals_held_back() -> Iterator[None]:
    """Hold back the signals that end a run, and deliver them afterwards.

    Whatever is created inside is stored by its owner before a signal can end the run, so it is cleaned up. A handler that is set
    meanwhile stays.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []

    def hold(number: int, _frame: object) -> None:
        held.append(number)

    before = {number: signal.signal(number, hold) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is hold:
                signal.signal(number, handler)
        for number in held:
            signal.raise_signal(number)
