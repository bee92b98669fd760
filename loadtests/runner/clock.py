"""The target's clock as a load test knows it: real time, and what `advance_clock` added."""

from __future__ import annotations

import time


class TargetClock:
    """Unix seconds on the target's clock: this machine's, never going back, and what was `added` by moving the target's."""

    def __init__(self) -> None:
        self._origin = time.time() - time.monotonic()
        self.added = 0.0

    def now(self) -> float:
        """The time, in unix seconds."""
        return self._origin + time.monotonic() + self.added
