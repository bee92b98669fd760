"""Ctrl-C, SIGTERM and SIGHUP end a run with its reports, even if Python loses the interrupt."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Interrupts:
    """Raises KeyboardInterrupt for a signal, and again before the next check if the first one was lost.

    Python drops exceptions that are raised in a finalizer or in a callback of the garbage collector. A second signal is ignored
    while the reports are written, for they would be cut; a third one ends that, too.
    """

    def __init__(self) -> None:
        self._asked = False
        self._ending = False

    def heed(self) -> Callable[[], None]:
        """Handle the signals, except ignored ones, as SIGHUP is under nohup. Returns a function that restores the handlers."""
        taken = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
        before: dict[int, Any] = {
            number: signal.signal(number, self._interrupt)
            for number in taken
            if signal.getsignal(number) is not signal.SIG_IGN
        }

        def give_back() -> None:
            for number, handler in before.items():
                signal.signal(number, handler)

        return give_back

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        """Interrupt the run before its next check if an interrupt was lost."""
        if self._asked:
            raise KeyboardInterrupt

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """The interrupt has arrived."""
        self._asked = False
        self._ending = True

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if self._ending:
            self._ending = False
            return
        self._asked = True
        raise KeyboardInterrupt
