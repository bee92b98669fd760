"""The rate limits of API keys, under both readings of the documentation's two figures ("Rate limits")."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from spec import RateLimits

Reading = Literal["burst", "strict"]

MINUTE = 60.0
# A key is forgotten once nothing of its past can matter, looked for whenever this many keys have been seen since.
_SWEEP_EVERY = 1_000
# Unix times are floats with some 10⁻⁷ s of rounding, which adds up over a burst: a wait as short as that is none.
_ROUNDING = 1e-4


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a request is served. `limit` is the key's requests a minute, `reset` the unix time at which its allowance is whole.

    `retry_after` is the seconds until one request will be served, 0 if this one was; whoever rounds it must round up.
    """

    admitted: bool
    limit: int
    reset: float
    retry_after: float


@dataclass(slots=True)
class _Past:
    """What a key has used: the times of its last admissions, oldest first, and when its allowance is whole again."""

    admitted: deque[float] = field(default_factory=deque)
    whole_at: float = 0.0
    latest: float = 0.0


class Limiter:
    """Admits or refuses each request of a key; a refused one costs nothing (RATE-8).

    `burst`: an allowance that refills at the limit a minute and holds at most a burst, and no burst window above a burst.
    `strict`: no minute above the limit, no burst window above a burst.
    """

    def __init__(self, limits: RateLimits, reading: Reading = "burst") -> None:
        self._limits = limits
        self._decide: Callable[[_Past, RateLimits, float], float] = _burst if reading == "burst" else _strict
        self._keys: dict[str, _Past] = {}
        self._new = 0

    def admit(self, key_id: str, now: float, limits: RateLimits | None = None) -> Admission:
        """Decide on a request of a key at a unix time. `limits` are the key's own where they differ from the default."""
        limits = limits or self._limits
        past = self._keys.get(key_id) or self._remember(key_id, now)
        # A clock that is set back must not make a spent key wait for it to catch up, nor count twice.
        past.latest = now = max(now, past.latest)
        wait = self._decide(past, limits, now)
        if wait <= _ROUNDING:
            past.admitted.append(now)
            past.whole_at = max(past.whole_at, now) + MINUTE / limits.per_minute
            wait = 0.0
        return Admission(wait == 0.0, limits.per_minute, self._reset(past, now), wait)

    def _reset(self, past: _Past, now: float) -> float:
        if self._decide is _burst:
            return max(past.whole_at, now)
        return past.admitted[-1] + MINUTE if past.admitted else now

    def _remember(self, key_id: str, now: float) -> _Past:
        self._new += 1
        if self._new >= _SWEEP_EVERY:
            self._new = 0
            self._keys = {key: past for key, past in self._keys.items() if not _is_over(past, now)}
        return self._keys.setdefault(key_id, _Past())


def _burst(past: _Past, limits: RateLimits, now: float) -> float:
    """Seconds until the allowance holds a request and the burst window has room for it."""
    window = _wait_for_window(past.admitted, limits.burst, limits.burst_window, now)
    refill = MINUTE / limits.per_minute
    return max(window, past.whole_at - (limits.burst - 1) * refill - now)


def _strict(past: _Past, limits: RateLimits, now: float) -> float:
    """Seconds until both windows have room for a request."""
    admitted = past.admitted
    while admitted and admitted[0] <= now - MINUTE:
        admitted.popleft()
    minute = admitted[-limits.per_minute] + MINUTE - now if len(admitted) >= limits.per_minute else 0.0
    if len(admitted) < limits.burst:
        return minute
    return max(minute, admitted[-limits.burst] + limits.burst_window - now)


def _wait_for_window(admitted: deque[float], most: int, window: float, now: float) -> float:
    while admitted and admitted[0] <= now - window:
        admitted.popleft()
    return admitted[0] + window - now if len(admitted) >= most else 0.0


def _is_over(past: _Past, now: float) -> bool:
    return past.whole_at <= now and (not past.admitted or past.admitted[-1] <= now - MINUTE)
