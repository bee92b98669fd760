"""The gate notices a jump of the target's clock that the run did not make; other oddities of Date are no jump."""

from __future__ import annotations

import email.utils
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from conformance.checks import NotJudged
from conformance.rate_limits import rulings
from conformance.rate_limits.attempts import Attempt
from conformance.rate_limits.disturbances import clock_moved, spent_elsewhere
from conformance.rate_limits.measured import Measured
from conformance.rate_limits.traffic_patterns import SPENDER
from conformance.target.exchange import Exchange, Request
from tests.support.rate_simulation import CONTRACT, CREDENTIALS

START = 1_800_000_000.0
Clock = Callable[[float, float], float]
"""A clock of the target: a function of the seconds that have passed, and of those that the run has added."""


def attempts(clock: Clock, *, moves: bool = True, latency: float = 0.02) -> list[Attempt]:
    """Sixty attempts in thirty seconds; in the middle of them the run moves the clock by a minute."""
    return [attempt(number / 2, 60.0 * (moves and number >= 30), clock, latency) for number in range(60)]


def attempt(passed: float, moved: float, clock: Clock, latency: float) -> Attempt:
    sent = START + passed + moved
    date = email.utils.formatdate(START + clock(passed, moved), usegmt=True)
    exchange = Exchange(
        number=1,
        request=Request("GET", "/api/v1/me", operation="getMe"),
        url="http://127.0.0.1/api/v1/me",
        status=200,
        headers=httpx.Headers({"date": date}),
        body=b"{}",
        sent=sent,
        answered=sent + latency,
        at=START + passed,
        moved=moved,
    )
    return Attempt(sent, sent + latency, 200, sound=True, exchange=exchange)


@pytest.mark.parametrize(
    "clock",
    [
        pytest.param(lambda passed, moved: passed + moved, id="a test clock"),
        pytest.param(lambda passed, moved: passed + moved - 4000, id="a test clock that is an hour late"),
        pytest.param(lambda passed, _: passed, id="a proxy's Date"),
        pytest.param(lambda passed, _: passed + 45, id="a proxy's Date, 45 s ahead"),
        pytest.param(lambda _, moved: moved, id="a clock that only the run moves"),
        pytest.param(lambda passed, moved: passed + moved - passed % 1 - 1, id="a Date made once a second"),
        pytest.param(lambda passed, moved: passed + moved + passed * 2 % 2 * 30, id="two servers 30 s apart"),
    ],
)
@pytest.mark.parametrize("latency", [0.02, 3.0])
def test_a_clock_that_nobody_else_moves_is_no_disturbance(clock: Clock, latency: float) -> None:
    assert clock_moved(attempts(clock, latency=latency)) is None


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize(
    ("clock", "told"),
    [
        (lambda passed, moved: passed + moved + (30 if passed > 10 else 0), "on by about 30 s"),
        (lambda passed, moved: passed + moved + passed, "on by about 28 s"),
        (lambda passed, moved: passed + moved - (300 if passed > 20 else 0), "back by about 300 s"),
    ],
    ids=["at once", "second by second", "set back"],
)
def test_a_jump_that_the_run_did_not_make_is_told(clock: Clock, told: str, moves: bool) -> None:
    disturbance = clock_moved(attempts(clock, moves=moves))
    assert disturbance
    assert told in disturbance.reason
    assert len(disturbance.exchanges) == 2


def test_answers_without_a_date_show_nothing() -> None:
    undated = [
        replace(one, exchange=replace(one.exchange, headers=httpx.Headers()))
        for one in attempts(lambda passed, _: passed * 9)
        if one.exchange
    ]
    assert clock_moved(undated) is None


def test_what_was_disturbed_is_not_judged() -> None:
    served = attempts(lambda passed, moved: passed + moved + (30 if passed > 10 else 0))
    measured = Measured(CONTRACT, {SPENDER: served}, CREDENTIALS, disturbance=clock_moved(served))
    with pytest.raises(NotJudged, match="and not by this run") as raised:
        rulings.ceiling(measured, SPENDER)
    assert len(raised.value.exchanges) == 2


def first_answer(number: int, left: str, limit: str = "60") -> Attempt:
    """The first attempt of a key. Its answer says how much of the limit is left."""
    made = attempt(float(number), 0.0, lambda passed, _: passed, 0.02)
    assert made.exchange
    headers = httpx.Headers({"x-ratelimit-limit": limit, "x-ratelimit-remaining": left})
    return replace(made, exchange=replace(made.exchange, number=number, headers=headers))


def sent(*attempts: Attempt) -> list[Exchange]:
    return [one.exchange for one in attempts if one.exchange]


def test_a_key_of_which_less_is_left_than_the_run_spent_is_told() -> None:
    own, used = first_answer(1, "59"), first_answer(2, "12")
    disturbance = spent_elsewhere([[own], [used]], sent(own, used))
    assert disturbance
    assert "48 requests were spent at its first request" in disturbance.reason
    assert disturbance.exchanges == (used.exchange,)


@pytest.mark.parametrize(
    ("others", "left"),
    [
        pytest.param(0, "58", id="a limiter that counts a request twice"),
        pytest.param(0, "56", id="a limiter that holds a little back"),
        pytest.param(48, "12", id="a limit that all keys of the run share"),
        pytest.param(0, "120", id="more left than the limit"),
        pytest.param(0, "many", id="no number"),
    ],
)
def test_what_the_target_may_have_counted_itself_is_nobody_elses_doing(others: int, left: str) -> None:
    before = [first_answer(1, "59") for _ in range(others + 1)]
    other = first_answer(2, left)
    assert spent_elsewhere([before, [other]], sent(*before, other)) is None


def test_a_remainder_of_something_other_than_the_limit_shows_nothing() -> None:
    keys = [first_answer(1, "59", limit="120"), first_answer(2, "59", limit="120")]
    assert spent_elsewhere([[key] for key in keys], sent(*keys)) is None


@pytest.mark.parametrize(
    ("lefts", "told"), [(("54", "54", "54"), False), (("54", "54", "53"), True), (("54", "54"), True)]
)
def test_keys_that_all_begin_with_as_much_spent_are_in_nobody_elses_use(lefts: tuple[str, ...], told: bool) -> None:
    own, *others = [first_answer(number, left) for number, left in enumerate(("59", *lefts), 1)]
    firsts = [[own], *([other] for other in others)]
    assert bool(spent_elsewhere(firsts, sent(own))) is told
