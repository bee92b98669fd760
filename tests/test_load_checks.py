"""The checks of the load tests tell right servers from wrong ones, over any network."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.checks import examine
from loadtests.findings import CHECKS, Check, Conditions, Examination, Finding
from loadtests.ledger import Attempt, Key, Ledger
from loadtests.windows import Allowance, Use, Window, fullest, may_exceed, overdrawn
from spec.target import RateLimit
from tests.reference_limiters import Both, Bucket, Fixed, Server, Sliding, Unlimited, burst, strict
from tests.simulated_load import (
    SPENDER,
    START,
    Delay,
    Traffic,
    at_once,
    everything,
    far_away,
    nearby,
    patient,
    serve,
    spend_and_wait,
    spread,
)

DELAYS = [at_once, nearby, far_away]
ON_LIMITS: tuple[Check, ...] = (
    "reading",
    "burst-ceiling",
    "minute-ceiling",
    "just-refusals",
    "from-rest",
    "refused-beyond",
    "retry-after",
    "recovery",
    "patience",
    "sustained-rate",
    "no-server-errors",
    "answered",
    "cheap-refusals",
)
RESTED = Conditions(rested=True)


def bound(
    reading: Literal["auto", "burst", "strict"], *, rested: bool = True, limits: RateLimit | None = None
) -> Conditions:
    return Conditions(msgspec.structs.replace(limits or RateLimit(), reading=reading), rested=rested)


def outcomes(examination: Examination) -> dict[Check, str]:
    found: dict[Check, str] = {}
    for finding in examination.findings:
        found[finding.check] = finding.outcome
    return found


def broken(examination: Examination, level: str = "must") -> set[str]:
    return {f.check for f in examination.findings if f.outcome == "broken" and f.level == level}


def only(ledger: Ledger, check: Check, conditions: Conditions = RESTED) -> Finding:
    (finding,) = examine(ledger, [check], conditions).findings
    return finding


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("reading", ["burst", "strict"])
def test_a_right_server_holds_every_claim(reading: Literal["burst", "strict"], delay: Delay) -> None:
    limiter = burst if reading == "burst" else strict
    for conditions in (bound("auto"), bound(reading)):
        examination = examine(everything(Server(limiter()), delay), ON_LIMITS, conditions)
        assert examination.reading == reading
        assert outcomes(examination) == dict.fromkeys(ON_LIMITS, "held")


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


def test_a_request_that_the_client_gave_up_may_still_be_admitted() -> None:
    """Sixty requests wait in the server for seconds; then the client asks once more, and is rightly refused."""
    ledger = Ledger([Key("…", "acme", "steady")])
    for index in range(60):
        ledger.add(Attempt(0, "getMe", START + index / 100, START + index / 100 + 0.5, 0, error="timed out"))
    ledger.add(Attempt(0, "getMe", START + 61, START + 61.1, 429, 5.0))
    ledger.add(Attempt(0, "getMe", START + 200, START + 200.1, 200))
    assert only(ledger, "just-refusals").outcome == "held"


# What is right must never be called wrong, whatever the network does.

delays = st.sampled_from([0.0, 0.001, 0.05, 0.4, 3.0])
bursts = st.lists(
    st.tuples(st.floats(0, 200), st.sampled_from([0.0, 0.003, 0.1, 0.7, 1.0]), st.integers(1, 170)),
    min_size=1,
    max_size=5,
)


@settings(max_examples=120, deadline=None, derandomize=True)
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


# The clever algorithms say what the obvious ones say.

spans = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60)), min_size=1, max_size=25)


def timeline(intervals: Sequence[tuple[int, int]]) -> list[Attempt]:
    return [Attempt(0, "getMe", at / 4, (at + took) / 4, 200) for at, took in sorted(intervals)]


def certain(admitted: Sequence[Attempt], first: Attempt, end: float) -> int:
    return sum(attempt.sent >= first.sent and attempt.answered <= end for attempt in admitted)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(spans)
def test_the_fullest_window_is_found(intervals: Sequence[tuple[int, int]]) -> None:
    admitted = timeline(intervals)
    obvious = max(
        (
            certain(admitted, first, last.answered)
            for first in admitted
            for last in admitted
            if last.sent >= first.sent and last.answered - first.sent < 30 / 1.001
        ),
        default=0,
    )
    crowd = fullest(admitted, 30)
    assert not may_exceed(admitted, Window(len(admitted), 30.0))
    assert (crowd.count if crowd else 0) == obvious
    if crowd:
        assert may_exceed(admitted, Window(crowd.count - 1, 30.0))
        assert crowd.seconds < 30
        assert certain(admitted, crowd.first, crowd.last.answered) == obvious


@settings(max_examples=200, deadline=None, derandomize=True)
@given(spans, st.integers(1, 5))
def test_an_overdraft_is_found(intervals: Sequence[tuple[int, int]], most: int) -> None:
    admitted = timeline(intervals)
    rate = 0.25 * 1.001
    surplus = max(
        certain(admitted, first, last.answered) - rate * (last.answered - first.sent)
        for first in admitted
        for last in admitted
        if last.sent >= first.sent
    )
    crowd = overdrawn(admitted, Allowance(most, 0.25))
    assert (crowd is not None) == (surplus > most + 1e-6)
    if crowd:
        assert crowd.count - rate * crowd.seconds == pytest.approx(surplus)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(spans, st.tuples(st.integers(0, 500), st.integers(0, 60)), st.one_of(st.none(), st.just(-1)))
def test_the_most_that_can_be_used_is_found(
    intervals: Sequence[tuple[int, int]], asked: tuple[int, int], before: int | None
) -> None:
    decided = [(at / 4, (at + took) / 4) for at, took in intervals]
    start, end = asked[0] / 4, (asked[0] + asked[1]) / 4
    known = decided + [(before / 4, before / 4)] * 3 if before is not None else decided
    moments = [start, *(sent for sent, _ in known if start <= sent <= end)]
    for cap in (Window(3, 10.0), Allowance(3, 0.25)):
        obvious = max(used(cap, known, moment) for moment in moments)
        assert Use(cap, decided, before / 4 if before is not None else None).most(start, end) == pytest.approx(obvious)


def used(cap: Window | Allowance, decided: Sequence[tuple[float, float]], moment: float) -> float:
    if isinstance(cap, Window):
        return sum(sent <= moment <= answered + cap.seconds * 1.001 for sent, answered in decided)
    since = [answered for _, answered in decided if answered <= moment] + [moment]
    return max(
        sum(sent <= moment and answered >= start for sent, answered in decided) - cap.rate / 1.001 * (moment - start)
        for start in since
    )


def test_the_unknown_past_of_a_key_counts_as_spent() -> None:
    assert Use(Window(60, 60.0), [], before=START).fills(START, START)
    assert not Use(Window(60, 60.0), []).fills(START, START)
    assert not Use(Window(60, 60.0), [], before=START).fills(START + 61, START + 61)


def test_a_spent_key_that_waits_proves_the_promise() -> None:
    ledger = Traffic(Server(burst())).send(SPENDER, spend_and_wait(0.0)).run()
    finding = only(ledger, "recovery")
    assert finding.outcome == "held"
    assert "as promised" in finding.message
