"""Far above its limit a key gets what the limit allows and no more; refusals are cheap and honest, and nothing breaks."""

from __future__ import annotations

from loadtests.scenarios.plan import MINUTE, Phase, Plan, Schedule, steady
from loadtests.scenarios.scenario import Circumstances, Scenario

_TIMES = 10
"""How many times the limit each key asks for."""
_ALONE = 3
"""Refusals beyond all doubt: nothing else is under way when they are asked for."""
_GRAIN = 4.0
"""Seconds: a key that keeps asking is never silent for longer than 5 s."""


def plan(given: Circumstances) -> Plan:
    """A wave of two bursts; each key at ten times its limit; a wave again, and once what its refusals promise has passed, one
    request."""
    wave = tuple(Schedule(key, 2 * given.limits.burst) for key in given.keys)
    phases = steady(
        "overload",
        given.keys,
        per_minute=_TIMES * given.limits.per_minute,
        seconds=given.minutes * MINUTE,
        grain=given.grain(_GRAIN),
    )
    alone = tuple(Schedule(key, _ALONE, at_once=1) for key in given.keys)
    one = tuple(Schedule(key, 1) for key in given.keys)
    # Whatever the target's own minutes are, the last wave uses up the limit.
    coming_back = (Phase("last wave", wave), Phase("beyond", alone), Phase("coming back", one, promised=True))
    return Plan((Phase("wave", wave, rest=given.rest), *phases, *coming_back), rested=True)


SCENARIO = Scenario(
    name="overload",
    claim=__doc__,
    checks=(
        "reading",
        "burst-ceiling",
        "minute-ceiling",
        "just-refusals",
        "refused-beyond",
        "retry-after",
        "recovery",
        "patience",
        "sustained-rate",
        "cheap-refusals",
        "no-server-errors",
        "answered",
    ),
    plan=plan,
    roles=("overload",),
    minutes=2.5,
)
