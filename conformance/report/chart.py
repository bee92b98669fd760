"""A timeline of the rate limit as a drawing: what was admitted and refused, and how full the window was at each moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.report.drawing import Drawing, Frame, Line, Panel, times
from conformance.report.record import ProbeRecord

_REFUSED = 429
_EQUAL = 1e-9
_TOP, _BOTTOM = 22.0, 186.0
_LANES = {"admitted": (208.0, "ok"), "refused": (228.0, "429")}
_MARK, _HEIGHT = 12, 272.0


@dataclass(frozen=True)
class Chart:
    """A timeline and its drawing. `peak` is the most requests that were admitted in one window."""

    timeline: ProbeRecord
    drawing: Drawing
    peak: int


def chart(timeline: ProbeRecord) -> Chart:
    """Lay a timeline out. Its time starts with the first request, and a request counts where its answer arrived."""
    start = min((sent for sent, _, _ in timeline.points), default=0.0)
    end = max((answered for _, answered, _ in timeline.points), default=0.0)
    admitted = sorted(answered - start for _, answered, status in timeline.points if status != _REFUSED)
    refused = sorted(answered - start for _, answered, status in timeline.points if status == _REFUSED)
    span = max(end - start, 1.0)
    levels = _levels(admitted, timeline.window, span)
    peak_at, peak = max(levels, key=lambda level: level[1], default=(0.0, 0))
    frame = Frame(span, max(peak, timeline.limit) * 1.1, _TOP, _BOTTOM)
    curve = frame.steps(levels)
    window = f"{timeline.window:g} s"
    fullest = _area(frame.x(max(0.0, peak_at - timeline.window)), frame.x(peak_at))
    held = Panel(
        _TOP,
        _BOTTOM,
        f"admitted in {window}",
        frame.ticks(),
        (Line("fullest", fullest), Line("area", f"{curve}V{_BOTTOM}Z"), Line("curve", curve)),
        (frame.ceiling("limit", timeline.limit, f"{timeline.limit} in {window}"),),
    )
    lanes = (_lane("admitted", admitted, frame), _lane("refused", refused, frame))
    described = (
        f"{len(admitted)} admitted, {len(refused)} refused; at most {peak} in {window}; allowed: {timeline.limit}"
    )
    return Chart(timeline, Drawing(_HEIGHT, (held, *lanes), times(span), described), peak)


def _levels(admitted: Sequence[float], window: float, end: float) -> list[tuple[float, int]]:
    """The number of admitted requests in the sliding window, with each moment at which it changes."""
    left = (moment + window for moment in admitted if moment + window <= end)
    return [
        (moment, bisect_right(admitted, moment + _EQUAL) - bisect_right(admitted, moment - window + _EQUAL))
        for moment in sorted({*admitted, *left})
    ]


def _lane(kind: str, moments: Sequence[float], frame: Frame) -> Panel:
    """A mark for each request of a kind, its name before them."""
    top, name = _LANES[kind]
    marks = "".join(f"M{frame.x(moment):.1f} {top:.0f}v{_MARK}" for moment in moments)
    return Panel(top + _MARK + 8, top + _MARK, name, (), (Line(kind, marks),))


def _area(left: float, right: float) -> str:
    return f"M{left:.1f} {_TOP}H{right:.1f}V{_BOTTOM}H{left:.1f}Z"
