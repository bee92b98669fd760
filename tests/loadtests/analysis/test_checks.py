"""The checks of the load tests tell right servers from wrong ones, over any network."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from typing import Literal

import pytest

from loadtests.analysis.checks import examine
from loadtests.analysis.findings import CHECKS, Check, Conditions
from loadtests.analysis.ledger import Attempt, Key, Ledger
from tests.support.ledger_checks import ON_LIMITS, RESTED, bound, broken, only, outcomes
from tests.support.reference_limiters import Bucket, Fixed, Server, Unlimited, burst, strict
from tests.support.simulated_load import (
    DELAYS,
    START,
    Delay,
    Traffic,
    everything,
    far_away,
    nearby,
    serve,
    spread,
)


@cache
def on_a_right_server(reading: Literal["burst", "strict"], delay: Delay) -> Ledger:
    return everything(Server(burst() if reading == "burst" else strict()), delay)


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("reading", ["burst", "strict"])
def test_a_right_server_holds_every_claim(reading: Literal["burst", "strict"], delay: Delay) -> None:
    for conditions in (bound("auto"), bound(reading)):
        examination = examine(on_a_right_server(reading, delay), ON_LIMITS, conditions)
        assert examination.reading == reading
        assert outcomes(examination) == dict.fromkeys(ON_LIMITS, "held")


@pytest.mark.parametrize("share", [0.1, 0.9])
@pytest.mark.parametrize(("status", "error"), [(502, None), (403, "a page"), (200, "a page")])
@pytest.mark.parametrize("reading", ["burst", "strict"])
def test_what_a_gateway_answers_says_nothing_about_the_limits(
    reading: Literal["burst", "strict"], status: int, error: str | None, share: float
) -> None:
    right = on_a_right_server(reading, nearby)
    chance = random.Random(1)
    ledger = Ledger(right.keys)
    for attempt in (attempt for key in right for attempt in right.attempts(key)):
        page = attempt._replace(status=status, retry_after=None, error=error)
        ledger.add(page if chance.random() < share else attempt)
    for conditions in (bound("auto"), bound(reading)):
        examination = examine(ledger, ON_LIMITS, conditions)
        assert broken(examination) | broken(examination, "should") == {"no-server-errors"}
        (finding,) = (finding for finding in examination.findings if finding.check == "no-server-errors")
        assert ("none of the API's" in finding.message) == (error is not None)


def never_again() -> Server:
    return Server(Bucket(120, 1e-9), announced=lambda _: 5)


WRONG: dict[str, tuple[Callable[[], Server], Conditions, set[Check]]] = {
    "sixty_one_a_minute": (lambda: Server(strict(per_minute=61)), bound("strict"), {"minute-ceiling", "reading"}),
    "fixed_windows": (
        lambda: Server(Fixed(120, 30)),
        RESTED,
        {"burst-ceiling", "minute-ceiling"},
    ),
    "a_burst_of_121": (lambda: Server(burst(most=121, held=121)), RESTED, {"burst-ceiling", "minute-ceiling"}),
    "ninety_a_minute": (lambda: Server(burst(per_minute=90)), RESTED, {"minute-ceiling"}),
    "the_sixtieth_refused": (lambda: Server(strict(per_minute=59)), RESTED, {"just-refusals", "from-rest"}),
    "the_hundred_twentieth_refused": (
        lambda: Server(burst(most=119, held=119)),
        bound("burst"),
        {"just-refusals", "from-rest", "reading"},
    ),
    "no_burst": (lambda: Server(Bucket(5, 1.0)), RESTED, {"just-refusals", "from-rest"}),
    "a_limit_for_the_organization": (
        lambda: Server(burst(), account=lambda key: key.organization),
        RESTED,
        {"just-refusals", "from-rest", "recovery"},
    ),
    "no_limit": (lambda: Server(Unlimited()), RESTED, {"burst-ceiling", "minute-ceiling", "refused-beyond"}),
    "retry_after_always_one": (lambda: Server(burst(), announced=lambda _: 1), RESTED, {"recovery"}),
    "retry_after_in_milliseconds": (
        lambda: Server(strict(), announced=lambda wait: wait * 1000),
        RESTED,
        {"retry-after"},
    ),
    "no_retry_after": (lambda: Server(burst(), announced=lambda _: None), RESTED, {"retry-after"}),
    "never_recovers": (never_again, RESTED, {"just-refusals", "recovery"}),
}


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_server_breaks_what_it_is_wrong_in(name: str, delay: Delay) -> None:
    server, conditions, breaks = WRONG[name]
    assert broken(examine(everything(server(), delay), ON_LIMITS, conditions)) == breaks


@pytest.mark.parametrize("per_minute", [58, 61])
def test_a_server_between_the_readings_is_reported_as_one(per_minute: int) -> None:
    examination = examine(everything(Server(strict(per_minute=per_minute))), ON_LIMITS, RESTED)
    assert examination.reading == "neither"
    assert "reading" in broken(examination, "should")
    assert ("just-refusals" in broken(examination)) == (per_minute < 60)


def test_counting_refused_requests_breaks_a_should() -> None:
    server = Server(strict(), counts_refused=True)
    ledger = Traffic(server).send(0, spread(0.0, 0.2, 900)).run()
    examination = examine(ledger, ON_LIMITS, RESTED)
    assert broken(examination) == set()
    assert broken(examination, "should") == {"patience", "sustained-rate"}


def test_a_slow_refill_starves_a_key_that_keeps_asking() -> None:
    ledger = Traffic(Server(burst(per_minute=30))).send(0, spread(0.0, 0.2, 900)).run()
    assert "sustained-rate" in broken(examine(ledger, ON_LIMITS, RESTED), "should")


def test_a_slow_refill_is_noticed_by_who_keeps_to_the_limit() -> None:
    ledger = Traffic(Server(strict(per_minute=30))).send(0, spread(0.0, 1.05, 120)).run()
    assert only(ledger, "no-refusals").outcome == "broken"


def test_server_errors_under_load_are_seen() -> None:
    def overloaded(admitted: bool, now: float, chance: random.Random) -> tuple[int, float]:
        status, took = serve(admitted, now, chance)
        return (503 if status == 200 and chance.random() < 0.05 else status), took

    finding = only(everything(Server(burst()), work=overloaded), "no-server-errors")
    assert (finding.outcome, len(finding.evidence)) == ("broken", 3)


@pytest.mark.parametrize(("more", "outcome"), [(0.0, "held"), (0.02, "broken")])
def test_slow_refusals_are_seen(more: float, outcome: str) -> None:
    def slow_to_refuse(admitted: bool, now: float, chance: random.Random) -> tuple[int, float]:
        status, took = serve(admitted, now, chance)
        return status, took + (0.0 if admitted else more)

    assert only(everything(Server(burst()), nearby, slow_to_refuse), "cheap-refusals").outcome == outcome


def test_refusals_at_the_end_of_a_queue_are_not_slow() -> None:
    def queued(admitted: bool, now: float, chance: random.Random) -> tuple[int, float]:
        return (200 if admitted else 429), 0.002 + (now % 1.0) * chance.random()

    assert only(everything(Server(burst()), nearby, queued), "cheap-refusals").outcome == "held"


def test_a_request_without_an_answer_is_seen() -> None:
    ledger = everything(Server(burst()))
    ledger.add(Attempt(0, "getMe", START + 300, START + 310, 0, error="timed out"))
    finding = only(ledger, "answered")
    assert finding.outcome == "broken"
    assert "timed out" in finding.message


def neighbourhood(work_of_victims: Callable[[float], float], server: Server) -> Ledger:
    """Two neighbours at 30 a minute; from the hundredth second a third key is flooded."""
    keys = (Key("…a", "acme", "abuser"), Key("…b", "acme", "neighbour"), Key("…c", "other", "neighbour"))

    def work(admitted: bool, now: float, chance: random.Random) -> tuple[int, float]:
        status, took = serve(admitted, now, chance)
        return status, took + work_of_victims(now - START)

    traffic = Traffic(server, nearby, work, keys=keys).send(0, spread(100.0, 0.1, 1000))
    for key in (1, 2):
        traffic.send(key, spread(float(key), 2.0, 100))
    return traffic.run()


@pytest.mark.parametrize(
    ("slowdown", "server", "outcome"),
    [
        (lambda _: 0.0, lambda: Server(burst()), "held"),
        (lambda now: 0.003 * (now > 100), lambda: Server(burst()), "held"),
        (lambda now: 0.2 * (now > 100), lambda: Server(burst()), "broken"),
        (lambda _: 0.0, lambda: Server(burst(), account=lambda key: key.organization), "broken"),
        (lambda _: 0.0, lambda: Server(Unlimited()), "unjudged"),
    ],
)
def test_neighbours_notice_abuse_only_where_they_should_not(
    slowdown: Callable[[float], float], server: Callable[[], Server], outcome: str
) -> None:
    assert only(neighbourhood(slowdown, server()), "neighbours").outcome == outcome


def crowd(breaks_at: float | None) -> Ledger:
    """A crowd that grows by ten requests a second every five seconds; beyond `breaks_at` answers take two seconds."""
    keys = [Key(f"…{index}", "acme", "crowd") for index in range(10)]
    ledger = Ledger(keys)
    for step in range(12):
        rate = 10 * (step + 1)
        for index in range(rate * 5):
            sent = START + step * 5 + index / rate
            slow = breaks_at is not None and rate > breaks_at
            ledger.add(Attempt(index % 10, "getMe", sent, sent + (2.0 if slow else 0.01), 200))
    return ledger


def test_the_breaking_point_of_a_crowd_is_found() -> None:
    finding = only(crowd(breaks_at=60), "breaking-point")
    assert (finding.outcome, finding.figures["borne"], finding.figures["brokeAt"]) == ("held", 60, 70)
    finding = only(crowd(breaks_at=None), "breaking-point")
    assert (finding.outcome, finding.figures["borne"]) == ("held", 110)


@pytest.mark.parametrize(
    ("breaks_at", "asked", "outcome"), [(60, 50, "held"), (60, 80, "broken"), (None, 500, "unjudged")]
)
def test_a_crowd_can_be_asked_for(breaks_at: float | None, asked: float, outcome: str) -> None:
    assert only(crowd(breaks_at), "breaking-point", Conditions(crowd_rate=asked)).outcome == outcome


def test_many_broken_keys_are_told_in_few_findings() -> None:
    keys = tuple(Key(f"…{index}", "acme", "flood") for index in range(50))
    traffic = Traffic(Server(Unlimited()), keys=keys)
    for key in range(50):
        traffic.send(key, spread(0.0, 0.01, 125 + key))
    findings = examine(traffic.run(), ["burst-ceiling"], RESTED).findings
    assert [finding.key for finding in findings] == [49, 48, 47, 46, 45, None]
    assert findings[-1].message == "and 45 further keys"


def test_of_several_keys_it_is_said_whose_figures_are_told() -> None:
    keys = tuple(Key(f"…{index}", "acme", "flood") for index in range(3))
    traffic = Traffic(Server(burst()), keys=keys)
    for key in range(3):
        traffic.send(key, spread(0.0, 0.01, 130 + key))
    (finding,) = examine(traffic.run(), ["burst-ceiling"], RESTED).findings
    assert finding.message.endswith("(3 keys held, and these are the figures of the key that shows it best)")


def test_three_workers_find_what_one_finds() -> None:
    whole = everything(Server(Fixed(120, 30)), far_away)
    master = Ledger(whole.keys)
    for worker in range(3):
        part = Ledger(whole.keys)
        for key in whole:
            for attempt in whole.attempts(key)[::-1]:
                if key % 3 == worker:
                    part.add(attempt)
        master.merge(Ledger.load(part.dump()))
    assert examine(master, CHECKS, RESTED) == examine(whole, CHECKS, RESTED)
