"""What the limiter remembers about its keys, and what it reports about them."""

from __future__ import annotations

import pickle
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.api.limits import Gauge, Limiter, LimitUse, Reading
from spec import RateLimits
from tests.support.traffic import (
    LIMITS,
    READINGS,
    START,
    Traffic,
    any_traffic,
    ask,
    each_reading,
    frugal,
    same_but_for_rounding,
    served,
    small_limits,
    traffic_under,
)


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
                continue  # a part of a request is reported as a rounded number
            assert (meter.sustained.has_room and meter.window.has_room) is admission.admitted

    def test_it_tells_what_is_used_of_both_limits(self) -> None:
        burst, strict = (Limiter(LIMITS, reading) for reading in READINGS)
        for limiter in (burst, strict):
            ask(limiter, [START] * 10 + [START + 25] * 10)
        window = Gauge(10, LIMITS.burst)
        assert burst.peek("key", START + 30.5) == LimitUse(Gauge(4.5, LIMITS.burst), window)
        assert strict.peek("key", START + 30.5) == LimitUse(Gauge(20, LIMITS.per_minute), window)

    @each_reading
    def test_an_unknown_key_has_used_nothing(self, reading: Reading) -> None:
        meter = Limiter(LIMITS, reading).peek("key", START)
        assert (meter.sustained.used, meter.window.used) == (0, 0)
