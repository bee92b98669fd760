"""The limiter against a naive reference, and against what RATE-2 to RATE-8 promise, for any pattern of arrivals."""

from __future__ import annotations

import math
import pickle
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from random import Random

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mockserver.api.limits import Admission, Gauge, Limiter, Meter, Reading
from spec import RateLimits
from tests.support.traffic import (
    LIMITS,
    READINGS,
    START,
    TICK,
    Reference,
    Traffic,
    any_traffic,
    raised_limits,
    small_limits,
    steps_back,
    traffic_under,
)

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
        """Of limits with one burst and one window, for what a changed burst forgives is not told by the readings."""
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
        # Requests so far less what the rate allows so far: from its lowest point this may rise by no more than a burst.
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


class TestRefusals:
    @each_reading
    @frugal
    @given(any_traffic, st.integers(0))
    def test_waiting_retry_after_is_enough_and_no_longer_than_it_must_be(
        self, reading: Reading, traffic: Traffic, which: int
    ) -> None:
        limits, times = traffic.limits, traffic.times
        admissions = ask(Limiter(limits, reading), times)
        refused = [number for number, admission in enumerate(admissions) if not admission.admitted]
        assume(refused)
        last = refused[which % len(refused)]
        now, wait = times[last], admissions[last].retry_after
        assert 0 < wait <= 60
        limiter = Limiter(limits, reading)
        ask(limiter, times[: last + 1])
        sooner = now + wait - 2 * TICK
        assert sooner < now or not limiter.admit("key", sooner).admitted
        assert limiter.admit("key", now + math.ceil(wait)).admitted

    @each_reading
    @frugal
    @given(any_traffic)
    def test_a_refused_request_costs_nothing(self, reading: Reading, traffic: Traffic) -> None:
        insistent, patient = Limiter(traffic.limits, reading), Limiter(traffic.limits, reading)
        admitted = admitted_times(insistent, traffic.times)
        assert all(served(patient, admitted))
        last = traffic.times[-1]
        assert insistent.admit("key", last) == patient.admit("key", last)

    @each_reading
    def test_a_client_that_never_stops_asking_recovers_as_fast_as_a_patient_one(self, reading: Reading) -> None:
        limiter = Limiter(LIMITS, reading)
        ask(limiter, [START] * LIMITS.burst)
        spent = limiter.admit("key", START)
        insistent = [START + number / 8 for number in range(8 * 60)]
        assert not any(served(limiter, insistent[: 8 * int(spent.retry_after)]))
        assert limiter.admit("key", START + spent.retry_after).admitted

    @each_reading
    @frugal
    @given(small_limits, small_limits, st.floats(0, 60))
    def test_lowered_limits_wait_no_longer_than_a_minute(
        self, reading: Reading, before: RateLimits, after: RateLimits, gap: float
    ) -> None:
        limiter = Limiter(before, reading)
        ask(limiter, [START] * before.burst)
        wait = limiter.admit("key", START + gap, after).retry_after
        assert wait <= 60
        assert wait == 0 or limiter.admit("key", START + gap + math.ceil(wait), after).admitted

    @each_reading
    @pytest.mark.parametrize("step_back", [0.5, 10.0, 86_400.0])
    def test_a_clock_that_is_set_back_keeps_retry_after_honest(self, reading: Reading, step_back: float) -> None:
        limiter = Limiter(LIMITS, reading)
        ask(limiter, [START] * LIMITS.burst)
        now = START - step_back
        refused = limiter.admit("key", now)
        assert 0 < refused.retry_after <= 60
        assert not limiter.admit("key", now + refused.retry_after - 1).admitted
        assert limiter.admit("key", now + refused.retry_after).admitted


class TestReset:
    @each_reading
    @frugal
    @given(any_traffic)
    @example(Traffic(RateLimits(1, 200, 30), [START] * 200))
    def test_it_is_plausible_and_not_before_the_retry(self, reading: Reading, traffic: Traffic) -> None:
        admissions = ask(Limiter(traffic.limits, reading), traffic.times)
        for now, admission in zip(traffic.times, admissions, strict=True):
            assert now + admission.retry_after - TICK <= admission.reset <= now + 120
            assert admission.limit == traffic.limits.per_minute

    @each_reading
    @frugal
    @given(traffic_under(st.one_of(st.just(LIMITS), raised_limits)))
    def test_nothing_of_the_past_counts_any_more_then(self, reading: Reading, traffic: Traffic) -> None:
        limits = traffic.limits
        assume(limits.burst <= 2 * limits.per_minute)
        limiter = Limiter(limits, reading)
        reset = ask(limiter, traffic.times)[-1].reset
        at_once = limits.burst if reading == "burst" else min(limits.per_minute, limits.burst)
        assert all(served(limiter, [math.ceil(reset)] * at_once))


class TestKeys:
    @each_reading
    @frugal
    @given(traffic_under(small_limits), st.randoms(use_true_random=False))
    def test_a_key_neither_slows_nor_helps_another(self, reading: Reading, traffic: Traffic, random: Random) -> None:
        requests = [(random.choice("abc"), now) for now in traffic.times]
        together = Limiter(traffic.limits, reading)
        alone = {key: Limiter(traffic.limits, reading) for key in "abc"}
        for key, now in requests:
            assert together.admit(key, now) == alone[key].admit(key, now)

    @each_reading
    def test_one_key_takes_no_more_memory_the_more_it_is_used(self, reading: Reading) -> None:
        limiter = Limiter(LIMITS, reading)
        ask(limiter, [START + number / 10 for number in range(2_000)])
        after_thousands = len(pickle.dumps(limiter))
        ask(limiter, [START + 200 + number / 10 for number in range(8_000)])
        assert len(pickle.dumps(limiter)) <= after_thousands + 10 * LIMITS.burst
        assert len(pickle.dumps(limiter)) <= 1_000 + 10 * LIMITS.burst

    @each_reading
    def test_idle_keys_are_forgotten(self, reading: Reading) -> None:
        limiter = Limiter(LIMITS, reading)
        unused = len(pickle.dumps(limiter))
        for number in range(1_000):
            limiter.admit(f"key {number}", START + number / 1_000)
        assert len(pickle.dumps(limiter)) > unused + 1_000
        limiter.admit("key", START + 300)
        assert len(pickle.dumps(limiter)) < unused + 1_000

    @each_reading
    def test_a_spent_key_is_not_forgotten_while_others_come_and_go(self, reading: Reading) -> None:
        slow = RateLimits(1, 100, 30)
        limiter = Limiter(LIMITS, reading)
        ask(limiter, [START] * 100, slow)
        for number in range(1, 600):
            limiter.admit(f"key {number}", START + number)
        assert sum(served(limiter, [START + 600] * 20, slow)) == (10 if reading == "burst" else 1)

    @pytest.mark.parametrize("limits", [RateLimits(0, 120, 30), RateLimits(60, 0, 30)])
    def test_limits_that_admit_nothing_are_refused(self, limits: RateLimits) -> None:
        with pytest.raises(ValueError, match="admit no request"):
            Limiter(limits)
        with pytest.raises(ValueError, match="admit no request"):
            Limiter(LIMITS).admit("key", START, limits)


class TestMeter:
    @each_reading
    @frugal
    @given(any_traffic)
    def test_a_request_is_served_where_both_gauges_have_room_and_to_look_costs_nothing(
        self, reading: Reading, traffic: Traffic
    ) -> None:
        watched, unwatched = Limiter(traffic.limits, reading), Limiter(traffic.limits, reading)
        for now in traffic.times:
            meter = watched.peek("key", now)
            admission = watched.admit("key", now)
            assert admission == unwatched.admit("key", now)
            if same_but_for_rounding(meter.sustained.used + 1, meter.sustained.most):
                continue  # a share of a request is told rounded
            assert (meter.sustained.has_room and meter.window.has_room) is admission.admitted

    def test_it_tells_what_is_used_of_both_limits(self) -> None:
        burst, strict = (Limiter(LIMITS, reading) for reading in READINGS)
        for limiter in (burst, strict):
            ask(limiter, [START] * 10 + [START + 25] * 10)
        window = Gauge(10, LIMITS.burst)
        assert burst.peek("key", START + 30.5) == Meter(Gauge(4.5, LIMITS.burst), window)
        assert strict.peek("key", START + 30.5) == Meter(Gauge(20, LIMITS.per_minute), window)

    @each_reading
    def test_an_unknown_key_has_used_nothing(self, reading: Reading) -> None:
        meter = Limiter(LIMITS, reading).peek("key", START)
        assert (meter.sustained.used, meter.window.used) == (0, 0)
