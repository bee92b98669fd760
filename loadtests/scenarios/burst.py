"""A rested key's short burst is served up to the size that the reading gives it, refused beyond, and recovers when promised."""

from __future__ import annotations

from loadtests.scenarios.plan import Phase, Plan, Schedule
from loadtests.scenarios.scenario import Circumstances, Scenario
from spec import REST

_BEYOND = 10
_ALONE = 3
"""Refusals beyond all doubt: nothing else is under way when they are asked for."""


def plan(given: Circumstances) -> Plan:
    """A burst and a little more, and what Retry-After promises, twice: from rest, and as soon as it is promised; then rested."""
    burst = tuple(Schedule(key, given.limits.burst + _BEYOND) for key in given.keys)
    alone = tuple(Schedule(key, _ALONE, at_once=1) for key in given.keys)
    one = tuple(Schedule(key, 1) for key in given.keys)
    once = (Phase("beyond", alone), Phase("coming back", one, promised=True))
    return Plan(
        (
            Phase("burst", burst, rest=given.rest),
            *once,
            Phase("at once again", burst),
            *once,
            Phase("burst, rested again", burst, rest=REST),
        ),
        rested=True,
    )


SCENARIO = Scenario(
    name="burst",
    claim=__doc__,
    checks=(
        "reading",
        "from-rest",
        "refused-beyond",
        "burst-ceiling",
        "minute-ceiling",
        "just-refusals",
        "retry-after",
        "recovery",
        "no-server-errors",
        "answered",
    ),
    plan=plan,
    roles=("burst",),
    minutes=0,
)
