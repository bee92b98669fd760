"""A key that sends 60 requests a minute, minute after minute, is never refused."""

from __future__ import annotations

from loadtests.scenarios.plan import MINUTE, Phase, Plan, Schedule, steady
from loadtests.scenarios.scenario import Circumstances, Scenario

_MARGIN = 0.01
"""The share by which the pace stays below the limit, so that network jitter does not move too many requests into a minute."""


_GRAINS = 6.0, 12.0
"""Seconds between two parts of a minute on a test clock. Each part also takes some real time, which lowers the pace. So parts
are long, unless the run is too short for that."""
_SHORT = 1.5
"""Minutes."""
_BEYOND = 3
_CLEAR = 1.0
"""Seconds after the end of a burst window, for a burst that was slow."""


def plan(given: Circumstances) -> Plan:
    """Each key sends at its limit for the scenario's minutes. Then it spends what its allowance still holds, twice.

    An allowance that holds a burst hides for many minutes that it refills too slowly: at 50 a minute for twelve. A test clock
    makes these minutes short. In real time the allowance is spent, and spent again when the burst has left its window: the
    second time shows what was refilled in between.
    """
    pace = given.limits.per_minute
    phases = steady(
        "at the limit",
        given.keys,
        per_minute=pace if given.movable else pace * (1 - _MARGIN),
        seconds=given.minutes * MINUTE,
        grain=given.grain(_GRAINS[given.minutes > _SHORT]),
        rest=given.rest,
    )
    # No more than a few beyond the window's cap: refused requests could be blamed for what comes after.
    limits = given.limits
    left = max(limits.per_minute, limits.burst - limits.per_minute * limits.burst_window // int(MINUTE))
    spend = tuple(Schedule(key, left + _BEYOND) for key in given.keys)
    spending = (
        Phase("spending what is left", spend),
        Phase("spending what was refilled", spend, rest=given.limits.burst_window + _CLEAR),
    )
    return Plan((*phases, *spending), rested=True)


SCENARIO = Scenario(
    name="steady",
    claim=__doc__,
    checks=("reading", "no-refusals", "just-refusals", "no-server-errors", "answered"),
    plan=plan,
    roles=("steady",),
    minutes=3,
    clock_minutes=15,
)
