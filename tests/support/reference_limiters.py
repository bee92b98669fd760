"""Rate limiters in a few lines each, right ones and wrong ones, for the probes to tell apart.

A limiter keeps accounts. Its server decides to which account a request goes, what a refusal announces, and whether a refusal
counts, too. Times are unix seconds.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from spec import contract

LIMITS = contract().rate_limits
MINUTE = 60.0


class Limiter(Protocol):
    """Decides for each account when one more request is admitted."""

    def wait(self, account: str, now: float) -> float:
        """Seconds until a request is admitted; 0 if it is admitted now."""

    def add(self, account: str, now: float) -> None:
        """Count a request."""


class Telling(Limiter, Protocol):
    """A limiter that also says how an account stands."""

    def reset(self, account: str, now: float) -> float:
        """Seconds until a window ends, or until none of the requests counts any more."""


@dataclass
class Sliding:
    """No span of `seconds` with more than `most` requests."""

    most: int
    seconds: float
    _log: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def wait(self, account: str, now: float) -> float:
        log = self._log[account]
        while log and now - log[0] >= self.seconds:
            log.popleft()
        return 0.0 if len(log) < self.most else self.seconds - (now - log[len(log) - self.most])

    def add(self, account: str, now: float) -> None:
        self._log[account].append(now)

    def reset(self, account: str, now: float) -> float:
        return max(0.0, self.seconds - (now - self._log[account][-1])) if self._log[account] else 0.0


@dataclass
class Bucket:
    """An allowance of at most `capacity` that regains `rate` a second."""

    capacity: int
    rate: float
    _held: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait(self, account: str, now: float) -> float:
        # A token that rounding makes a little smaller than 1 counts as whole.
        return max(0.0, (1 - self._tokens(account, now)) / self.rate - 1e-9)

    def add(self, account: str, now: float) -> None:
        self._held[account] = (self._tokens(account, now) - 1, now)

    def reset(self, account: str, now: float) -> float:
        return (self.capacity - self._tokens(account, now)) / self.rate

    def _tokens(self, account: str, now: float) -> float:
        tokens, at = self._held.get(account, (float(self.capacity), now))
        return min(self.capacity, tokens + (now - at) * self.rate)


@dataclass
class Fixed:
    """Windows of `seconds` that end at borders of the wall clock, moved by `phase`; or begin with an account's first request."""

    most: int
    seconds: float
    phase: float = 0.0
    by_first_request: bool = False
    _windows: dict[str, tuple[float, int]] = field(default_factory=dict)

    def wait(self, account: str, now: float) -> float:
        start, count = self._window(account, now)
        return 0.0 if count < self.most else start + self.seconds - now

    def add(self, account: str, now: float) -> None:
        start, count = self._window(account, now)
        self._windows[account] = (start, count + 1)

    def reset(self, account: str, now: float) -> float:
        return self._window(account, now)[0] + self.seconds - now

    def _window(self, account: str, now: float) -> tuple[float, int]:
        start, count = self._windows.get(account, (float("-inf"), 0))
        if now < start + self.seconds:
            return start, count
        border = now if self.by_first_request else now - (now - self.phase) % self.seconds
        return border, 0


@dataclass
class Both:
    """Admits what each of several limiters admits."""

    limiters: tuple[Telling, ...]

    def wait(self, account: str, now: float) -> float:
        return max(limiter.wait(account, now) for limiter in self.limiters)

    def add(self, account: str, now: float) -> None:
        for limiter in self.limiters:
            limiter.add(account, now)

    def reset(self, account: str, now: float) -> float:
        return max(limiter.reset(account, now) for limiter in self.limiters)


@dataclass
class Punishing:
    """Refuses for `seconds` after each refusal, but says only what its limiter says, or what is left of an earlier one."""

    limiter: Limiter
    seconds: float = 20.0
    _until: dict[str, float] = field(default_factory=dict)

    def wait(self, account: str, now: float) -> float:
        told = max(self.limiter.wait(account, now), self._until.get(account, now) - now)
        if told > 0:
            self._until[account] = now + self.seconds
        return told

    def add(self, account: str, now: float) -> None:
        self.limiter.add(account, now)


class Unlimited:
    """Admits everything."""

    def wait(self, account: str, now: float) -> float:
        return 0.0

    def add(self, account: str, now: float) -> None:
        pass


@dataclass(frozen=True)
class Key:
    """A key of an organization."""

    id: str
    organization: str


def in_whole_seconds(wait: float) -> float | None:
    return math.ceil(wait)


@dataclass
class Server:
    """A limiter, and how its server uses it. `reset` is what each answer tells as X-RateLimit-Reset, in seconds from now.

    A server that counts refused requests may take that into account when it announces how long to wait (`says_so`).
    """

    limiter: Limiter
    account: Callable[[Key], str] = lambda key: key.id
    announced: Callable[[float], float | None] = in_whole_seconds
    counts_refused: bool = False
    says_so: bool = False
    reset: Callable[[str, float], float | None] = lambda _account, _now: None

    def decide(self, key: Key, now: float) -> tuple[bool, float | None]:
        """Whether the request is admitted, and the Retry-After of its refusal."""
        account = self.account(key)
        wait = self.limiter.wait(account, now)
        if wait <= 0 or self.counts_refused:
            self.limiter.add(account, now)
        told = self.limiter.wait(account, now) if self.says_so else wait
        return wait <= 0, None if wait <= 0 else self.announced(told)

    def told(self, key: Key, now: float) -> float | None:
        """The X-RateLimit-Reset of an answer to the key, in seconds from now; None if it has none."""
        return self.reset(self.account(key), now)


def burst(most: int = LIMITS.burst, held: int = LIMITS.burst, per_minute: int = LIMITS.per_minute) -> Both:
    """The reading of that name: an allowance that refills, and a cap on the burst window."""
    return Both((Bucket(held, per_minute / MINUTE), Sliding(most, LIMITS.burst_window)))


def strict(per_minute: int = LIMITS.per_minute, most: int = LIMITS.burst) -> Both:
    """The reading of that name: two sliding caps."""
    return Both((Sliding(per_minute, MINUTE), Sliding(most, LIMITS.burst_window)))


def fixed_minutes(phase: float | None, most: int = LIMITS.per_minute + 1) -> Fixed:
    """Fixed windows of a minute that admit one request too many: 122 are served around a border, which RATE-3 forbids.

    They end `phase` seconds after the wall clock's minute; None: they begin with the key's first request.
    """
    return Fixed(most, MINUTE, phase or 0.0, by_first_request=phase is None)
