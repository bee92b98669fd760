"""A timeline of the rate limit as a drawing: what was admitted and refused, and how full the window was at each moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from conformance.report.record import Timeline

_REFUSED = 429
_EQUAL = 1e-9
_TICKS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1200, 3600)
_MOST_TICKS = 10


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: where it lies in the drawing, and its label."""

    at: float
    label: str


@dataclass(frozen=True)
class Chart:
    """A timeline in the drawing's units, from its upper left corner.

    `curve` is the path of the requests admitted in the window that ends at each moment; `fullest` the span of the window
    that admitted most (`peak`); `admitted` and `refused` are where the marks of single requests lie.
    """

    width: ClassVar = 900
    height: ClassVar = 260
    left: ClassVar = 46
    right: ClassVar = 884
    top: ClassVar = 16
    bottom: ClassVar = 180
    admitted_lane: ClassVar = 194
    refused_lane: ClassVar = 214

    timeline: Timeline
    curve: str
    limit: float
    fullest: tuple[float, float]
    peak: int
    admitted: tuple[float, ...]
    refused: tuple[float, ...]
    seconds: tuple[Tick, ...]
    counts: tuple[Tick, ...]

    @property
    def summary(self) -> str:
        """The drawing in words."""
        window = f"{self.timeline.window:g} s"
        return (
            f"{len(self.admitted)} admitted, {len(self.refused)} refused; at most {self.peak} in {window}, "
            f"where {self.timeline.limit} may be"
        )


def chart(timeline: Timeline) -> Chart:
    """Lay a timeline out. Its time starts with the first request, and a request counts where its answer arrived."""
    start = min((sent for sent, _, _ in timeline.points), default=0.0)
    end = max((answered for _, answered, _ in timeline.points), default=0.0)
    span = max(end - start, 1.0)
    admitted = sorted(answered - start for _, answered, status in timeline.points if status != _REFUSED)
    refused = sorted(answered - start for _, answered, status in timeline.points if status == _REFUSED)
    levels = _levels(admitted, timeline.window, span)
    peak_at, peak = max(levels, key=lambda level: level[1], default=(0.0, 0))
    most = max(peak, timeline.limit) * 1.1

    def across(seconds: float) -> float:
        return round(Chart.left + seconds / span * (Chart.right - Chart.left), 1)

    def down(count: float) -> float:
        return round(Chart.bottom - count / most * (Chart.bottom - Chart.top), 1)

    return Chart(
        timeline=timeline,
        curve=_steps([(across(at), down(count)) for at, count in levels], across(span)),
        limit=down(timeline.limit),
        fullest=(across(max(0.0, peak_at - timeline.window)), across(peak_at)),
        peak=peak,
        admitted=tuple(map(across, admitted)),
        refused=tuple(map(across, refused)),
        seconds=tuple(Tick(across(second), f"{second} s") for second in _ticks(span)),
        counts=tuple(Tick(down(count), str(count)) for count in (0, timeline.limit // 2, timeline.limit)),
    )


def _levels(admitted: Sequence[float], window: float, end: float) -> list[tuple[float, int]]:
    """How many were admitted in the window up to each moment at which that changes; one a window old has left it."""
    left = (moment + window for moment in admitted if moment + window <= end)
    return [
        (moment, bisect_right(admitted, moment + _EQUAL) - bisect_right(admitted, moment - window + _EQUAL))
        for moment in sorted({*admitted, *left})
    ]


def _steps(corners: Sequence[tuple[float, float]], right: float) -> str:
    path = [f"M{Chart.left},{Chart.bottom}"]
    for x, y in corners:
        path.append(f"H{x}V{y}")
    return "".join([*path, f"H{right}"])


def _ticks(span: float) -> range:
    step = next((step for step in _TICKS if span / step <= _MOST_TICKS), 7200)
    return range(0, int(span) + 1, step)
