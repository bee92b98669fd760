"""A run's requests over time, as a drawing: a lane for each connection, waits that the server asked for as shades."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mockserver.grading.records import Exchange, Run
from mockserver.grading.report.redaction import redacted
from mockserver.grading.sequences import retry_after

WIDTH = 1_000.0
_LANE = 14
_TOP = 8
_AXIS = 22
_NARROWEST = 3.0
_MOST_LANES = 24
_MOST_TICKS = 8
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)


@dataclass(frozen=True)
class Bar:
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
class Timeline:
    """The drawing of a run, in units of its own: `width` × `height`."""

    width: float
    height: float
    bars: tuple[Bar, ...]
    shades: tuple[Shade, ...]
    ticks: tuple[tuple[float, str], ...]
    lanes: int
    left_out: int


def timeline(run: Run) -> Timeline | None:
    """The drawing; None for a run without requests."""
    if not run.exchanges:
        return None
    end = max(0.01, run.seconds, *(exchange.ended for exchange in run.exchanges))
    lanes = {connection: lane for lane, connection in enumerate(dict.fromkeys(one.connection for one in run.exchanges))}
    shown = [exchange for exchange in run.exchanges if lanes[exchange.connection] < _MOST_LANES]
    count = min(len(lanes), _MOST_LANES)
    return Timeline(
        width=WIDTH,
        height=_TOP + count * _LANE + _AXIS,
        bars=tuple(_bar(exchange, run, lanes[exchange.connection], end) for exchange in shown),
        shades=tuple(_shades(run, end)),
        ticks=tuple(_ticks(end)),
        lanes=count,
        left_out=len(run.exchanges) - len(shown),
    )


def kind_of(exchange: Exchange) -> str:
    """The class by which a request is coloured."""
    if exchange.status is None or not exchange.complete:
        return "broken"
    if exchange.status == 429:
        return "refused"
    return "failed" if exchange.status >= 500 else "unserved" if exchange.status >= 400 else "served"


def _bar(exchange: Exchange, run: Run, lane: int, end: float) -> Bar:
    x = exchange.began / end * WIDTH
    width = max(_NARROWEST, (exchange.ended - exchange.began) / end * WIDTH)
    answer = exchange.status or "no answer"
    label = f"{exchange.number}: {exchange.method} {redacted(exchange.target)}, {answer}, at {exchange.began:.2f} s"
    return Bar(x, _TOP + lane * _LANE, width, _LANE - 4, kind_of(exchange), label, f"{run.trial}-{exchange.number}")


def _shades(run: Run, end: float) -> Iterator[Shade]:
    for exchange in run.exchanges:
        wait = retry_after(exchange) if exchange.status in (429, 503) else None
        if wait:
            x = exchange.ended / end * WIDTH
            width = min(WIDTH - x, wait / end * WIDTH)
            yield Shade(x, max(0.0, width), f"request {exchange.number} was told to wait {wait:g} s")


def _ticks(end: float) -> Iterator[tuple[float, str]]:
    step = next((step for step in _STEPS if end / step <= _MOST_TICKS), end)
    for number in range(int(end / step) + 1):
        yield number * step / end * WIDTH, f"{number * step:g} s"
