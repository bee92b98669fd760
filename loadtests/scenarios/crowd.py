"""Thousands of keys of many organizations walk pages, open contacts, poll events: how many requests a second are borne well."""

from __future__ import annotations

from loadtests.plan import MINUTE, Crowd, Phase, Plan
from loadtests.scenarios.scenario import Circumstances, Scenario

SHARE = 0.9
"""The share of its limit that a key of a crowd uses: a crowd is large, not greedy."""
_STEPS = 10


def plan(given: Circumstances) -> Plan:
    """A crowd that grows in ten steps to all keys at nine tenths of their limit, or to as much as is asked for."""
    pace = SHARE * given.limits.per_minute / MINUTE
    if given.most_rate:
        pace = min(pace, given.most_rate / len(given.roles))
    crowd = Crowd(tuple(given.keys), 1 / pace, _STEPS, given.minutes * MINUTE / _STEPS)
    return Plan((Phase("crowd", crowd=crowd),), rested=given.rested)


SCENARIO = Scenario(
    name="crowd",
    claim=__doc__,
    checks=("breaking-point", "just-refusals", "no-server-errors", "answered"),
    plan=plan,
    roles=("crowd",),
    minutes=5,
    most_keys=None,
    limited=False,
)
