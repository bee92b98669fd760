"""The promises of the limiter's refusals: a wait that is long enough, and a reset after which no earlier request counts."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from mockserver.api.limits import Limiter, Reading
from spec import RateLimits
from tests.support.traffic import (
    LIMITS,
    START,
    TICK,
    Traffic,
    admitted_times,
    any_traffic,
    ask,
    each_reading,
    frugal,
    raised_limits,
    served,
    small_limits,
    traffic_under,
)


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
