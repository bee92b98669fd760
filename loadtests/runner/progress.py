"""Progress in one line: what the run does, and the time left. A terminal shows it in place, a log repeats it every 10 s."""

from __future__ import annotations

import sys
from typing import TextIO

import gevent

from conformance.plural import counted
from conformance.report.text import lasted
from loadtests.runner.coordinator import Coordinator

_ON_TERMINAL = 0.5
_FIRST = 1.0
_ELSEWHERE = 10.0
_CLEAR = "\r\x1b[K"


def show(coordinator: Coordinator, stream: TextIO | None = None) -> None:
    """Show progress until the greenlet that runs this is ended."""
    out = stream or sys.stderr
    terminal = out.isatty()
    wait = _FIRST
    try:
        while True:
            gevent.sleep(wait)
            wait = _ON_TERMINAL if terminal else _ELSEWHERE
            line = describe(coordinator)
            out.write(f"{_CLEAR}{line}" if terminal else f"{line}\n")
            out.flush()
    finally:
        if terminal:
            out.write(_CLEAR)
            out.flush()


def describe(coordinator: Coordinator) -> str:
    """What a run is doing, in a line."""
    phases = coordinator.setup.plan.phases
    number = max(0, coordinator.number)
    requests = sum(cost.requests for cost in coordinator.costs.values())
    left = coordinator.left
    return (
        f"{coordinator.setup.scenario.name}: {phases[number].name} ({number + 1} of {len(phases)}), "
        f"{counted(requests, 'request')}, {f'about {lasted(round(left))} left' if left >= 1 else 'nearly done'}"
    )
