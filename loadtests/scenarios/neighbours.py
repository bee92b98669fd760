"""While one key abuses the API, the keys of its own organization and of others are served as before, and as quickly."""

from __future__ import annotations

from dataclasses import replace

from loadtests.scenarios.plan import MINUTE, Phase, Plan, steady
from loadtests.scenarios.scenario import Circumstances, Scenario

_ABUSE = 20
"""How many times the limit the abuser asks for."""
_CALM = 0.5
"""The share of their limit that the neighbours use."""
_GRAIN = 4.0


def plan(given: Circumstances) -> Plan:
    """The neighbours alone for half of the time, then with the abuser beside them."""
    limit, seconds, grain = given.limits.per_minute, given.minutes * MINUTE / 2, given.grain(_GRAIN)
    neighbours = given.of("neighbour")
    calm = steady("calm", neighbours, per_minute=_CALM * limit, seconds=seconds, grain=grain, rest=given.rest)
    during = steady("abuse", neighbours, per_minute=_CALM * limit, seconds=seconds, grain=grain)
    abuse = steady("abuse", given.of("abuser"), per_minute=_ABUSE * limit, seconds=seconds, grain=grain)
    both = [_together(ours, theirs) for ours, theirs in zip(during, abuse, strict=True)]
    gap = grain or 0.0
    return Plan((*calm, replace(both[0], gap=gap), *both[1:]), rested=True)


def _together(neighbours: Phase, abuse: Phase) -> Phase:
    return replace(neighbours, schedules=(*abuse.schedules, *neighbours.schedules))


SCENARIO = Scenario(
    name="neighbours",
    claim=__doc__,
    checks=("neighbours", "just-refusals", "burst-ceiling", "minute-ceiling", "no-server-errors", "answered"),
    plan=plan,
    roles=("abuser", "neighbour"),
    minutes=4,
    most_keys=8,
    least_keys=2,
)
