"""In hours of ordinary sessions within the limit nothing is refused and nothing fails; the report shows latency over time."""

from __future__ import annotations

from loadtests.scenarios.crowd import SHARE
from loadtests.scenarios.plan import MINUTE, Crowd, Phase, Plan
from loadtests.scenarios.scenario import Circumstances, Scenario


def plan(given: Circumstances) -> Plan:
    """The sessions of a crowd, all from the start."""
    period = MINUTE / (SHARE * given.limits.per_minute)
    crowd = Crowd(tuple(given.keys), period, 1, given.minutes * MINUTE)
    return Plan((Phase("soak", crowd=crowd),), rested=given.rested)


SCENARIO = Scenario(
    name="soak",
    claim=__doc__,
    checks=("breaking-point", "just-refusals", "no-server-errors", "answered"),
    plan=plan,
    roles=("soak",),
    minutes=60,
    most_keys=None,
    limited=False,
)
