"""The probes tell right limiters from wrong ones, over near, slow and jittery networks alike."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from conformance.checks import NotJudged, NotTested
from conformance.rate_limits import followed_reading, rulings
from conformance.rate_limits.attempts import Attempt
from conformance.rate_limits.measured import Measured, Reading
from conformance.rate_limits.steps import KINDS
from conformance.rate_limits.traffic_patterns import BORDER, SPENDER, SPREAD, WITNESS
from spec import REST
from tests.support.rate_simulation import CONTRACT, CREDENTIALS, KEYS, RULINGS, Delay, Judgement, Simulation, judge
from tests.support.reference_limiters import (
    LIMITS,
    Both,
    Bucket,
    Fixed,
    Key,
    Limiter,
    Punishing,
    Server,
    Sliding,
    Unlimited,
    burst,
    strict,
)

SEEDS = range(3)
WITHIN = 80.0
"""Seconds that the probes may take if the keys are rested: a minute, and what the slowest network adds."""

NETWORKS: dict[str, Delay] = {
    "near": lambda chance: chance.uniform(0.0005, 0.004),
    "slow": lambda _: 0.15,
    "jittery": lambda chance: chance.uniform(0.02, 0.3),
    "with spikes": lambda chance: chance.uniform(0.001, 0.02) if chance.random() > 0.01 else chance.uniform(0.5, 3.0),
}


@dataclass
class Overwriting:
    """A bucket that loses its content whenever a second passes: it serves a burst, but no spread requests."""

    held: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait(self, account: str, now: float) -> float:
        return 0.0 if self._tokens(account, now) >= 1 else 1.0

    def add(self, account: str, now: float) -> None:
        self.held[account] = (self._tokens(account, now) - 1, now)

    def _tokens(self, account: str, now: float) -> float:
        tokens, since = self.held.get(account, (float(LIMITS.burst), now))
        return tokens if now - since < 1 else min(LIMITS.burst, (now - since) * 0.9)


Making = Callable[[float], Server]
"""Makes a server. The seconds that it is given move the borders of its windows."""

RIGHT: dict[str, tuple[Making, Reading]] = {
    "burst": (lambda _: Server(burst()), "burst"),
    "strict": (lambda _: Server(strict()), "strict"),
    "burst, Retry-After as a date": (lambda _: Server(burst(), announced=lambda wait: math.ceil(wait) + 1), "burst"),
    "strict, Retry-After always a minute": (lambda _: Server(strict(), announced=lambda _: 60), "strict"),
    "burst, Retry-After to the second": (lambda _: Server(burst(), announced=lambda wait: wait), "burst"),
    "an allowance of one minute": (lambda _: Server(Bucket(60, 1)), "neither"),
    "minutes of the wall clock": (lambda phase: Server(Fixed(60, 60, phase)), "neither"),
    "minutes from the first request": (lambda _: Server(Fixed(60, 60, by_first_request=True)), "neither"),
}


def shared(by: Callable[[Key], str], limiter: Limiter) -> Server:
    return Server(limiter, account=by)


def of_organization(key: Key) -> str:
    return key.organization


def of_address(_: Key) -> str:
    return "127.0.0.1"


def short_of(seconds: float) -> Callable[[float], float | None]:
    return lambda wait: max(0, math.ceil(wait) - seconds)


WRONG: dict[str, tuple[Making, set[str]]] = {
    "59 a minute": (lambda _: Server(strict(59)), {"RATE-2"}),
    "ten a second": (lambda _: Server(Both((strict(), Sliding(10, 1)))), {"RATE-2"}),
    "121 in a window": (lambda _: Server(burst(121, 121)), {"RATE-3", "RATE-4"}),
    "200 in a window": (lambda _: Server(burst(200, 200)), {"RATE-3", "RATE-4", "RATE-5"}),
    "no window": (lambda _: Server(Bucket(120, 1)), {"RATE-3"}),
    "fixed windows": (lambda phase: Server(Fixed(120, 30, phase)), {"RATE-3"}),
    "fixed windows from the first request": (lambda _: Server(Fixed(120, 30, by_first_request=True)), {"RATE-3"}),
    "fixed windows and an allowance": (lambda p: Server(Both((Fixed(120, 30, p), Bucket(120, 1)))), {"RATE-3"}),
    "a burst every window": (lambda _: Server(Sliding(120, 30)), {"RATE-4"}),
    "a burst every minute": (lambda _: Server(Fixed(120, 60, by_first_request=True)), {"RATE-4"}),
    "90 a minute": (lambda _: Server(burst(per_minute=90)), {"RATE-4"}),
    "an allowance of 150": (lambda _: Server(burst(held=150)), {"RATE-4"}),
    "no limit": (lambda _: Server(Unlimited()), {"RATE-3", "RATE-4", "RATE-5"}),
    "no Retry-After": (lambda _: Server(burst(), announced=lambda _: None), {"RATE-5"}),
    "Retry-After in ms": (lambda _: Server(strict(), announced=lambda wait: math.ceil(wait * 1000)), {"RATE-6"}),
    "Retry-After two minutes": (lambda _: Server(strict(), announced=lambda _: 120), {"RATE-6"}),
    "Retry-After always 1": (lambda _: Server(burst(), announced=lambda _: 1), {"RATE-6"}),
    "Retry-After always 0": (lambda _: Server(strict(), announced=lambda _: 0), {"RATE-6"}),
    "Retry-After half": (lambda _: Server(strict(), announced=lambda wait: math.ceil(wait / 2)), {"RATE-6"}),
    "Retry-After 2 s short": (lambda _: Server(burst(), announced=short_of(2)), {"RATE-6"}),
    "per organization, burst": (lambda _: shared(of_organization, burst()), {"RATE-7"}),
    "per organization, strict": (lambda _: shared(of_organization, strict()), {"RATE-7"}),
    "per address, burst": (lambda _: shared(of_address, burst()), {"RATE-7"}),
    "per address, strict": (lambda _: shared(of_address, strict()), {"RATE-7"}),
    "counts the refused, strict": (lambda _: Server(strict(), counts_refused=True), {"RATE-8"}),
    "counts the refused and says so": (lambda _: Server(burst(), counts_refused=True, says_so=True), {"RATE-8"}),
}
# These faults show only if delays are small compared with the fault.
WRONG_NEARBY: dict[str, tuple[Making, set[str]]] = {
    "a burst alone": (lambda _: Server(Overwriting()), {"RATE-2", "RATE-6"}),
    "an allowance of 59": (lambda _: Server(Bucket(59, 59 / 60)), {"RATE-2"}),
    "Retry-After cut, strict": (lambda _: Server(strict(), announced=math.floor), {"RATE-6"}),
    "Retry-After cut, burst": (lambda _: Server(burst(), announced=math.floor), {"RATE-6"}),
    "counts the refused and does not say so": (lambda _: Server(burst(), counts_refused=True), {"RATE-6"}),
    "a refusal is punished and does not say so": (lambda _: Server(Punishing(burst())), {"RATE-6"}),
    "Retry-After rounded": (lambda _: Server(burst(), announced=round), {"RATE-6"}),
}
# A violation may break other requirements too: a server that serves too much in a window may do so in a longer span.
WITH_IT = {"RATE-3": {"RATE-4", "RATE-5"}}


def judged(make: Making, network: str, seed: int, bound: Reading | None = None, pace: float = 1.0) -> Judgement:
    chance = random.Random(seed)
    start = 1_800_000_000.0 + chance.uniform(0, 60)
    return judge(Simulation(make(chance.uniform(0, 60)), NETWORKS[network], seed, start, pace), bound)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", RIGHT)
def test_a_right_limiter_breaks_nothing(name: str, network: str) -> None:
    make, reading = RIGHT[name]
    for seed in SEEDS:
        outcome = judged(make, network, seed)
        assert outcome.broken == {}
        assert outcome.reading == reading
        assert outcome.rests == 0
        assert outcome.took < WITHIN


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_is_left_unjudged_nearby(name: str) -> None:
    for seed in SEEDS:
        assert judged(RIGHT[name][0], "near", seed).unjudged == {}


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_limiter_is_caught_over_any_network(name: str, network: str) -> None:
    make, expected = WRONG[name]
    for seed in SEEDS:
        broken = set(judged(make, network, seed).broken)
        assert expected <= broken
        assert broken <= expected.union(*(WITH_IT.get(id_, ()) for id_ in expected))


@pytest.mark.parametrize("name", WRONG_NEARBY)
def test_a_slightly_wrong_limiter_is_caught_nearby(name: str) -> None:
    make, expected = WRONG_NEARBY[name]
    for seed in SEEDS:
        assert set(judged(make, "near", seed).broken) == expected


@pytest.mark.parametrize(
    ("name", "bound", "broken"),
    [
        ("burst", "burst", set()),
        ("strict", "strict", set()),
        ("burst", "strict", {"RATE-4"}),
        ("strict", "burst", {"RATE-2"}),
        ("minutes from the first request", "strict", {"RATE-4"}),
        ("minutes of the wall clock", "strict", {"RATE-4"}),
        ("an allowance of one minute", "burst", {"RATE-2"}),
        ("an allowance of one minute", "strict", {"RATE-4"}),
    ],
)
@pytest.mark.parametrize("network", NETWORKS)
def test_a_binding_reading_breaks_the_other(name: str, bound: Reading, broken: set[str], network: str) -> None:
    for seed in SEEDS:
        assert set(judged(RIGHT[name][0], network, seed, bound).broken) == broken


def test_one_more_a_minute_is_a_reading_of_its_own_until_strict_binds() -> None:
    assert judged(lambda _: Server(strict(61)), "near", 1).broken == {}
    assert judged(lambda _: Server(strict(61)), "near", 1).reading == "neither"
    assert set(judged(lambda _: Server(strict(61)), "near", 1, "strict").broken) == {"RATE-4"}


@pytest.mark.parametrize("used", [1, 30, 59, 60, 100, 120])
@pytest.mark.parametrize("name", ["burst", "strict"])
@pytest.mark.parametrize("ago", [0.0, 25.0, 65.0])
def test_keys_in_use_before_the_run_are_rested_and_tried_again(name: str, used: int, ago: float) -> None:
    make, reading = RIGHT[name]
    simulation = Simulation(make(0.0), NETWORKS["near"], seed=used)
    for key in KEYS.values():
        simulation.use(key, used)
    simulation.now += ago
    outcome = judge(simulation, reading)
    assert outcome.broken == {}
    assert outcome.took < WITHIN + (REST + WITHIN) * outcome.rests


def test_a_key_that_was_just_spent_is_rested() -> None:
    simulation = Simulation(Server(strict()), NETWORKS["near"], seed=1)
    simulation.use(KEYS["spender"], LIMITS.per_minute)
    assert judge(simulation).rests == 1


@pytest.mark.parametrize("pace", [0.9995, 1.0005])
@pytest.mark.parametrize("name", RIGHT)
def test_clocks_that_run_apart_break_nothing(name: str, pace: float) -> None:
    for seed in SEEDS:
        assert judged(RIGHT[name][0], "near", seed, pace=pace).broken == {}


@pytest.mark.parametrize("name", [*RIGHT, *WRONG])
def test_no_key_is_flooded(name: str) -> None:
    make = (RIGHT[name] if name in RIGHT else WRONG[name])[0]
    sent = judged(make, "near", 1).measured.timelines
    assert all(len(attempts) <= 2.5 * CONTRACT.burst for attempts in sent.values())
    assert sum(map(len, sent.values())) <= 900


@pytest.mark.parametrize("status", [0, 200, 401, 429, 500])
def test_a_server_that_says_one_thing_to_everything_keeps_nothing(status: int) -> None:
    attempts = [Attempt(second, second + 0.01, status, retry_after=1.0) for second in range(200)]
    measured = Measured(CONTRACT, dict.fromkeys(KEYS, attempts), CREDENTIALS)
    for _, check in RULINGS:
        with pytest.raises(NotTested):
            check(measured)


def test_what_has_no_key_is_not_tested() -> None:
    measured = Measured(CONTRACT, {}, {})
    for _, check in RULINGS:
        with pytest.raises(NotTested, match="needs "):
            check(measured)
    assert followed_reading.reading(measured) is None


@pytest.mark.parametrize("role", [WITNESS, BORDER, SPREAD])
def test_all_keys_that_a_requirement_needs_are_named_at_once(role: str) -> None:
    measured = Measured(CONTRACT, {}, {SPENDER: CREDENTIALS[SPENDER]})
    with pytest.raises(NotTested, match=r"^needs 4 keys in keys\.spare in the target's description$"):
        rulings.floor(measured, role)


def test_what_could_not_be_judged_names_the_key() -> None:
    measured = Measured(CONTRACT, {}, CREDENTIALS)
    for _, check in RULINGS:
        with pytest.raises(NotJudged, match=r"^no request was sent with a key for the \w+ \(obk_live_….{4}\)$"):
            check(measured)


@pytest.mark.parametrize("making", ["burst", "strict"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_requests_that_the_limit_leaves_out_is_noticed(kind: str, making: str) -> None:
    server = RIGHT[making][0](0.0)
    found = judge(Simulation(server, NETWORKS["near"], seed=1, uncounted=frozenset({kind})))
    assert "RATE-3" in found.broken


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", ["burst", "strict"])
def test_a_limiter_that_forgets_a_key_when_it_refuses_a_stranger_is_noticed(name: str, network: str) -> None:
    for seed in SEEDS:
        server = RIGHT[name][0](0.0)

        def forget(server: Server = server) -> None:
            server.limiter = burst() if name == "burst" else strict()

        assert "RATE-3" in judge(Simulation(server, NETWORKS[network], seed, on_unauthenticated=forget)).broken
