"""How the runner sends the probes' patterns, with which keys, and how they end."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.rate_limits.attempts import Attempt, Limits, NotRested
from conformance.rate_limits.runner import OFF_THE_BORDER, Halted, Pattern, Wire, measure
from conformance.rate_limits.sending import Volley, senders
from conformance.rate_limits.steps import FAILING, Send, Steps, Until
from conformance.rate_limits.traffic_patterns import BYSTANDER, SPENDER, STRANGER, WITNESS, ProbePlan, spend
from conformance.target.client import Client, NoAnswer
from conformance.target.clock import TargetClock
from conformance.target.exchange import Credential, Request
from spec import REST
from spec.target import Target
from tests.support.gate import run_gate
from tests.support.null_servers import Answer, serving
from tests.support.rate_simulation import CONTRACT
from tests.support.warm_mocks import WarmMock

PLAN = ProbePlan(CONTRACT, from_rest=CONTRACT.floor, rested=False)
KEY = Credential("obk_live_ddddddddddddddddddddddddddddddd1", "keys.spare[0]")
JSON = {"Content-Type": "application/json"}
PAGE = Answer(200, JSON, json.dumps({"data": [{"id": "con_1"}], "nextCursor": None}).encode())
SILENCE = Answer(0)


def refused(retry_after: str) -> Answer:
    return Answer(429, {"Content-Type": "application/problem+json", "Retry-After": retry_after}, b"{}")


Wiring = Callable[..., Wire]


@pytest.fixture
def wired() -> Iterator[Wiring]:
    clients: list[Client] = []

    def wire(base_url: str, clock: TargetClock | None = None, limits: Limits = CONTRACT) -> Wire:
        clients.append(Client(Target(base_url=base_url), clock or TargetClock()))
        return Wire(clients[-1], {SPENDER: KEY, WITNESS: KEY, STRANGER: KEY}, limits)

    yield wire
    for client in clients:
        client.close()


def pattern_of(*steps: Send | Until) -> Pattern:
    def pattern(_: ProbePlan) -> Steps:
        for step in steps:
            assert (yield step) is not None

    return pattern


def test_a_volley_sends_so_many_with_the_key_of_its_role(wired: Wiring) -> None:
    with serving(PAGE) as base_url:
        wire = wired(base_url)
        attempts = wire.run([pattern_of(Send(SPENDER, 30), Send(BYSTANDER, 5))], PLAN)[SPENDER]
        assert len(attempts) == len(wire.client.exchanges) == 30
        assert {exchange.request.credential for exchange in wire.client.exchanges} == {KEY}
        assert all(attempt.served and attempt.sent <= attempt.answered for attempt in attempts)


def test_a_limit_is_tried_on_many_operations_of_which_the_ids_are_found_by_looking(wired: Wiring) -> None:
    with serving(PAGE) as base_url:
        wire = wired(base_url)
        wire.run([pattern_of(Send(SPENDER, 60))], PLAN)
        asked = {exchange.request.operation for exchange in wire.client.exchanges}
        assert {"getMe", "listContacts", "listLists", "listDrafts", "listEvents"} <= asked


def test_what_an_operation_refuses_is_sent_if_it_is_asked_for_and_in_the_mix(wired: Wiring) -> None:
    refused_contacts = "/api/v1/contacts?limit=many"
    with serving(PAGE) as base_url:
        wire = wired(base_url)
        wire.run([pattern_of(Send(SPENDER, 2, kind=f"{FAILING}listContacts"), Send(SPENDER, 60))], PLAN)
        asked = [exchange.request.target for exchange in wire.client.exchanges]
        assert asked[:2] == [refused_contacts] * 2
        assert 0 < asked[2:].count(refused_contacts) < 10


def test_a_list_that_refuses_its_limit_is_asked_without_one(wired: Wiring) -> None:
    with serving(Answer(422, JSON, b"{}")) as base_url:
        wire = wired(base_url)
        wire.run([pattern_of(Send(SPENDER, 20, kind="list"), Send(SPENDER, 8, kind="list"))], PLAN)
        later = {exchange.request.target for exchange in wire.client.exchanges[20:]}
    assert later == {f"/api/v1/{collection}" for collection in ("contacts", "lists", "drafts", "events")}


def test_a_volley_ends_soon_after_a_refusal(wired: Wiring) -> None:
    with serving(refused("7")) as base_url:
        attempts = wired(base_url).run([pattern_of(Send(SPENDER, 100, refused=1))], PLAN)[SPENDER]
        assert 1 <= len(attempts) <= 8
        assert {attempt.retry_after for attempt in attempts} == {7.0}
        assert not any(attempt.sound for attempt in attempts)


def test_stories_are_told_side_by_side(wired: Wiring) -> None:
    meeting = threading.Barrier(2, timeout=30)

    def pattern(_: ProbePlan) -> Steps:
        yield Until(0.0)
        meeting.wait()

    with serving(PAGE) as base_url:
        wired(base_url).run([pattern, pattern], PLAN)


def test_one_that_is_not_rested_ends_them_all_at_once(wired: Wiring) -> None:
    def unrested(plan: ProbePlan) -> Steps:
        attempts = yield Send(SPENDER, 1)
        plan.check_rest(attempts, 1)

    with serving(refused("60")) as base_url:
        wire = wired(base_url)
        began = wire.client.clock.now()
        with pytest.raises(NotRested):
            wire.run([pattern_of(Until(began + 600)), unrested], PLAN)
        assert wire.client.clock.now() - began < 100


def test_a_halt_ends_a_wait_and_a_volley_at_once(wired: Wiring) -> None:
    with serving(PAGE) as base_url:
        wire = wired(base_url)
        began = wire.client.clock.now()
        threading.Timer(0.1, wire.halt.set).start()
        with pytest.raises(Halted):
            wire.run([pattern_of(Until(began + 600)), pattern_of(Send(SPENDER, 1_000_000))], PLAN)
        assert wire.client.clock.now() - began < 100


def test_a_halt_of_which_the_senders_know_first_ends_a_volley(wired: Wiring) -> None:
    with serving(PAGE) as base_url:
        wire = wired(base_url)
        wire.halt.set()
        with pytest.raises(Halted):
            wire.run([pattern_of(Send(SPENDER, 1))], PLAN)


def test_a_target_that_falls_silent_is_not_probed_on(wired: Wiring) -> None:
    with serving(SILENCE) as base_url:
        wire = wired(base_url)
        with pytest.raises(NoAnswer):
            wire.run([pattern_of(Send(SPENDER, 60))], PLAN)


def test_a_key_in_ordinary_use_is_spared(wired: Wiring) -> None:
    with serving(PAGE) as base_url:
        sent = wired(base_url).run([pattern_of(Send(STRANGER, 20), Send(STRANGER, 20))], PLAN)
        assert len(sent[STRANGER]) == 20


def test_a_test_clock_is_moved_and_keys_rest_before_every_story(wired: Wiring) -> None:
    moves: list[int] = []
    clock = TargetClock(moves.append)
    with serving(PAGE) as base_url:
        began = time.monotonic()
        patterns = [pattern_of(Send(SPENDER, 1)), pattern_of(Send(SPENDER, 1), Until(clock.now() + 1000.0))]
        wired(base_url, clock).run(patterns, PLAN)
    assert moves[:3] == [REST, REST, OFF_THE_BORDER]
    assert 730 < moves[3] <= 740
    assert time.monotonic() - began < 100


def test_a_test_clock_that_moves_in_seconds_meets_a_time_exactly_where_that_is_asked(wired: Wiring) -> None:
    clock = TargetClock(lambda _: None)
    with serving(PAGE) as base_url:
        wire = wired(base_url, clock)
        until = clock.now() + REST + 10.1
        wire.run([pattern_of(Until(until, exactly=True))], PLAN)
        assert 0 <= clock.now() - until < 0.8, "the clock was moved beyond it"


def test_a_rest_names_the_key_that_was_refused(wired: Wiring) -> None:
    def unrested(plan: ProbePlan) -> Steps:
        plan.check_rest((yield Send(SPENDER, 1)), 1)

    told: list[str] = []
    with serving(refused("60")) as base_url:
        wire = wired(base_url, TargetClock(lambda _: None))
        wire.on_rest = lambda why, _: told.append(why)
        measure(wire, [unrested], PLAN)
    assert [why for why in told if why] == [
        f"{KEY.name} was refused, perhaps because it was used before the run; all keys rest for 120 s and are tried again"
    ]


def test_a_key_that_the_run_has_used_rests_for_what_is_left_of_two_minutes(wired: Wiring) -> None:
    moves: list[int] = []
    with serving(PAGE) as base_url:
        wire = wired(base_url, TargetClock(moves.append))
        wire.rest_after_use(KEY)
        assert moves == []
        wire.client.send(Request("GET", "/api/v1/me"), (KEY,))
        wire.client.clock.wait(100)
        wire.rest_after_use(KEY)
    assert moves == [100, 20]


def test_a_key_in_ordinary_use_is_first_asked_what_every_key_is_served() -> None:
    steps = spend(PLAN)
    assert next(steps) == Send(STRANGER, 1, kind="me")
    assert steps.send([]) == Send(BYSTANDER, 1, kind="me")


class Unrested:
    """Sends patterns on keys that are rested the second time."""

    def __init__(self) -> None:
        self.plans: list[ProbePlan] = []
        self.reasons: list[str] = []

    def run(self, _: object, plan: ProbePlan) -> dict[str, list[Attempt]]:
        self.plans.append(plan)
        if not plan.rested:
            raise NotRested(Attempt(0.0, 0.1, 429))
        return {}

    def rest(self, why: str = "") -> None:
        self.reasons.append(why)


def test_what_was_measured_on_tired_keys_is_measured_again() -> None:
    runner = Unrested()
    measure(runner, [], PLAN)
    assert (len(runner.reasons), [plan.rested for plan in runner.plans]) == (1, [False, True])


@pytest.mark.parametrize(
    ("latency", "expected"), [(0.0, 8), (0.3, 8), (0.6, 15), (5.0, 24)], ids=["near", "slow", "slower", "slowest"]
)
def test_a_burst_takes_a_few_seconds_at_any_latency(latency: float, expected: int) -> None:
    assert senders(Send(SPENDER, 120), CONTRACT.burst, latency) == expected


def test_a_volley_is_no_larger_than_what_is_sent() -> None:
    assert senders(Send(SPENDER, 3), CONTRACT.burst, 0.0) == 3
    assert senders(Send(SPENDER, 60, one_by_one=True), CONTRACT.burst, 1.0) == 1
    volley = Volley(Send(SPENDER, 2))
    assert [volley.take() for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("mock", "options", "broken", "reading"),
    [
        ("--rate-reading strict", (), set(), "strict"),
        ("--rate-reading burst", ("--rate-reading", "strict"), {"RATE-4"}, "burst"),
    ],
    ids=["strict", "burst where strict binds"],
)
def test_the_mock_is_measured_on_its_test_clock(
    mock: str, options: tuple[str, ...], broken: set[str], reading: str
) -> None:
    run = run_gate(f"--mock-options={mock}", *options, suite="conformance/test_rate_limits.py")
    assert run.ids("failed") == broken, run.output
    assert run.report["rateReading"] == reading
    if not broken:
        assert {f"RATE-{number}" for number in range(2, 9)} <= run.ids("passed")


def test_a_mock_that_limits_nothing_and_does_not_say_so_is_caught(tmp_path: Path) -> None:
    with WarmMock("--no-rate-limit") as mock:
        target = tmp_path / "target.toml"
        told = mock.description.read_text("utf-8")
        target.write_text(re.sub(r"(?m)^\[rate_limit\]\n(?:[^\[\n].*\n)*", "", told), "utf-8")
        run = run_gate("--target", str(target), suite="conformance/test_rate_limits.py")
    assert run.ids("failed") == {"RATE-3", "RATE-4", "RATE-5"}, run.output
    assert run.report["rateReading"] is None


def test_limits_that_would_take_a_flood_are_not_tested(tmp_path: Path) -> None:
    target = tmp_path / "target.toml"
    keys = '[organizations.primary]\napi_keys = ["obk_live_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"]\n'
    target.write_text(f"{keys}[rate_limit]\nper_minute = 6000\nburst = 6000\n", "utf-8")
    with serving(PAGE) as base_url:
        options = ("--base-url", base_url, "--target", str(target), "--no-preflight")
        run = run_gate(*options, suite="conformance/test_rate_limits.py")
    assert "too many to send" in run.output
    assert not run.ids("failed") | run.ids("passed")
