"""Ctrl-C, SIGTERM and SIGHUP end a run in order, even where the interrupt is lost on its way."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Interrupts:
    """Raises KeyboardInterrupt for a signal, and once more before the next check where nothing came of it.

    Python drops what is raised in a finalizer or in a callback of the garbage collector.
    """

    def __init__(self) -> None:
        self._asked = False

    def heed(self) -> Callable[[], None]:
        """Take the signals, but for those that are ignored, as SIGHUP is under nohup. Returns how to give them back."""
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
        """Interrupt the run before its next check, where an interrupt was lost."""
        if self._asked:
            raise KeyboardInterrupt

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """The interrupt has arrived."""
        self._asked = False

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True
        raise KeyboardInterrupt
