"""The limiter of several processes: the use of keys is kept in Redis, and each decision is one script there."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from mockserver.api.limits import MINUTE, Admission, Gauge, Limiter, LimitUse, Reading, checked, promised_reset
from mockserver.clock import Clock
from mockserver.cluster.reach import Reach
from spec import RateLimits

_KEPT = 86_400
"""Real seconds for which an idle key is kept. Real ones, because the mock's clock may stand still."""

_SCRIPT = files("mockserver.cluster").joinpath("limits.lua").read_text("utf-8")


class SharedLimiter(Limiter):
    """A limiter whose counts all processes with the same `namespace` share, exactly: Redis runs one script at a time.

    A key's time never goes back, even if the processes' clocks differ; if `clock`, whose time is asked with, is set back, it
    counts as one that stood still. Raises Unreachable if the server does not answer.
    """

    def __init__(self, limits: RateLimits, reading: Reading, reach: Reach, namespace: str, clock: Clock) -> None:
        super().__init__(limits, reading)
        self._default = checked(limits)
        self._reading = reading
        self._reach = reach
        self._namespace = namespace
        self._clock = clock
        self._decide = reach.server.register_script(_SCRIPT)

    def admit(self, key_id: str, now: float, limits: RateLimits | None = None) -> Admission:
        """Decide on a request of a key, as the limiter in memory does."""
        limits = self._default if limits is None else checked(limits)
        numbers = (limits.per_minute, limits.burst, limits.burst_window, repr(now + self._clock.set_back), _KEPT)
        places, arguments = self._places(key_id), (self._reading, *numbers)
        admitted, wait, clear = self._reach(lambda _server: self._decide(keys=places, args=arguments))
        return Admission(bool(admitted), limits.per_minute, promised_reset(now, float(clear)), float(wait))

    def peek(self, key_id: str, now: float, limits: RateLimits | None = None) -> LimitUse:
        """What a key has used, without a request."""
        limits = self._default if limits is None else checked(limits)
        use, times = self._places(key_id)
        debt, at = self._reach(lambda server: server.hmget(use, "debt", "at"))
        now = max(now + self._clock.set_back, float(at or 0))
        admitted = [float(time) for time in self._reach(lambda server: server.lrange(times, 0, -1)) or ()]
        window = Gauge(sum(now - time < limits.burst_window for time in admitted), limits.burst)
        if self._reading == "strict":
            return LimitUse(Gauge(sum(now - time < MINUTE for time in admitted), limits.per_minute), window)
        owed = max(0.0, min(float(debt or 0), MINUTE * limits.burst) - (now - float(at or now)) * limits.per_minute)
        return LimitUse(Gauge(owed / MINUTE, limits.burst), window)

    def _places(self, key_id: str) -> Sequence[str]:
        return f"{self._namespace}:use:{key_id}", f"{self._namespace}:times:{key_id}"
