"""The limiter agrees with a naive reference, and keeps its upper and lower bounds for any pattern of arrivals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.api.limits import Limiter, Reading
from spec import RateLimits
from tests.support.traffic import (
    LIMITS,
    READINGS,
    START,
    TICK,
    Reference,
    Traffic,
    admitted_times,
    any_traffic,
    ask,
    each_reading,
    frugal,
    same_but_for_rounding,
    served,
    small_limits,
    steps_back,
    traffic_under,
)


class TestReference:
    @each_reading
    @frugal
    @given(any_traffic)
    def test_every_decision_is_the_references(self, reading: Reading, traffic: Traffic) -> None:
        limits, reference = traffic.limits, Reference(reading)
        decisions = [reference.admits(now, limits) for now in traffic.times]
        assert served(Limiter(limits, reading), traffic.times) == decisions

    @each_reading
    @frugal
    @given(st.lists(st.tuples(small_limits, st.floats(0, 30)), min_size=2, max_size=60))
    def test_a_keys_own_limits_count_even_as_they_change(
        self, reading: Reading, requests: list[tuple[RateLimits, float]]
    ) -> None:
        """All limits have the same burst and window: the readings do not say what a changed burst does to earlier use."""
        limiter, reference, now = Limiter(LIMITS, reading), Reference(reading), START
        for drawn, gap in requests:
            limits, now = RateLimits(drawn.per_minute, 10, 20), now + gap
            assert limiter.admit("key", now, limits).admitted == reference.admits(now, limits)

    @each_reading
    @frugal
    @given(any_traffic, steps_back)
    def test_a_clock_that_is_set_back_counts_as_one_that_stood_still(
        self, reading: Reading, traffic: Traffic, steps: dict[int, float]
    ) -> None:
        limiter, steady = Limiter(traffic.limits, reading), Limiter(traffic.limits, reading)
        now = stood_still = START
        for number, (before, after) in enumerate(pairwise(traffic.times)):
            move = after - before - steps.get(number, 0.0)
            now, stood_still = now + move, stood_still + max(0.0, move)
            one, other = limiter.admit("key", now), steady.admit("key", stood_still)
            assert (one.admitted, one.retry_after) == (other.admitted, other.retry_after)
            assert same_but_for_rounding(one.reset - now, other.reset - stood_still)


class TestCeilings:
    @each_reading
    @frugal
    @given(any_traffic)
    def test_no_sliding_window_holds_more_than_its_limit(self, reading: Reading, traffic: Traffic) -> None:
        limits = traffic.limits
        admitted = admitted_times(Limiter(limits, reading), traffic.times)
        assert_window(admitted, limits.burst, limits.burst_window)
        if reading == "strict":
            assert_window(admitted, limits.per_minute, 60)

    @each_reading
    @frugal
    @given(any_traffic)
    def test_no_span_holds_more_than_a_burst_and_the_sustained_rate(self, reading: Reading, traffic: Traffic) -> None:
        limits = traffic.limits
        admitted = admitted_times(Limiter(limits, reading), traffic.times)
        most = max(limits.burst, limits.per_minute) if reading == "strict" else limits.burst
        # Requests so far, minus those that the rate allows so far. This may rise from its lowest point by at most a burst.
        excess = [number - Fraction(now) * limits.per_minute / 60 for number, now in enumerate(admitted)]
        assert all(here - lowest < most for here, lowest in zip(excess, accumulate(excess, min), strict=True))

    @pytest.mark.parametrize(("age", "admitted"), [(30.0 - TICK, False), (30.0, True)])
    def test_the_burst_window_ends_exactly_where_it_should(self, age: float, admitted: bool) -> None:
        limits = RateLimits(600, LIMITS.burst, LIMITS.burst_window)
        for reading in READINGS:
            limiter = Limiter(limits, reading)
            assert all(served(limiter, [START] * limits.burst))
            assert limiter.admit("key", START + age).admitted is admitted

    @pytest.mark.parametrize(("age", "admitted"), [(60.0 - TICK, False), (60.0, True)])
    def test_a_strict_minute_ends_exactly_where_it_should(self, age: float, admitted: bool) -> None:
        limiter = Limiter(LIMITS, "strict")
        assert served(limiter, [START] * (LIMITS.per_minute + 1)) == [True] * LIMITS.per_minute + [False]
        assert limiter.admit("key", START + age).admitted is admitted

    def test_a_rested_key_may_send_a_whole_burst_at_once_and_then_the_sustained_rate(self) -> None:
        limiter = Limiter(LIMITS, "burst")
        assert served(limiter, [START] * (LIMITS.burst + 1)) == [True] * LIMITS.burst + [False]
        after_the_window = START + LIMITS.burst_window
        assert len(admitted_times(limiter, [after_the_window] * LIMITS.burst)) == LIMITS.per_minute // 2
        every_half_second = [after_the_window + 0.5 * number for number in range(1, 241)]
        assert len(admitted_times(limiter, every_half_second)) == 2 * LIMITS.per_minute


def assert_window(admitted: Sequence[float], most: int, seconds: int) -> None:
    for first, beyond in zip(admitted, admitted[most:], strict=False):
        assert Fraction(beyond) - Fraction(first) >= seconds


class TestFloor:
    @each_reading
    @frugal
    @given(
        traffic_under(st.just(LIMITS)),
        st.lists(st.floats(0, 60, exclude_max=True), min_size=60, max_size=60).map(sorted),
    )
    def test_a_rested_key_is_served_its_minute_however_it_is_spread(
        self, reading: Reading, past: Traffic, offsets: list[float]
    ) -> None:
        limiter = Limiter(LIMITS, reading)
        ask(limiter, past.times)
        rested = past.times[-1] + 120
        assert all(served(limiter, [rested + offset for offset in offsets]))

    @each_reading
    @frugal
    @given(any_traffic)
    def test_an_unused_key_is_served_up_to_both_limits_at_any_times(self, reading: Reading, traffic: Traffic) -> None:
        both = min(traffic.limits.per_minute, traffic.limits.burst)
        assert all(served(Limiter(traffic.limits, reading), traffic.times[:both]))

    @each_reading
    @pytest.mark.parametrize("per_minute", [1, 7, 60, 61, 240])
    def test_a_steady_client_is_served_for_ever(self, reading: Reading, per_minute: int) -> None:
        limits = RateLimits(per_minute, LIMITS.burst, LIMITS.burst_window)
        times = [START + math.ceil(number * 60 / per_minute / TICK) * TICK for number in range(10 * per_minute)]
        assert all(served(Limiter(limits, reading), times))
