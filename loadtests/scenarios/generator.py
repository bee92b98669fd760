"""The generator alone: one key, as many requests as can be, at a server that does nothing. It judges no target."""

from __future__ import annotations

from loadtests.scenarios.plan import Phase, Plan, Schedule
from loadtests.scenarios.scenario import Circumstances, Scenario

_REQUESTS = 25_000


def plan(given: Circumstances) -> Plan:
    """A flood."""
    return Plan((Phase("measuring", tuple(Schedule(key, _REQUESTS) for key in given.keys)),))


SCENARIO = Scenario(
    name="generator",
    claim=__doc__,
    checks=("answered",),
    plan=plan,
    roles=("generator",),
    minutes=0,
    most_keys=1,
    limited=False,
    judges=False,
)
