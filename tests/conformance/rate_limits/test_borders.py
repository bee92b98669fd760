"""The border of a fixed window is tried where answers tell it, and what answers tell makes no right limiter wrong."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from conformance.rate_limits.attempts import Attempt
from conformance.rate_limits.borders import near_border, told_border
from conformance.rate_limits.traffic_patterns import BORDER, ProbePlan, border
from tests.support.rate_simulation import CONTRACT, Delay, Simulation, judge
from tests.support.reference_limiters import Bucket, Fixed, Server, Telling, burst, fixed_minutes, strict

START = 1_800_000_000.0
PHASES = (*map(float, range(60)), None)
"""Seconds after the clock's minute at which windows end; None: they begin with the key's first request."""

NETWORKS: dict[str, Delay] = {
    "near": lambda chance: chance.uniform(0.0005, 0.004),
    "slow": lambda _: 0.15,
    "jittery": lambda chance: chance.uniform(0.02, 0.3),
    "with spikes": lambda chance: chance.uniform(0.001, 0.02) if chance.random() > 0.01 else chance.uniform(0.5, 3.0),
}
TOLD: dict[str, Callable[[float], float | None]] = {
    "exactly": lambda left: left,
    "rounded up": math.ceil,
    "rounded down": math.floor,
    "by a Date that is cut": lambda left: left + 0.99,
}
"""How X-RateLimit-Reset tells the seconds to a border. A Date in whole seconds makes an epoch second seem later."""

UNTRUE: dict[str, Callable[[float], float | None]] = {
    "missing": lambda _: None,
    "always a second": lambda _: 1.0,
    "always a minute": lambda _: 60.0,
    "always past": lambda _: -1.0,
    "in milliseconds": lambda left: left * 1000,
}
RIGHT: dict[str, Callable[[float], Telling]] = {
    "burst": lambda _: burst(),
    "strict": lambda _: strict(),
    "an allowance of one minute": lambda _: Bucket(60, 1),
    "minutes of the wall clock": lambda phase: Fixed(60, 60, phase),
    "minutes from the first request": lambda _: Fixed(60, 60, by_first_request=True),
}


def telling(limiter: Telling, told: Callable[[float], float | None]) -> Server:
    """A server whose answers carry X-RateLimit-Reset."""
    return Server(limiter, reset=lambda account, now: told(limiter.reset(account, now)))


def simulated(server: Server, network: str = "near", seed: int = 1) -> Simulation:
    return Simulation(server, NETWORKS[network], seed, START + random.Random(seed).uniform(0, 60))


def most_served(simulation: Simulation) -> int:
    """The most requests that the border's pattern proves to have been served within a burst window."""
    plan = ProbePlan(CONTRACT, from_rest=CONTRACT.floor, rested=False)
    attempts = [attempt for attempt in simulation.run([border], plan)[BORDER] if attempt.served]
    ends = sorted(attempt.answered for attempt in attempts)
    return max(sum(first.sent < end < first.sent + CONTRACT.window for end in ends) for first in attempts)


@pytest.mark.parametrize("told", TOLD)
@pytest.mark.parametrize("network", NETWORKS)
def test_fixed_minutes_of_one_request_too_many_are_caught_at_every_phase(network: str, told: str) -> None:
    missed = [
        phase
        for seed, phase in enumerate(PHASES if network == "near" else PHASES[::4])
        if most_served(simulated(telling(fixed_minutes(phase), TOLD[told]), network, seed)) <= CONTRACT.burst
    ]
    assert missed == []


@pytest.mark.parametrize("phase", [0.0, 20.0, 57.0, None])
@pytest.mark.parametrize("most", [61, 120])
def test_the_ruling_names_them(most: int, phase: float | None) -> None:
    broken = judge(simulated(telling(fixed_minutes(phase, most), math.ceil))).broken
    assert "RATE-3" in broken
    assert broken.keys() <= {"RATE-3", "RATE-4"}


@pytest.mark.parametrize("told", [*TOLD, *UNTRUE])
@pytest.mark.parametrize("name", RIGHT)
def test_no_reset_makes_a_right_limiter_wrong(name: str, told: str) -> None:
    for seed, network in enumerate(NETWORKS):
        outcome = judge(simulated(telling(RIGHT[name](10.3 * seed), (TOLD | UNTRUE)[told]), network, seed))
        assert outcome.broken == {}
        assert outcome.rests == 0
        assert outcome.took < 80


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_told_leaves_nothing_unjudged(name: str) -> None:
    for seed in range(6):
        assert judge(simulated(telling(RIGHT[name](10.3 * seed), math.ceil), seed=seed)).unjudged == {}


@pytest.mark.parametrize(
    ("left", "told", "near"),
    [
        (None, False, False),
        (-1.0, False, False),
        (0.0, False, True),
        (4.0, False, True),
        (5.0, True, False),
        (62.0, True, False),
        (63.0, False, False),
        (60_000.0, False, False),
    ],
)
def test_a_border_is_tried_if_there_is_time_for_a_volley_before_it(left: float | None, told: bool, near: bool) -> None:
    answer = Attempt(100.0, 101.0, 200, reset_in=left)
    assert (told_border(answer, CONTRACT) is not None, near_border(answer, CONTRACT) is not None) == (told, near)


def test_a_key_is_spent_before_the_earliest_time_of_a_border_and_asks_past_the_latest() -> None:
    found = told_border(Attempt(100.0, 101.0, 200, reset_in=40.0), CONTRACT)
    assert found
    assert found.spend_at < 140.0 < found.latest
    assert found.latest - found.spend_at < CONTRACT.window / 2
