"""The rate limits of API keys, under both readings of the documentation ("Rate limits").

`burst`: an allowance that refills at the per-minute limit and holds at most a burst; and no burst window serves more than a
burst. `strict`: both figures are hard caps: no minute serves more than the limit, no burst window more than a burst.

The use of a key is one small object (`_Burst`, `_Strict`), and every decision is a function of it, the limits and the time. So
a limiter that several processes share can keep the same numbers elsewhere.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal, NamedTuple

from spec import REST, RateLimits

Reading = Literal["burst", "strict"]

MINUTE = 60.0
_SLACK = 1.0
"""Extra seconds for which an idle key is kept, so that rounding never drops use that still counts."""


class Unreachable(Exception):
    """The server that keeps what a key has used does not answer. The message is one line."""


class Admission(NamedTuple):
    """Whether a request is served, and what its answer says about the key's limit.

    `limit` is the key's requests per minute. `reset` is the unix time from which none of the key's earlier requests count.
    `retry_after` is the seconds until one request will be served, 0 if this one was. On the wire both are whole numbers:
    `math.ceil` keeps them true, and Retry-After at most 60 (RATE-6).
    """

    admitted: bool
    limit: int
    reset: float
    retry_after: float


@dataclass(frozen=True, slots=True)
class Gauge:
    """How much of a limit is used, in requests, and how much it allows. A refilling allowance is used in fractions."""

    used: float
    most: int

    @property
    def has_room(self) -> bool:
        """Whether one more request fits."""
        return self.used + 1 <= self.most


@dataclass(frozen=True, slots=True)
class LimitUse:
    """What a key has used of both limits: the sustained one, and the burst window."""

    sustained: Gauge
    window: Gauge


class Limiter:
    """Admits or refuses each request of a key. A refused one costs nothing (RATE-8).

    Times are unix seconds. A clock that is set back counts as one that stood still: a spent key neither waits for it to catch up
    nor gains anything. A key is forgotten when none of its requests counts any more; a busy key takes one number for each
    admission in its windows. Not thread-safe.
    """

    def __init__(self, limits: RateLimits, reading: Reading = "burst") -> None:
        self._limits = checked(limits)
        self._unused: type[_Burst] | type[_Strict] = _Burst if reading == "burst" else _Strict
        self._keys: dict[str, _Burst | _Strict] = {}
        self._latest = 0.0
        self._set_back = 0.0
        self._next_sweep = 0.0

    def admit(self, key_id: str, now: float, limits: RateLimits | None = None) -> Admission:
        """Decide on a request of a key. `limits` are the key's own, None for the default.

        Raises ValueError for limits that would never admit a request.
        """
        limits = self._limits if limits is None else checked(limits)
        time = self._steady(now)
        self._latest, self._set_back = now, time - now
        if time >= self._next_sweep:
            self._forget_idle_keys(time)
        past = self._keys.get(key_id)
        if past is None:
            past = self._keys[key_id] = self._unused()
        wait, clear = past.admit(limits, time)
        past.clear_at = time + clear
        return Admission(wait == 0.0, limits.per_minute, promised_reset(now, clear), wait)

    def peek(self, key_id: str, now: float, limits: RateLimits | None = None) -> LimitUse:
        """What a key has used; no request is counted. Raises ValueError as `admit` does."""
        limits = self._limits if limits is None else checked(limits)
        return (self._keys.get(key_id) or self._unused()).meter(limits, self._steady(now))

    def _steady(self, now: float) -> float:
        """The time on a clock that stands still while the real one is behind it."""
        return (now if now > self._latest else self._latest) + self._set_back

    def _forget_idle_keys(self, time: float) -> None:
        self._keys = {key_id: past for key_id, past in self._keys.items() if past.clear_at + _SLACK > time}
        self._next_sweep = time + MINUTE


class Unlimited(Limiter):
    """A limiter that admits every request, except those of keys with their own limits, on which another one decides."""

    def __init__(self, limits: RateLimits, own: Limiter) -> None:
        super().__init__(limits)
        self._own = own

    def admit(self, key_id: str, now: float, limits: RateLimits | None = None) -> Admission:
        """Admit a request, or decide on one of a key with its own limits."""
        if limits is not None:
            return self._own.admit(key_id, now, limits)
        return Admission(True, self._limits.per_minute, now, 0.0)

    def peek(self, key_id: str, now: float, limits: RateLimits | None = None) -> LimitUse:
        """What a key has used."""
        return super().peek(key_id, now) if limits is None else self._own.peek(key_id, now, limits)


def promised_reset(now: float, clear: float) -> float:
    """The unix time to promise as X-RateLimit-Reset if no request counts any more after `clear` seconds."""
    return now + (clear if clear < REST else REST)


class _Burst:
    """What a key has used under `burst`.

    `_debt` is what was missing from the full allowance at `_at`, in request-seconds: a request costs 60, and each second
    brings back the per-minute limit. In this unit, unix times (floats with 22 binary places) and whole limits are not rounded.
    """

    __slots__ = ("_admitted", "_at", "_debt", "clear_at")

    def __init__(self) -> None:
        self._admitted: deque[float] = deque()
        self._debt = 0.0
        self._at = 0.0
        self.clear_at = 0.0

    def admit(self, limits: RateLimits, now: float) -> tuple[float, float]:
        """Admit a request if the allowance holds one and the burst window has room for it.

        Returns the seconds until both are true (0 if it was admitted), and those until a whole burst would be served at once.
        """
        debt, admitted = self._owed(limits, now), self._admitted
        _drop(admitted, limits.burst_window, now)
        missing = debt - MINUTE * (limits.burst - 1)
        refill = missing / limits.per_minute if missing > 0.0 else 0.0
        window = _wait_for_room(admitted, limits.burst, limits.burst_window, now)
        wait = refill if refill > window else window
        if wait == 0.0:
            admitted.append(now)
            debt += MINUTE
        self._debt, self._at = debt, now
        refill = debt / limits.per_minute
        window = _left_of_window(admitted, limits.burst_window, now)
        return wait, refill if refill > window else window

    def meter(self, limits: RateLimits, now: float) -> LimitUse:
        """What is used at `now`."""
        allowance = Gauge(self._owed(limits, now) / MINUTE, limits.burst)
        return LimitUse(allowance, _gauge(self._admitted, limits.burst, limits.burst_window, now))

    def _owed(self, limits: RateLimits, now: float) -> float:
        # At most a burst: after a key's limits were lowered, it does not wait for its earlier use.
        debt, most = self._debt, MINUTE * limits.burst
        owed = (debt if debt < most else most) - (now - self._at) * limits.per_minute
        return owed if owed > 0.0 else 0.0


class _Strict:
    """What a key has used under `strict`: the times of its admissions, oldest first, of the longer window."""

    __slots__ = ("_admitted", "clear_at")

    def __init__(self) -> None:
        self._admitted: deque[float] = deque()
        self.clear_at = 0.0

    def admit(self, limits: RateLimits, now: float) -> tuple[float, float]:
        """Admit a request if both windows have room for it. Drops the admissions that are in neither window any more.

        Returns the seconds until they have room, 0 if it was admitted, and the seconds until both windows are empty.
        """
        admitted = self._admitted
        _drop(admitted, _longer(limits), now)
        minute = _wait_for_room(admitted, limits.per_minute, MINUTE, now)
        window = _wait_for_room(admitted, limits.burst, limits.burst_window, now)
        wait = minute if minute > window else window
        if wait == 0.0:
            admitted.append(now)
        return wait, _left_of_window(admitted, _longer(limits), now)

    def meter(self, limits: RateLimits, now: float) -> LimitUse:
        """What is used at `now`."""
        return LimitUse(
            _gauge(self._admitted, limits.per_minute, MINUTE, now),
            _gauge(self._admitted, limits.burst, limits.burst_window, now),
        )


# A window of n seconds holds the admissions that are younger than n: of two that lie exactly n seconds apart it holds
# one (RATE-3). Ages are taken as `now - then`, which is exact for unix times, and compared; no border is computed.


def _drop(admitted: deque[float], seconds: float, now: float) -> None:
    """Drop the admissions that are not in the window any more."""
    while admitted and now - admitted[0] >= seconds:
        admitted.popleft()


def _wait_for_room(admitted: deque[float], most: int, seconds: float, now: float) -> float:
    """Seconds until a window holds fewer than `most` admissions: until enough of the oldest have left it."""
    if len(admitted) < most:
        return 0.0
    wait = seconds - (now - admitted[-most])
    return wait if wait > 0.0 else 0.0


def _left_of_window(admitted: deque[float], seconds: float, now: float) -> float:
    """Seconds until the newest admission leaves a window that holds all admissions."""
    return seconds - (now - admitted[-1]) if admitted else 0.0


def _longer(limits: RateLimits) -> float:
    """Seconds of the longer of both windows."""
    return MINUTE if limits.burst_window < MINUTE else limits.burst_window


def _gauge(admitted: deque[float], most: int, seconds: float, now: float) -> Gauge:
    return Gauge(sum(now - then < seconds for then in admitted), most)


def checked(limits: RateLimits) -> RateLimits:
    """The limits themselves. Raises ValueError for limits that would never admit a request."""
    if limits.per_minute < 1 or limits.burst < 1:
        raise ValueError(f"a key whose limits admit no request: {limits}")
    return limits
