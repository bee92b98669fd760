"""What is right is never called wrong, whatever the network does and a key has done before; and nothing passes unseen."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.analysis.checks import examine
from loadtests.analysis.findings import CHECKS
from loadtests.analysis.ledger import Attempt, Key, Ledger
from spec.target import RateLimit
from tests.support.ledger_checks import ON_LIMITS, RESTED, bound, only, outcomes
from tests.support.reference_limiters import Both, Bucket, Server, Sliding, burst, strict
from tests.support.simulated_load import (
    DELAYS,
    SPENDER,
    START,
    Delay,
    Traffic,
    patient,
    spend_and_wait,
    spread,
)


@pytest.mark.parametrize("status", [0, 500])
def test_a_target_that_never_answers_is_not_judged(status: int) -> None:
    ledger = Ledger([Key("…", "acme", "steady")])
    for index in range(200):
        ledger.add(
            Attempt(0, "getMe", START + index, START + index + 0.1, status, error="refused" if not status else None)
        )
    assert set(outcomes(examine(ledger, CHECKS, RESTED)).values()) == {"unjudged"}


def test_nothing_passes_on_an_empty_ledger() -> None:
    examination = examine(Ledger([Key("…", "acme", "steady")]), CHECKS, RESTED)
    assert {finding.check for finding in examination.findings} == set(CHECKS)
    assert set(outcomes(examination).values()) == {"unjudged"}


def test_nothing_passes_on_a_single_request() -> None:
    ledger = Traffic(Server(burst())).send(0, spread(0.0, 1.0, 1)).run()
    held = {check for check, outcome in outcomes(examine(ledger, CHECKS, RESTED)).items() if outcome == "held"}
    assert held == {"just-refusals", "no-server-errors", "answered"}


@pytest.mark.parametrize("limiter", [burst, strict])
@pytest.mark.parametrize("delay", DELAYS)
def test_a_steady_client_of_a_right_server_is_never_refused(limiter: Callable[[], Bucket], delay: Delay) -> None:
    ledger = Traffic(Server(limiter()), delay).send(0, spread(0.0, 1.05, 180)).run()
    assert only(ledger, "no-refusals").outcome == "held"


def test_a_client_that_is_quicker_than_the_limit_is_not_steady() -> None:
    for limiter, period in ((strict, 0.9), (burst, 0.3)):
        ledger = Traffic(Server(limiter())).send(0, spread(0.0, period, 130)).run()
        assert only(ledger, "no-refusals").outcome == "unjudged"


def test_a_key_of_unknown_past_may_be_refused_at_first() -> None:
    server = Server(strict())
    Traffic(server).send(0, spread(-2.0, 0.01, 60)).run()
    ledger = Traffic(server).send(0, spread(0.0, 1.05, 180)).run()
    assert only(ledger, "just-refusals", bound("auto", rested=False)).outcome == "held"
    assert only(ledger, "just-refusals", bound("auto", rested=True)).outcome == "broken"
    assert only(ledger, "from-rest", bound("auto", rested=False)).outcome == "unjudged"


def test_a_key_is_rested_after_two_minutes_of_silence() -> None:
    traffic = Traffic(Server(strict(per_minute=59))).send(0, spread(0.0, 0.01, 80)).send(0, spread(122.0, 0.01, 80))
    assert only(traffic.run(), "from-rest", bound("auto", rested=False)).outcome == "broken"


def test_a_date_may_promise_a_second_more() -> None:
    for dated, outcome in ((True, "held"), (False, "broken")):
        ledger = Ledger([Key("…", "acme", "steady")])
        ledger.add(Attempt(0, "getMe", START, START + 0.1, 200))
        ledger.add(Attempt(0, "getMe", START + 1, START + 1.1, 429, 61.0, dated=dated))
        assert only(ledger, "retry-after").outcome == outcome


def test_a_request_that_the_client_gave_up_may_still_be_admitted() -> None:
    """Sixty requests wait in the server for seconds; then the client asks once more, and is rightly refused."""
    ledger = Ledger([Key("…", "acme", "steady")])
    for index in range(60):
        ledger.add(Attempt(0, "getMe", START + index / 100, START + index / 100 + 0.5, 0, error="timed out"))
    ledger.add(Attempt(0, "getMe", START + 61, START + 61.1, 429, 5.0))
    ledger.add(Attempt(0, "getMe", START + 200, START + 200.1, 200))
    assert only(ledger, "just-refusals").outcome == "held"


delays = st.sampled_from([0.0, 0.001, 0.05, 0.4, 3.0])

bursts = st.lists(
    st.tuples(st.floats(0, 200), st.sampled_from([0.0, 0.003, 0.1, 0.7, 1.0]), st.integers(1, 170)),
    min_size=1,
    max_size=5,
)


@settings(max_examples=120)
@given(
    reading=st.sampled_from(["burst", "strict"]),
    there=delays,
    jitter=delays,
    groups=bursts,
    waits=st.booleans(),
    loses=st.booleans(),
    pace=st.sampled_from([0.9995, 1.0, 1.0005]),
    limits=st.sampled_from(
        [RateLimit(), RateLimit(per_minute=20, burst=10, burst_window=5), RateLimit(per_minute=600)]
    ),
    seed=st.integers(0, 1000),
)
def test_a_right_server_is_never_called_wrong(
    reading: Literal["burst", "strict"],
    there: float,
    jitter: float,
    groups: Sequence[tuple[float, float, int]],
    waits: bool,
    loses: bool,
    pace: float,
    limits: RateLimit,
    seed: int,
) -> None:
    def delay(chance: random.Random) -> float:
        return there + jitter * chance.random()

    if reading == "burst":
        limiter = refilling(limits)
    else:
        limiter = Both((Sliding(limits.per_minute, 60.0), Sliding(limits.burst, limits.burst_window)))
    traffic = Traffic(Server(limiter), delay, seed=seed, pace=pace)
    for start, period, count in groups:
        traffic.send(SPENDER, spread(start, period, count))
    if waits:
        traffic.send(SPENDER, [patient(0.0, 250.0)])
    ledger = traffic.run()
    if loses:
        ledger = with_lost_answers(ledger, seed)
    wanted = [check for check in ON_LIMITS if check != "cheap-refusals"] + ["no-refusals"]
    for conditions in (
        bound("auto", limits=limits),
        bound(reading, limits=limits),
        bound(reading, rested=False, limits=limits),
    ):
        examination = examine(ledger, wanted, conditions)
        assert {f.message for f in examination.findings if f.outcome == "broken" and f.check != "answered"} == set()


def refilling(limits: RateLimit) -> Both:
    return Both((Bucket(limits.burst, limits.per_minute / 60), Sliding(limits.burst, limits.burst_window)))


def with_lost_answers(ledger: Ledger, seed: int) -> Ledger:
    """Of every ten answers one never arrives: the client gives up early, and the server may still admit the request."""
    chance = random.Random(seed)
    kept = Ledger(ledger.keys)
    for key in ledger:
        for attempt in ledger.attempts(key):
            gave_up = min(attempt.answered, attempt.sent + 0.01)
            lost = attempt._replace(answered=gave_up, status=0, retry_after=None, error="timed out")
            kept.add(lost if chance.random() < 0.1 else attempt)
    return kept


def test_a_spent_key_that_waits_proves_the_promise() -> None:
    ledger = Traffic(Server(burst())).send(SPENDER, spend_and_wait(0.0)).run()
    finding = only(ledger, "recovery")
    assert finding.outcome == "held"
    assert "as promised" in finding.message
