"""No 30 s hold more than 120 requests of a key, also where windows meet: the wall clock's, or those a first request opens."""

from __future__ import annotations

from loadtests.scenarios.plan import MINUTE, Phase, Plan, Schedule
from loadtests.scenarios.scenario import Circumstances, Scenario
from spec import REST

_LEAD = 3.0
"""Seconds before a border at which a burst is sent, and behind it: a Date tells the time of the target to the second."""
_BEYOND = 5


def plan(given: Circumstances) -> Plan:
    """Bursts before and behind a full minute (and so a full half minute), then about the end of a key's own windows."""
    window = float(given.limits.burst_window)
    burst = tuple(Schedule(key, given.limits.burst + _BEYOND) for key in given.keys)
    one = tuple(Schedule(key, 1) for key in given.keys)
    phases = [
        Phase("before a full minute", burst, rest=given.rest, align=MINUTE - _LEAD),
        Phase("behind a full minute", burst, gap=2 * _LEAD),
        Phase("before a full half minute", burst, rest=REST, align=MINUTE - window - _LEAD),
        Phase("behind a full half minute", burst, gap=2 * _LEAD),
    ]
    for length in (window, MINUTE):
        phases += [
            Phase(f"opening a window of {length:.0f} s", one, rest=REST),
            Phase("before its end", burst, gap=length - _LEAD),
            Phase("behind its end", burst, gap=2 * _LEAD),
        ]
    return Plan(tuple(phases), rested=True)


SCENARIO = Scenario(
    name="border",
    claim=__doc__,
    checks=(
        "reading",
        "burst-ceiling",
        "minute-ceiling",
        "from-rest",
        "just-refusals",
        "no-server-errors",
        "answered",
    ),
    plan=plan,
    roles=("border",),
    minutes=0,
)
