"""A key's timeline proves everything that is wrong in it, and nothing that a delay can explain."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.rate_limits.attempts import (
    MINUTE,
    Attempt,
    Limits,
    crowded,
    latencies,
    overdrawn,
    restless_waits,
    served_at_first,
    silent_waits,
    spent_twice,
)
from tests.support.reference_limiters import LIMITS, Key, Limiter, Server, burst, strict

CONTRACT = Limits(LIMITS.per_minute, LIMITS.burst, LIMITS.burst_window)
SMALL = Limits(per_minute=6, burst=5, window=30.0)
SERVED, REFUSED, LOST = 200, 429, 0

# A pause before a request, and the seconds that its way there and back take.
Step = tuple[float, float, float]
steps = st.lists(st.tuples(st.floats(0, 20), st.floats(0, 3), st.floats(0, 3)), max_size=60)


def at(moment: float, status: int = SERVED, *, lasting: float = 0.0, retry_after: float | None = None) -> Attempt:
    """An attempt sent at a moment and answered `lasting` seconds later."""
    return Attempt(moment, moment + lasting, status, retry_after, sound=status == SERVED)


def evenly(count: int, start: float, end: float) -> list[Attempt]:
    """Served attempts, the first at `start`, the last at `end`."""
    return [at(start + (end - start) * index / (count - 1)) for index in range(count)]


def recorded(limiter: Limiter, traffic: Sequence[Step]) -> list[Attempt]:
    """What a client sees of a limiter over a network with these delays."""
    server, key, now, attempts = Server(limiter), Key("a", "acme"), 1_800_000_000.0, []
    for pause, there, back in traffic:
        now += pause
        admitted, retry_after = server.decide(key, now)
        attempts.append(Attempt(now - there, now + back, SERVED if admitted else REFUSED, retry_after, sound=admitted))
    return attempts


def test_a_burst_in_a_window_is_allowed_and_one_more_is_not() -> None:
    assert crowded(evenly(120, 0, 29), 120, 30) is None
    found = crowded(evenly(121, 0, 29.9), 120, 30)
    assert found
    assert len(found) == 121


def test_the_121st_may_come_once_the_first_is_a_window_old() -> None:
    assert crowded([*evenly(120, 0, 29), at(30)], 120, 30) is None


def test_refused_and_lost_requests_do_not_crowd_a_window() -> None:
    assert crowded([*evenly(120, 0, 20), at(21, REFUSED), at(22, LOST)], 120, 30) is None


def test_only_what_no_delay_explains_is_crowded() -> None:
    slow = [at(0, lasting=1.5), *evenly(119, 2, 20), at(29.0, lasting=1.5)]
    assert crowded(slow, 120, 30) is None
    assert crowded([at(0, lasting=1.5), *evenly(119, 2, 20), at(29.0, lasting=0.5)], 120, 30)


def test_requests_that_overtake_each_other_are_counted_by_their_own_times() -> None:
    straggler = at(0.0, lasting=40)
    assert crowded([straggler, *evenly(120, 0.1, 20)], 120, 30) is None
    assert crowded([straggler, *evenly(121, 0.1, 20)], 120, 30)


def test_a_border_of_fixed_windows_is_crowded() -> None:
    assert crowded([*evenly(120, 25, 29.9), *evenly(120, 30.1, 35)], 120, 30)


def test_clocks_that_run_apart_by_a_thousandth_break_nothing() -> None:
    assert crowded([*evenly(120, 0, 20), at(29.98)], 120, 30) is None


def test_a_refilled_allowance_is_not_overdrawn_and_a_second_burst_is() -> None:
    assert overdrawn([*evenly(120, 0, 1), *evenly(30, 30, 31)], CONTRACT) is None
    found = overdrawn([*evenly(120, 0, 1), *evenly(120, 30, 31)], CONTRACT)
    assert found
    assert len(found) == 240


def test_a_minute_for_ever_is_not_overdrawn() -> None:
    assert overdrawn(evenly(400, 0, 399 * 1.0), CONTRACT) is None


@given(steps)
def test_crowded_is_what_a_look_at_every_window_finds(traffic: list[Step]) -> None:
    attempts = recorded(strict(per_minute=1000, most=1000), traffic)
    most, seconds = SMALL.burst, SMALL.window
    windows = (
        [a for a in attempts if a.sent >= first.sent and (a.answered - first.sent) * 1.001 < seconds]
        for first in attempts
    )
    assert bool(crowded(attempts, most, seconds)) == any(len(window) > most for window in windows)


@given(steps)
def test_overdrawn_is_what_a_look_at_every_span_finds(traffic: list[Step]) -> None:
    attempts = recorded(strict(per_minute=1000, most=1000), traffic)
    spans = (
        (sum(a.sent >= first.sent and a.answered <= last.answered for a in attempts), last.answered - first.sent)
        for first in attempts
        for last in attempts
        if last.sent >= first.sent
    )
    broken = any(count > SMALL.burst + SMALL.rate * seconds * 1.001 for count, seconds in spans)
    assert bool(overdrawn(attempts, SMALL)) == broken


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(0, 1.5), st.floats(0, 3), st.floats(0, 3)), max_size=400), st.booleans())
def test_neither_reading_is_ever_found_broken(traffic: list[Step], is_strict: bool) -> None:
    attempts = recorded(strict() if is_strict else burst(), traffic)
    assert crowded(attempts, CONTRACT.burst, CONTRACT.window) is None
    assert overdrawn(attempts, CONTRACT) is None
    assert not is_strict or crowded(attempts, CONTRACT.per_minute, MINUTE) is None
    assert all(wait.kept for wait in (*silent_waits(attempts), *restless_waits(attempts, late=0.0)))


def test_a_promise_is_kept_or_broken_by_the_next_attempt_when_it_is_due() -> None:
    refusal = at(10, REFUSED, retry_after=20)
    assert [wait.kept for wait in silent_waits([refusal, at(30.1)])] == [True]
    assert [wait.kept for wait in silent_waits([refusal, at(30.1, REFUSED)])] == [False]


@pytest.mark.parametrize(
    "attempts",
    [
        [at(10, REFUSED, retry_after=20), at(29.9, REFUSED)],
        [at(10, REFUSED, retry_after=20), at(20, REFUSED, retry_after=20), at(30.1, REFUSED)],
        [at(9, REFUSED, lasting=2), at(10, REFUSED, retry_after=20), at(30.1, REFUSED)],
        [at(10, REFUSED, retry_after=20), at(30.1, REFUSED, lasting=2), at(31)],
        [at(10, REFUSED, retry_after=None), at(80, REFUSED)],
        [at(10, REFUSED, retry_after=20), at(31, LOST)],
    ],
    ids=["too early", "knocked", "not the last", "not alone", "nothing promised", "no answer"],
)
def test_what_is_no_silent_wait_breaks_no_promise(attempts: list[Attempt]) -> None:
    assert silent_waits(attempts) == []


def test_a_wait_lasts_from_the_answer_whenever_the_server_decided() -> None:
    refusal = at(10, REFUSED, lasting=2, retry_after=20)
    assert silent_waits([refusal, at(31, REFUSED)]) == []
    assert not silent_waits([refusal, at(32.1, REFUSED)])[0].kept


def test_knocking_is_judged_by_the_first_refusal() -> None:
    knocks = [at(second, REFUSED, retry_after=20) for second in range(10, 31)]
    kept, broken = restless_waits([*knocks, at(31)], 1.0), restless_waits([*knocks, at(31.1, REFUSED)], 1.0)
    assert [(wait.refusal.sent, wait.between, wait.kept) for wait in kept] == []
    assert [(wait.refusal.sent, wait.between, wait.kept) for wait in broken] == [(10, 20, False)]
    assert restless_waits([*knocks, at(31.1)], 1.0)[0].kept


def test_who_was_served_meanwhile_was_promised_nothing_more() -> None:
    knocks = [at(10, REFUSED, retry_after=20), at(15, REFUSED, retry_after=20), at(20), at(31.5, REFUSED)]
    assert restless_waits(knocks, 1.0) == []


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([SERVED, REFUSED, SERVED, REFUSED], True),
        ([SERVED, SERVED, REFUSED, LOST, REFUSED, SERVED, REFUSED], True),
        ([SERVED, REFUSED, SERVED], False),
        ([SERVED, REFUSED, REFUSED], False),
        ([], False),
    ],
)
def test_spent_twice_is_refused_after_a_recovery(statuses: list[int], expected: bool) -> None:
    assert spent_twice([at(second, status) for second, status in enumerate(statuses)]) is expected


def test_served_at_first_ends_with_the_first_refusals_answer() -> None:
    attempts = [at(0), at(1, lasting=3), at(2, REFUSED, lasting=1), at(2.5), at(4)]
    assert served_at_first(attempts) == 3
    assert served_at_first([at(0), at(1)]) == 2


def test_latencies_are_those_of_answers() -> None:
    assert latencies([at(0, lasting=2), at(1, REFUSED, lasting=1), at(2, LOST, lasting=15)]) == [1, 2]
