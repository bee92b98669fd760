"""A key that sends 60 requests a minute, minute after minute, is never refused."""

from __future__ import annotations

from loadtests.scenarios.plan import MINUTE, Plan, steady
from loadtests.scenarios.scenario import Circumstances, Scenario

_MARGIN = 0.01
"""The share by which the pace stays below the limit, so that a jitter of the way does not make a minute hold one too many."""


def plan(given: Circumstances) -> Plan:
    """Each key at its limit for so many minutes: a minute's worth in each minute, never one more."""
    pace = given.limits.per_minute
    phases = steady(
        "at the limit",
        given.keys,
        per_minute=pace if given.movable else pace * (1 - _MARGIN),
        seconds=given.minutes * MINUTE,
        grain=given.grain(6.0),
        rest=given.rest,
    )
    return Plan(tuple(phases), rested=True)


SCENARIO = Scenario(
    name="steady",
    claim=__doc__,
    checks=("no-refusals", "just-refusals", "no-server-errors", "answered"),
    plan=plan,
    roles=("steady",),
    minutes=3,
)
