"""The target's clock: real time, or a test clock that a hook moves forward."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class TargetClock:
    """The time at the target: real time, and the seconds that `advance_clock` has `moved` it on.

    The clock is never moved while a request is under way, so the times of every exchange lie on one side of the jump.
    """

    def __init__(self, advance: Callable[[int], None] | None = None) -> None:
        self._advance = advance
        self._origin = time.time() - time.monotonic()
        self.moved = 0.0
        self._state = threading.Condition()
        self._exchanges = 0
        self._moving = False

    @property
    def movable(self) -> bool:
        """Whether waiting costs no real time."""
        return self._advance is not None

    def now(self) -> float:
        """Unix seconds of this machine's clock, which never go back, plus the seconds that the target's clock was moved by."""
        return self._origin + time.monotonic() + self.moved

    def wait(self, seconds: float) -> None:
        """Let that many seconds pass for the target: move its test clock by whole seconds, rounded up, or sleep."""
        if seconds <= 0:
            return
        if self._advance is None:
            time.sleep(seconds)
        else:
            self._move(math.ceil(seconds), self._advance)

    @contextmanager
    def steady(self) -> Iterator[None]:
        """Keep the clock from being moved while an exchange is under way."""
        with self._state:
            self._state.wait_for(lambda: not self._moving)
            self._exchanges += 1
        try:
            yield
        finally:
            with self._state:
                self._exchanges -= 1
                self._state.notify_all()

    def _move(self, seconds: int, advance: Callable[[int], None]) -> None:
        with self._state:
            self._state.wait_for(lambda: not self._moving)
            self._moving = True
            self._state.wait_for(lambda: self._exchanges == 0)
        try:
            advance(seconds)
            self.moved += seconds
        finally:
            with self._state:
                self._moving = False
                self._state.notify_all()
