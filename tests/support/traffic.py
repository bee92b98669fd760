"""Traffic of one key for the limiter's tests, ways to send it, and a naive limiter to compare with."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from mockserver.api.limits import Admission, Limiter, Reading
from spec import RateLimits, contract

LIMITS = contract().rate_limits
START = 1_764_000_000.25
TICK = 2.0**-22
"""Seconds between two neighbouring floats that are unix times of our days."""
TICKS_A_SECOND = 2**22
READINGS: tuple[Reading, ...] = ("burst", "strict")


@dataclass
class Reference:
    """Both readings in the plainest way, without regard to speed: all admissions are kept, windows are counted, tokens are
    fractions."""

    reading: Reading
    admitted: list[int] = field(default_factory=list)
    tokens: Fraction | None = None
    at: int = 0

    def admits(self, now: float, limits: RateLimits) -> bool:
        tick = round(Fraction(now) * TICKS_A_SECOND)
        admits = self._sustained(tick, limits) and self._in_window(tick, limits.burst_window) < limits.burst
        if admits:
            self.admitted.append(tick)
            if self.tokens is not None:
                self.tokens -= 1
        return admits

    def _sustained(self, tick: int, limits: RateLimits) -> bool:
        if self.reading == "strict":
            return self._in_window(tick, 60) < limits.per_minute
        tokens = limits.burst if self.tokens is None else self.tokens
        gained = Fraction((tick - self.at) * limits.per_minute, 60 * TICKS_A_SECOND)
        self.tokens, self.at = min(Fraction(limits.burst), tokens + gained), tick
        return self.tokens >= 1

    def _in_window(self, tick: int, seconds: int) -> int:
        return len(self.admitted) - bisect_right(self.admitted, tick - seconds * TICKS_A_SECOND)


@dataclass(frozen=True)
class Traffic:
    """The requests of one key, by their times, under its limits."""

    limits: RateLimits
    times: list[float]


small_limits = st.builds(RateLimits, st.integers(1, 12), st.integers(1, 15), st.integers(1, 60))
raised_limits = st.builds(RateLimits, st.integers(60, 700), st.integers(60, 200), st.just(LIMITS.burst_window))
any_limits = st.one_of(st.just(LIMITS), small_limits, raised_limits)


Gap = float | tuple[int, int]
"""Seconds between two requests, or the number of one of `_borders` and the ticks after it."""
_REFILL = 1


def _borders(limits: RateLimits) -> Sequence[float]:
    """The seconds after which something changes for a key."""
    refill = 60 / limits.per_minute
    return 0.0, refill, limits.burst_window, 60.0, refill * limits.burst


# Strategies that depend on what was drawn before would be made and checked anew for each example.
_near_borders = st.tuples(st.integers(0, 4), st.integers(-2, 2))
_pauses = st.one_of(_near_borders, st.floats(0, 130))
_steps = st.one_of(_near_borders, st.sampled_from([0.0, TICK, 0.25, 0.5, 1.0, (_REFILL, 0)]))
_runs = st.lists(st.tuples(_pauses, _steps, st.integers(0, 205)), min_size=1, max_size=6)


def traffic_under(some_limits: st.SearchStrategy[RateLimits]) -> st.SearchStrategy[Traffic]:
    """Runs of requests with equal gaps: bursts, steady clients, and steps onto, just before and just after a border."""
    return st.builds(_traffic, some_limits, _runs)


def _traffic(limits: RateLimits, runs: Sequence[tuple[Gap, Gap, int]]) -> Traffic:
    borders = _borders(limits)

    def seconds(gap: Gap) -> float:
        return gap if isinstance(gap, float) else max(0.0, borders[gap[0]] + gap[1] * TICK)

    gaps = [
        gap for pause, step, more in runs for gap in (seconds(pause), *[seconds(step)] * min(more, limits.burst + 5))
    ]
    return Traffic(limits, list(accumulate(gaps, initial=START)))


any_traffic = traffic_under(any_limits)
steps_back = st.dictionaries(st.integers(0, 300), st.sampled_from([TICK, 0.5, 45.0, 4_000.0]), max_size=8)
"""The seconds by which the clock is set back, by the arrival before which that happens."""

frugal = settings(max_examples=80)
each_reading = pytest.mark.parametrize("reading", READINGS)


def ask(limiter: Limiter, times: Sequence[float], limits: RateLimits | None = None) -> list[Admission]:
    return [limiter.admit("key", now, limits) for now in times]


def served(limiter: Limiter, times: Sequence[float], limits: RateLimits | None = None) -> list[bool]:
    return [admission.admitted for admission in ask(limiter, times, limits)]


def admitted_times(limiter: Limiter, times: Sequence[float]) -> list[float]:
    return [now for now in times if limiter.admit("key", now).admitted]


def same_but_for_rounding(one: float, other: float) -> bool:
    return abs(one - other) <= 4 * TICK
