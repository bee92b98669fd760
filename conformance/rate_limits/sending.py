"""How a `Send` is carried out: how many requests at the same time, when to stop, and the recorded attempts."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field

from conformance.rate_limits.attempts import Attempt
from conformance.rate_limits.steps import Send

_FEWEST = 8
_MOST = 24
# A volley should take at most a fifth of a burst window: the longer it takes, the less it proves.
_WITHIN = 5.0


def senders(step: Send, burst: int, latency: float) -> int:
    """The number of concurrent senders with which a burst at this latency (seconds) takes a few seconds."""
    wanted = 1 if step.one_by_one else min(_MOST, max(_FEWEST, math.ceil(burst * latency / _WITHIN)))
    return min(wanted, step.count)


@dataclass
class Volley:
    """A `Send` under way. Several senders share it: each takes one request after the other, and records the attempt."""

    step: Send
    attempts: list[Attempt] = field(default_factory=list)
    _taken: int = 0
    _refused: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> bool:
        """Whether one more request is to be sent."""
        with self._lock:
            enough = self.step.refused is not None and self._refused >= self.step.refused
            if enough or self._taken >= self.step.count:
                return False
            self._taken += 1
            return True

    def record(self, attempt: Attempt) -> None:
        """Record an attempt."""
        with self._lock:
            self.attempts.append(attempt)
            self._refused += attempt.refused
