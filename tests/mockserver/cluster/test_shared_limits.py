"""The limiter of several processes decides as the one in memory does. With a real Redis server."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from mockserver.api.limits import Gauge, Limiter, Reading
from mockserver.clock import Clock
from mockserver.cluster.limits import SharedLimiter
from mockserver.cluster.membership import Membership
from mockserver.cluster.reach import Reach
from mockserver.settings import Settings
from spec import RateLimits, contract
from tests.support.mock_client import START

LIMITS = contract().rate_limits
READINGS: Sequence[Reading] = ("burst", "strict")


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("limits", [LIMITS, RateLimits(7, 3, 90), RateLimits(1, 1, 1)])
def test_it_decides_as_the_limiter_in_memory(server: str, reading: Reading, limits: RateLimits) -> None:
    random, now = Random(7), START
    alone = Limiter(limits, reading)
    shared = SharedLimiter(limits, reading, Reach(server), "test", Clock())
    for _ in range(600):
        now += random.choice((0.0, 0.001, 0.4, random.random() * 5, 30.0))
        ours, theirs = alone.admit("key", now), shared.admit("key", now)
        assert ours.admitted == theirs.admitted
        assert (theirs.reset, theirs.retry_after) == pytest.approx((ours.reset, ours.retry_after))
        our_use, their_use = alone.peek("key", now), shared.peek("key", now)
        assert their_use.sustained.used == pytest.approx(our_use.sustained.used)
        assert their_use.window == our_use.window


@pytest.mark.parametrize("reading", READINGS)
def test_a_clock_that_lags_gains_nothing(server: str, reading: Reading) -> None:
    ahead, behind = (SharedLimiter(LIMITS, reading, Reach(server), "test", Clock()) for _ in range(2))
    admitted = [(ahead if number % 2 else behind).admit("key", START + number % 2 * 40) for number in range(400)]
    most = LIMITS.burst if reading == "burst" else LIMITS.per_minute
    assert sum(each.admitted for each in admitted) <= most + 1


@pytest.mark.parametrize("reading", READINGS)
def test_a_clock_that_is_set_back_counts_as_one_that_stood_still(server: str, reading: Reading) -> None:
    clocks = [Clock(START) for _ in range(2)]
    mocks = [(clock, SharedLimiter(LIMITS, reading, Reach(server), "test", clock)) for clock in clocks]
    stood, alone = START, Limiter(LIMITS, reading)
    for number in range(150):
        for clock in clocks:
            clock.advance(0.5)
            if number % 40 == 39:
                clock.set(clock.now() - 3_600)
        stood += 0.5
        clock, shared = mocks[number % 2]
        ours, theirs = alone.admit("key", stood), shared.admit("key", clock.now())
        assert theirs.admitted == ours.admitted
        assert theirs.retry_after == pytest.approx(ours.retry_after)
        assert theirs.reset - clock.now() == pytest.approx(ours.reset - stood)
        use, used = shared.peek("key", clock.now()), alone.peek("key", stood)
        assert use.sustained.used == pytest.approx(used.sustained.used)
        assert use.window == used.window


def test_own_limits_hold_over_all_without_a_rate_limit(server: str) -> None:
    members = [Membership(server) for _ in range(2)]
    for member in members:
        member.join({}, START)
    one, other = (Settings(rate_limited=False, sharing=member).limiter("test", Clock()) for member in members)
    own = RateLimits(60, 2, 10)
    assert [each.admit("key", START, own).admitted for each in (one, other, one, other)] == [True, True, False, False]
    assert other.peek("key", START, own).window == Gauge(2, 2)
    assert all(each.admit("free", START).admitted for each in (one, other) * 40)


def test_keys_and_namespaces_are_apart(server: str) -> None:
    one, other = (
        SharedLimiter(RateLimits(1, 1, 1), "strict", Reach(server), name, Clock()) for name in ("one", "other")
    )
    assert one.admit("a", START).admitted
    assert not one.admit("a", START).admitted
    assert one.admit("b", START).admitted
    assert other.admit("a", START).admitted
