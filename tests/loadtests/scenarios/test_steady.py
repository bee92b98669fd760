"""What the plans of `steady` and `burst` see of limiters that are wrong in a way that a steady key hardly notices."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from loadtests.analysis.checks import examine
from loadtests.analysis.findings import Examination
from loadtests.analysis.ledger import Ledger
from loadtests.scenarios import scenarios
from loadtests.scenarios.scenario import Circumstances
from spec.target import RateLimit
from tests.support.ledger_checks import RESTED, broken, only, outcomes
from tests.support.reference_limiters import Both, Bucket, Fixed, Limiter, Server, Sliding, burst, strict
from tests.support.simulated_load import DELAYS, Delay, Sender, Traffic, at_once, nearby, spread

_QUICK = 0.004
"""Seconds between two requests of a burst."""


def _senders(scenario: str, minutes: float) -> list[Sender]:
    """The plan of a scenario for one key in real time, as if every answer came at once."""
    senders, now, began = [], 0.0, 0.0
    for phase in scenarios()[scenario].plan(Circumstances([scenario], RateLimit(), minutes, rested=True)).phases:
        began = now = max(now + phase.rest, began + phase.gap) + (61.0 if phase.promised else 0.0)
        for schedule in phase.schedules:
            senders += spread(now + schedule.start, schedule.period or _QUICK, schedule.count)
        now += max(phase.seconds, _QUICK * max(schedule.count for schedule in phase.schedules))
    return senders


def _run(scenario: str, limiter: Limiter, delay: Delay = nearby, minutes: float = 3.0) -> Ledger:
    return Traffic(Server(limiter), delay).send(0, _senders(scenario, minutes)).run()


def _judged(scenario: str, limiter: Limiter, delay: Delay = nearby) -> Examination:
    return examine(_run(scenario, limiter, delay), scenarios()[scenario].checks, RESTED)


@pytest.mark.parametrize("limiter", [burst, strict])
@pytest.mark.parametrize("delay", DELAYS)
def test_steady_holds_on_a_right_server(limiter: Callable[[], Limiter], delay: Delay) -> None:
    found = outcomes(_judged("steady", limiter(), delay))
    assert found == dict.fromkeys(scenarios()["steady"].checks, "held")


def _slow() -> Limiter:
    return Both((Bucket(120, 50 / 60), Sliding(120, 30)))


@pytest.mark.parametrize("delay", [at_once, nearby])
def test_steady_sees_in_a_few_minutes_that_an_allowance_refills_too_slowly(delay: Delay) -> None:
    examination = _judged("steady", _slow(), delay)
    assert (broken(examination), broken(examination, "should")) == (set(), {"reading"})


def test_steady_is_refused_in_the_minutes_of_a_test_clock_where_an_allowance_refills_too_slowly() -> None:
    minutes = scenarios()["steady"].clock_minutes
    assert only(_run("steady", _slow(), minutes=minutes), "no-refusals").outcome == "broken"
    assert only(_run("steady", burst(), minutes=minutes), "no-refusals").outcome == "held"


def test_a_key_is_steady_until_it_asks_for_more() -> None:
    assert only(_run("steady", burst(), minutes=1.0), "no-refusals").outcome == "held"
    assert only(_run("steady", strict(per_minute=50)), "no-refusals").outcome == "broken"


def test_steady_says_that_its_refusals_came_after_the_minutes_that_it_judges() -> None:
    told = only(_run("steady", burst()), "no-refusals").message
    assert re.fullmatch(
        r"5\d\.\d a minute for 1\d\d s, up to its last requests at this pace, and not one refused; .*", told
    )
    assert re.search(r"then it asked for more, to spend what was left, and was refused \d+ times$", told)


@pytest.mark.parametrize("by_first_request", [True, False])
def test_burst_says_of_fixed_windows_what_it_saw(by_first_request: bool) -> None:
    examination = _judged("burst", Fixed(60, 60, by_first_request=by_first_request))
    (reading,) = (finding for finding in examination.findings if finding.check == "reading")
    assert "whether its window slides was not seen" in reading.message
    assert examination.shown_reading == "strict, or fixed windows"


def test_a_reading_that_was_seen_is_named() -> None:
    assert _judged("burst", burst()).shown_reading == "burst"
    assert _judged("overload", strict()).shown_reading == "strict"
