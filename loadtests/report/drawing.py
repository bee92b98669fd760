"""Drawings of a run as SVG paths: numbers and nothing else, so that they need no escaping."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conformance.rate_limits.windows import MINUTE
from loadtests.analysis.findings import Reading
from loadtests.analysis.ledger import Attempt
from loadtests.report.figures import QUANTILES, Figures, fate
from loadtests.report.text import took
from spec.target import RateLimit

WIDTH, LEFT, RIGHT = 960.0, 52.0, 12.0
COLUMNS = 320
_STEPS = (1, 2, 5)
_SPANS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400, 259200)
_KINDS = ("served", "refused", "failed")


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
    """Panels above one time axis. `description` says in a sentence what is seen, for who cannot see it."""

    height: float
    panels: tuple[Panel, ...]
    times: tuple[Tick, ...]
    description: str


def admissions(attempts: Sequence[Attempt], run: Figures, limits: RateLimit, reading: Reading | None) -> Drawing:
    """What a key was served in the last burst window and the last minute, against the ceilings; and what it asked for."""
    admitted = [attempt for attempt in attempts if attempt.admitted]
    window = _in_the_last(limits.burst_window, admitted, run)
    minute = _in_the_last(MINUTE, admitted, run)
    in_a_minute = limits.per_minute if reading == "strict" else limits.burst + limits.per_minute
    ceilings = (
        ("window", limits.burst, f"at most {limits.burst} in {limits.burst_window} s"),
        ("minute", in_a_minute, f"at most {in_a_minute} in 60 s"),
    )
    top, bottom = 22.0, 190.0
    most = 1.12 * max(*(ceiling for _, ceiling, _ in ceilings), *window, *minute)
    above = Panel(
        top,
        bottom,
        "served",
        _ticks(most, top, bottom),
        (Line("minute", _curve(minute, most, top, bottom)), Line("window", _curve(window, most, top, bottom))),
        tuple(Line(kind, "", label, _y(ceiling, most, top, bottom)) for kind, ceiling, label in ceilings),
    )
    counts = [[0, 0, 0] for _ in run.slices]
    for attempt in attempts:
        counts[min(len(counts) - 1, int((attempt.sent - run.start) / run.slice_seconds))][fate(attempt.status)] += 1
    below = _stacked(counts, run, 222.0, 290.0)
    described = (
        f"At most {max(window, default=0)} served in {limits.burst_window} s and {max(minute, default=0)} in a minute; "
        f"{len(admitted)} of {len(attempts)} requests served."
    )
    return Drawing(318.0, (above, below), _times(run), described)


def throughput(run: Figures) -> Drawing:
    """Requests a second over time, by what became of them."""
    counts = [[part.served, part.refused, part.failed] for part in run.slices]
    panel = _stacked(counts, run, 22.0, 190.0)
    return Drawing(218.0, (panel,), _times(run), f"{run.total} requests in {run.seconds:.0f} seconds.")


def latency(run: Figures) -> Drawing:
    """The latency of what was served over time, by quantile."""
    top, bottom = 22.0, 190.0
    most = 1.1 * max((part.latency[-1] for part in run.slices if part.latency), default=0.0) or 1.0
    lines = tuple(
        Line(
            f"p{share * 100:.0f}",
            _points([part.latency[place] if part.latency else None for part in run.slices], run, most, top, bottom),
        )
        for place, share in enumerate(QUANTILES)
    )
    ticks = tuple(Tick(_y(value, most, top, bottom), took(value) if value else "0") for value in _round_values(most))
    described = "Latency: " + ", ".join(
        f"p{share * 100:.0f} {took(value)}" for share, value in zip(QUANTILES, run.latency or (), strict=False)
    )
    return Drawing(218.0, (Panel(top, bottom, "latency", ticks, tuple(reversed(lines))),), _times(run), described)


def _in_the_last(seconds: float, admitted: Sequence[Attempt], run: Figures) -> list[int]:
    """For each column the most admissions that must lie within so many seconds up to a moment in it."""
    sent = [attempt.sent for attempt in admitted]
    answered = sorted(attempt.answered for attempt in admitted)
    width = run.seconds / COLUMNS

    def at(moment: float) -> int:
        return max(0, bisect_right(answered, moment) - bisect_right(sent, moment - seconds))

    most = [at(run.start + (column + 1) * width) for column in range(COLUMNS)]
    for moment in answered:
        column = _column(moment, run)
        most[column] = max(most[column], at(moment))
    return most


def _stacked(counts: Sequence[Sequence[int]], run: Figures, top: float, bottom: float) -> Panel:
    """Bars, one a slice, of what was served, refused and failed in it, as requests a second."""
    each = [[number / run.slice_seconds for number in count] for count in counts]
    most = 1.1 * max((sum(rates) for rates in each), default=0.0) or 1.0
    paths: list[list[str]] = [[], [], []]
    for place, rates in enumerate(each):
        left = _x(place * run.slice_seconds, run)
        width = min(_x((place + 1) * run.slice_seconds, run), WIDTH - RIGHT) - left
        base = 0.0
        for kind, rate in enumerate(rates):
            if rate:
                low, high = _y(base, most, top, bottom), _y(base + rate, most, top, bottom)
                paths[kind].append(f"M{left:.1f} {low:.1f}h{width:.2f}V{high:.1f}h-{width:.2f}z")
                base += rate
    lines = tuple(Line(kind, "".join(path)) for kind, path in zip(_KINDS, paths, strict=True) if path)
    return Panel(top, bottom, "requests/s", _ticks(most, top, bottom, 3), lines)


def _column(moment: float, run: Figures) -> int:
    return max(0, min(COLUMNS - 1, int((moment - run.start) / run.seconds * COLUMNS)))


def _curve(values: Sequence[int], most: float, top: float, bottom: float) -> str:
    """Steps: a count stays what it is until it changes."""
    width = (WIDTH - LEFT - RIGHT) / len(values)
    path, before = [f"M{LEFT:.0f} {_y(values[0], most, top, bottom):.1f}"], values[0]
    for column, value in enumerate(values):
        if value != before:
            path.append(f"H{LEFT + column * width:.1f}V{_y(value, most, top, bottom):.1f}")
            before = value
    return "".join(path) + f"H{WIDTH - RIGHT:.0f}"


def _points(values: Sequence[float | None], run: Figures, most: float, top: float, bottom: float) -> str:
    """A line through the middles of the slices, from one that has a value to the next."""
    middles = [_x(min((place + 0.5) * run.slice_seconds, run.seconds), run) for place in range(len(values))]
    known = [(x, value) for x, value in zip(middles, values, strict=True) if value is not None]
    path = "L".join(f"{x:.1f} {_y(value, most, top, bottom):.1f}" for x, value in known)
    # A lone point has no length: drawn with a round cap, a step of nothing shows it.
    return f"M{path}" + ("h0" if len(known) == 1 else "") if known else ""


def _x(seconds: float, run: Figures) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * seconds / run.seconds


def _y(value: float, most: float, top: float, bottom: float) -> float:
    return bottom - (bottom - top) * value / most


def _ticks(most: float, top: float, bottom: float, few: int = 5) -> tuple[Tick, ...]:
    return tuple(Tick(_y(value, most, top, bottom), f"{value:,.6g}") for value in _round_values(most, few))


def _round_values(most: float, few: int = 5) -> Iterable[float]:
    """Zero and round numbers up to `most`, at most `few` of them beside zero."""
    power = 10.0**-6
    while True:
        for step in _STEPS:
            if most / (step * power) <= few:
                return [round(number * step * power, 9) for number in range(int(most / (step * power)) + 1)]
        power *= 10


def _times(run: Figures) -> tuple[Tick, ...]:
    step = next((span for span in _SPANS if run.seconds / span <= 10), _SPANS[-1])
    return tuple(Tick(_x(at, run), _clock(at)) for at in range(0, int(run.seconds) + 1, step))


def _clock(seconds: int) -> str:
    """A time since the start: `40 s`, `2:30`, `1:00:00`."""
    if seconds < 60:
        return f"{seconds} s"
    minutes = f"{seconds // 60 % 60}:{seconds % 60:02}"
    return minutes if seconds < 3600 else f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
