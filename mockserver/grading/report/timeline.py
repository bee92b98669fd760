"""A drawing of a run's requests over time: a lane for each connection, and shades for waits that the server asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from mockserver.control.redaction import redacted
from mockserver.grading.records import Exchange, Run
from mockserver.grading.sequences import retry_after

WIDTH = 1_000.0
_LANE = 14
_TOP = 8
_AXIS = 22
_NARROWEST = 3.0
_MOST_LANES = 24
_MOST_TICKS = 8
_MARGIN = 0.02
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)


@dataclass(frozen=True)
class TimelineBar:
    """A request: where it begins and how long it is, on the drawing; `label` is what a pointer shows."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    label: str
    anchor: str


@dataclass(frozen=True)
class Shade:
    """A wait that a refusal asked for."""

    x: float
    width: float
    label: str


@dataclass(frozen=True)
class TimelineDrawing:
    """The drawing of a run, in units of its own: `width` × `height`."""

    width: float
    height: float
    bars: tuple[TimelineBar, ...]
    shades: tuple[Shade, ...]
    ticks: tuple[tuple[float, str], ...]
    left_out: int


@dataclass(frozen=True)
class _Span:
    """The seconds of a run that are drawn: from its first request to the end of its last answer, with a margin."""

    begin: float
    end: float

    @classmethod
    def of(cls, run: Run) -> _Span:
        begin = min(exchange.began for exchange in run.exchanges)
        end = max(exchange.known_until for exchange in run.exchanges)
        margin = max(0.005, (end - begin) * _MARGIN)
        return cls(max(0.0, begin - margin), end + margin)

    def x(self, time: float) -> float:
        """Where a time stands on the drawing."""
        return (time - self.begin) / (self.end - self.begin) * WIDTH


def timeline(run: Run) -> TimelineDrawing | None:
    """The drawing; None for a run without requests."""
    if not run.exchanges:
        return None
    span = _Span.of(run)
    lanes = {connection: lane for lane, connection in enumerate(dict.fromkeys(one.connection for one in run.exchanges))}
    shown = [exchange for exchange in run.exchanges if lanes[exchange.connection] < _MOST_LANES]
    count = min(len(lanes), _MOST_LANES)
    return TimelineDrawing(
        width=WIDTH,
        height=_TOP + count * _LANE + _AXIS,
        bars=tuple(_bar(exchange, run, lanes[exchange.connection], span) for exchange in shown),
        shades=tuple(_shades(run, span)),
        ticks=tuple(_ticks(span)),
        left_out=len(run.exchanges) - len(shown),
    )


def kind_of(exchange: Exchange) -> str:
    """The class by which a request is coloured."""
    if exchange.status is None or not exchange.complete:
        return "broken"
    if exchange.status == 429:
        return "refused"
    return "failed" if exchange.status >= 500 else "unserved" if exchange.status >= 400 else "served"


def _bar(exchange: Exchange, run: Run, lane: int, span: _Span) -> TimelineBar:
    x = span.x(exchange.began)
    width = max(_NARROWEST, span.x(exchange.known_until) - x)
    answer = exchange.status or "no answer"
    label = f"{exchange.number}: {exchange.method} {redacted(exchange.target)}, {answer}, at {exchange.began:.2f} s"
    return TimelineBar(
        x, _TOP + lane * _LANE, width, _LANE - 4, kind_of(exchange), label, f"{run.trial}-{exchange.number}"
    )


def _shades(run: Run, span: _Span) -> Iterator[Shade]:
    for exchange in run.exchanges:
        wait = retry_after(exchange) if exchange.status in (429, 503) else None
        if wait:
            x = span.x(exchange.known_until)
            width = min(WIDTH, span.x(exchange.known_until + wait)) - x
            yield Shade(x, max(0.0, width), f"request {exchange.number} was told to wait {wait:g} s")


def _ticks(span: _Span) -> Iterator[tuple[float, str]]:
    length = span.end - span.begin
    step = next((step for step in _STEPS if length / step <= _MOST_TICKS), length)
    number = math.ceil(span.begin / step)
    while number * step <= span.end:
        yield span.x(number * step), f"{number * step:.6g} s"
        number += 1
