"""Thousands of keys of many organizations walk pages, open contacts, poll events: how many requests a second are borne well."""

from __future__ import annotations

from loadtests.scenarios.plan import MINUTE, Crowd, Phase, Plan
from loadtests.scenarios.scenario import Circumstances, Scenario

SHARE = 0.9
"""The share of its limit that a key of a crowd uses: a crowd is large, not greedy."""
_STEPS = 10
_SHORTEST = 15.0
"""The least seconds of a step: the last one, with all keys, must be long enough to be measured."""
_BEYOND = 1.02
"""The factor by which a crowd asks for more than it was told, so that every single second reaches the rate."""


def plan(given: Circumstances) -> Plan:
    """A crowd that grows, in ten steps if there is time, to all keys at nine tenths of their limit, or to what is asked for."""
    pace = SHARE * given.limits.per_minute / MINUTE
    if given.most_rate:
        pace = min(pace, _BEYOND * given.most_rate / len(given.roles))
    seconds = given.minutes * MINUTE
    steps = min(_STEPS, max(1, int(seconds / _SHORTEST)))
    crowd = Crowd(tuple(given.keys), 1 / pace, steps, seconds / steps)
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
