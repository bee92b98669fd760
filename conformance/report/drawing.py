"""Drawings over time as SVG paths: they hold only numbers, so they need no escaping. `page/picture.html` shows them.

A drawing has panels above one time axis. The gate and the load tests use it.

Why not a library: matplotlib is 11 packages and 137 MB, and takes 2.0 s of CPU to import. pygal (4 packages, 1 MB, 0.15 s) has no
panels that share an axis, and puts a style and a script of its own into the page, which the page's policy forbids.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH, LEFT, RIGHT = 960.0, 52.0, 12.0
_STEPS = (1, 2, 5)
_SPANS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400, 259200)
_MOST_TIMES = 10


@dataclass(frozen=True)
class Line:
    """A path, or a horizontal rule at `y`, of a kind that the style sheet knows."""

    kind: str
    path: str
    label: str = ""
    y: float = 0.0


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Panel:
    """A part of a drawing with its own vertical axis: areas, curves over them, and ceilings across."""

    top: float
    bottom: float
    unit: str
    ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    ceilings: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Drawing:
    """Panels above one time axis. `description` says in a sentence what it shows, for people who cannot see it."""

    height: float
    panels: tuple[Panel, ...]
    times: tuple[Tick, ...]
    description: str


@dataclass(frozen=True)
class Frame:
    """The scales of a panel: time from 0 to `seconds` to the right, values from 0 to `most` upwards."""

    seconds: float
    most: float
    top: float
    bottom: float

    def x(self, seconds: float) -> float:
        """The place of a moment, in seconds from the start."""
        return x(seconds, self.seconds)

    def y(self, value: float) -> float:
        """The place of a value."""
        return self.bottom - (self.bottom - self.top) * value / self.most

    def ticks(self, few: int = 5) -> tuple[Tick, ...]:
        """Zero and round numbers up the axis."""
        return tuple(Tick(self.y(value), f"{value:,.6g}") for value in round_values(self.most, few))

    def ceiling(self, kind: str, value: float, label: str) -> Line:
        """A rule across the panel at a value."""
        return Line(kind, "", label, self.y(value))

    def steps(self, corners: Sequence[tuple[float, float]]) -> str:
        """A step curve to the end of the panel. `corners` are the moments of change with their new values."""
        path = "".join(f"H{self.x(moment):.1f}V{self.y(value):.1f}" for moment, value in corners)
        return f"M{LEFT:.0f} {self.bottom:.1f}{path}H{WIDTH - RIGHT:.0f}"


def x(seconds: float, span: float) -> float:
    """The place of a moment on a time axis over a span, in seconds from its start."""
    return LEFT + (WIDTH - LEFT - RIGHT) * seconds / span


def round_values(most: float, few: int = 5) -> Iterable[float]:
    """Zero and round numbers up to `most`, at most `few` of them beside zero."""
    power = 10.0**-6
    while True:
        for step in _STEPS:
            if most / (step * power) <= few:
                return [round(number * step * power, 9) for number in range(int(most / (step * power)) + 1)]
        power *= 10


def times(span: float) -> tuple[Tick, ...]:
    """The marks of a time axis."""
    step = next((known for known in _SPANS if span / known <= _MOST_TIMES), _SPANS[-1])
    return tuple(Tick(x(at, span), _clock(at)) for at in range(0, int(span) + 1, step))


def _clock(seconds: int) -> str:
    """A time since the start: `40 s`, `2:30`, `1:00:00`."""
    if seconds < 60:
        return f"{seconds} s"
    minutes = f"{seconds // 60 % 60}:{seconds % 60:02}"
    return minutes if seconds < 3600 else f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
