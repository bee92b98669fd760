"""Drawings of a run: what a key was served against its ceilings, and the load and its latency over time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from conformance.plural import counted
from conformance.rate_limits.proofs import MINUTE
from conformance.report.drawing import RIGHT, WIDTH, Drawing, Frame, Line, Panel, Tick, round_values, times
from loadtests.analysis.findings import Reading
from loadtests.analysis.ledger import Attempt
from loadtests.report.figures import QUANTILES, Figures, fate
from loadtests.report.text import took
from spec.target import RateLimit

COLUMNS = 320
_TOP, _BOTTOM = 22.0, 190.0
_KINDS = ("served", "refused", "failed")


def admissions(attempts: Sequence[Attempt], run: Figures, limits: RateLimit, reading: Reading | None) -> Drawing:
    """What a key was served in the last burst window and the last minute, against the ceilings; and what it asked for."""
    admitted = [attempt for attempt in attempts if attempt.admitted]
    window = _in_the_last(limits.burst_window, admitted, run)
    minute = _in_the_last(MINUTE, admitted, run)
    in_a_minute = limits.per_minute if reading == "strict" else limits.burst + limits.per_minute
    frame = Frame(run.seconds, 1.12 * max(limits.burst, in_a_minute, *window, *minute), _TOP, _BOTTOM)
    ceilings = (
        frame.ceiling("window", limits.burst, f"at most {limits.burst} in {limits.burst_window} s"),
        frame.ceiling("minute", in_a_minute, f"at most {in_a_minute} in 60 s"),
    )
    curves = (Line("minute", frame.steps(_changes(minute, run))), Line("window", frame.steps(_changes(window, run))))
    above = Panel(_TOP, _BOTTOM, "served", frame.ticks(), curves, ceilings)
    counts = [[0, 0, 0] for _ in run.slices]
    for attempt in attempts:
        counts[min(len(counts) - 1, int((attempt.sent - run.start) / run.slice_seconds))][
            fate(0 if attempt.error else attempt.status)
        ] += 1
    below = _stacked(counts, run, 222.0, 290.0)
    described = (
        f"At most {max(window, default=0)} served in {limits.burst_window} s and {max(minute, default=0)} in a minute; "
        f"{len(admitted)} of {counted(len(attempts), 'request')} served."
    )
    return Drawing(318.0, (above, below), times(run.seconds), described)


def throughput(run: Figures) -> Drawing:
    """Requests a second over time, by what became of them."""
    counts = [[part.served, part.refused, part.failed] for part in run.slices]
    panel = _stacked(counts, run, _TOP, _BOTTOM)
    return Drawing(
        218.0, (panel,), times(run.seconds), f"{counted(run.total, 'request')} in {run.seconds:.0f} seconds."
    )


def latency(run: Figures) -> Drawing:
    """The latency of what was served over time, by quantile."""
    most = 1.1 * max((part.latency[-1] for part in run.slices if part.latency), default=0.0) or 1.0
    frame = Frame(run.seconds, most, _TOP, _BOTTOM)
    lines = tuple(
        Line(
            f"p{share * 100:.0f}",
            _points([part.latency[place] if part.latency else None for part in run.slices], run, frame),
        )
        for place, share in enumerate(QUANTILES)
    )
    ticks = tuple(Tick(frame.y(value), took(value) if value else "0") for value in round_values(most))
    described = "Latency: " + ", ".join(
        f"p{share * 100:.0f} {took(value)}" for share, value in zip(QUANTILES, run.latency or (), strict=False)
    )
    panel = Panel(_TOP, _BOTTOM, "latency", ticks, tuple(reversed(lines)))
    return Drawing(218.0, (panel,), times(run.seconds), described)


def _in_the_last(seconds: float, admitted: Sequence[Attempt], run: Figures) -> list[int]:
    """For each column the most admissions that must lie within `seconds` up to a moment in it."""
    sent = [attempt.sent for attempt in admitted]
    answered = sorted(attempt.answered for attempt in admitted)
    width = run.seconds / COLUMNS

    def at(moment: float) -> int:
        return max(0, bisect_right(answered, moment) - bisect_right(sent, moment - seconds))

    most = [at(run.start + (column + 1) * width) for column in range(COLUMNS)]
    for moment in answered:
        column = max(0, min(COLUMNS - 1, int((moment - run.start) / run.seconds * COLUMNS)))
        most[column] = max(most[column], at(moment))
    return most


def _changes(values: Sequence[int], run: Figures) -> list[tuple[float, int]]:
    """Each change of the columns' value: seconds from the start, and the new value."""
    width = run.seconds / len(values)
    before = [0, *values]
    return [(column * width, value) for column, value in enumerate(values) if value != before[column]]


def _stacked(counts: Sequence[Sequence[int]], run: Figures, top: float, bottom: float) -> Panel:
    """Bars, one a slice, of what was served, refused and failed in it, as requests a second."""
    each = [[number / run.slice_seconds for number in count] for count in counts]
    frame = Frame(run.seconds, 1.1 * max((sum(rates) for rates in each), default=0.0) or 1.0, top, bottom)
    paths: list[list[str]] = [[], [], []]
    for place, rates in enumerate(each):
        left = frame.x(place * run.slice_seconds)
        width = min(frame.x((place + 1) * run.slice_seconds), WIDTH - RIGHT) - left
        base = 0.0
        for kind, rate in enumerate(rates):
            if rate:
                paths[kind].append(
                    f"M{left:.1f} {frame.y(base):.1f}h{width:.2f}V{frame.y(base + rate):.1f}h-{width:.2f}z"
                )
                base += rate
    lines = tuple(Line(kind, "".join(path)) for kind, path in zip(_KINDS, paths, strict=True) if path)
    return Panel(top, bottom, "requests/s", frame.ticks(3), lines)


def _points(values: Sequence[float | None], run: Figures, frame: Frame) -> str:
    """A line through the middles of the slices that have a value."""
    middles = [frame.x(min((place + 0.5) * run.slice_seconds, run.seconds)) for place in range(len(values))]
    known = [(x, value) for x, value in zip(middles, values, strict=True) if value is not None]
    path = "L".join(f"{x:.1f} {frame.y(value):.1f}" for x, value in known)
    # A single point has no length. A step of length zero shows it, because lines have round caps.
    return f"M{path}" + ("h0" if len(known) == 1 else "") if known else ""
