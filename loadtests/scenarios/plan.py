"""What a scenario asks for, as data: phases, and in each what every key sends. A plan knows nothing of how it is carried out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

MINUTE = 60.0
HOOK = 0.15
"""About how many seconds one call of `advance_clock` takes. Only estimates use it."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """`count` requests of one key: one every `period` seconds, without waiting for answers; with no period, one after another.

    `start` is in seconds from the phase's start. `at_once` is how many may be under way together.
    """

    key: int
    count: int
    period: float = 0.0
    start: float = 0.0
    at_once: int = 32

    @property
    def seconds(self) -> float:
        """How long it takes, if answers cost nothing."""
        return self.start + self.period * max(0, self.count - 1)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Sessions of many keys: each walks pages, opens contacts and polls events, a request every `period` seconds.

    The crowd grows in `steps` equal parts, each `seconds` long, to all of its keys.
    """

    keys: tuple[int, ...]
    period: float
    steps: int
    seconds: float

    @property
    def rate(self) -> float:
        """Requests a second, once all are there."""
        return len(self.keys) / self.period


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a run. No request is under way when a phase begins or ends, and only then is the target's clock moved.

    The phase begins when all of these hold: `rest` seconds have passed since the end of the last phase; `gap` seconds have passed
    since its start; if `promised`, the time that its refusals told to wait has passed; with `align`, the target's wall clock
    is that many seconds after a full minute.
    """

    name: str
    schedules: tuple[Schedule, ...] = ()
    crowd: Crowd | None = None
    rest: float = 0.0
    gap: float = 0.0
    promised: bool = False
    align: float | None = None

    @property
    def seconds(self) -> float:
        """How long its requests take, if answers cost nothing."""
        longest = max((schedule.seconds for schedule in self.schedules), default=0.0)
        return max(longest, self.crowd.steps * self.crowd.seconds if self.crowd else 0.0)


@dataclass(frozen=True, slots=True)
class Plan:
    """The phases of a run. `rested`: every key is known to be rested when the first that uses it begins."""

    phases: tuple[Phase, ...]
    rested: bool = False

    def requests(self) -> Counter[int]:
        """How many requests each key sends, at the most."""
        counted: Counter[int] = Counter()
        for phase in self.phases:
            for schedule in phase.schedules:
                counted[schedule.key] += schedule.count
            if phase.crowd:
                for key, seconds in zip(phase.crowd.keys, _spans(phase.crowd), strict=True):
                    counted[key] += math.ceil(seconds / phase.crowd.period)
        return counted

    def seconds(self, *, movable: bool) -> float:
        """How long the run takes, about, in real time. `movable`: waiting is done by the target's test clock."""
        return sum(phase.seconds + waiting(phase, last, movable=movable) for last, phase in self._pairs())

    def _pairs(self) -> list[tuple[Phase | None, Phase]]:
        return list(zip([None, *self.phases], self.phases, strict=False))


def waiting(phase: Phase, last: Phase | None, *, movable: bool) -> float:
    """The waiting time before a phase, about, in seconds of real time."""
    wait = max(phase.rest, phase.gap - (last.seconds if last else 0.0), 0.0)
    wait += MINUTE / 2 if phase.align is not None or phase.promised else 0.0
    return wait if not movable else HOOK * (wait > 0)


def joins(index: int, crowd: Crowd) -> float:
    """When a key of a crowd (its place in `keys`) begins its sessions, in seconds from the phase's start."""
    step = index * crowd.steps // len(crowd.keys)
    within = len(crowd.keys) // crowd.steps or 1
    return step * crowd.seconds + crowd.period * (index % within) / within


def steady(
    name: str, keys: Sequence[int], *, per_minute: float, seconds: float, grain: float | None, rest: float = 0.0
) -> list[Phase]:
    """Phases in which each key sends `per_minute` requests a minute for `seconds`.

    `grain` None: evenly, in one phase. Else the requests of each `grain` seconds are sent at once, and a test clock can be
    moved in between.
    """
    total = int(per_minute * seconds / MINUTE)
    if grain is None:
        period = MINUTE / per_minute
        spread = period / max(1, len(keys))
        schedules = tuple(Schedule(key, total, period, start=spread * place) for place, key in enumerate(keys))
        return [Phase(name, schedules, rest=rest)]
    each = max(1, round(per_minute * grain / MINUTE))
    phases = []
    for number in range(math.ceil(total / each)):
        schedules = tuple(Schedule(key, each) for key in keys)
        phases.append(Phase(name, schedules, gap=0.0 if number == 0 else grain, rest=rest if number == 0 else 0.0))
    return phases


def _spans(crowd: Crowd) -> list[float]:
    whole = crowd.steps * crowd.seconds
    return [whole - joins(index, crowd) for index in range(len(crowd.keys))]
