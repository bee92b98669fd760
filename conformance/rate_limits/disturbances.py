"""What else was at work on the target while its limits were probed: somebody who moved its clock, as a second run does.

What the probes then measure is not the target's limit, so no requirement of it can be judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from conformance.rate_limits.attempts import Attempt
from conformance.target.client import date_of
from conformance.target.exchange import Exchange

# Of so many answers at the beginning and at the end: servers whose clocks differ, behind one address, are then all among them.
_COMPARED = 5
# A Date has whole seconds, and servers make it anew once a second.
_STALE = 2.0
_TOLERANCE = 1.0


@dataclass(frozen=True)
class Disturbance:
    """Why the probes prove nothing, in one line, and the exchanges that show it."""

    reason: str
    exchanges: tuple[Exchange, ...]


def clock_moved(attempts: Iterable[Attempt]) -> Disturbance | None:
    """Whether the target's clock, as its Date header shows it, went on or back by what this run did not move it.

    Date may follow real time and what this run moved, as a test clock does; real time alone, as a proxy's does; or what this
    run moved alone, as a clock that is stopped otherwise. If it follows none of them, somebody else moved it.
    """
    dated = [attempt.exchange for attempt in attempts if attempt.exchange and date_of(attempt.exchange) is not None]
    dated.sort(key=lambda exchange: exchange.sent)
    first, last = dated[:_COMPARED], dated[-_COMPARED:]
    if len(dated) < 2 * _COMPARED:
        return None
    steps = [_step(first, last, passing) for passing in (_test_clock, _real_time, _stopped_clock)]
    if not all(steps):
        return None
    moved = f"{'on' if steps[0] > 0 else 'back'} by about {abs(steps[0]):.0f} s"
    return Disturbance(
        f"the target's clock was moved {moved} during the probes, and not by this run (its Date shows it): "
        "another run or test shares the target; try again when it is alone",
        (first[0], last[-1]),
    )


def _step(first: Sequence[Exchange], last: Sequence[Exchange], passing: Callable[[Exchange, float], float]) -> float:
    """By how many seconds Date is ahead at the end of where it was at the beginning; 0 if it need not be."""
    before, after = _offset(first, passing), _offset(last, passing)
    if after[0] - before[1] > _TOLERANCE or before[0] - after[1] > _TOLERANCE:
        return sum(after) / 2 - sum(before) / 2
    return 0.0


def _offset(exchanges: Sequence[Exchange], passing: Callable[[Exchange, float], float]) -> tuple[float, float]:
    """Between which seconds Date can be ahead of a time that passes so: the answer was made between sending and arrival."""
    least = min((date_of(one) or 0.0) - passing(one, one.answered) for one in exchanges)
    most = max((date_of(one) or 0.0) + _STALE - passing(one, one.sent) for one in exchanges)
    return least, most


def _test_clock(_: Exchange, time: float) -> float:
    return time


def _real_time(exchange: Exchange, time: float) -> float:
    return time - exchange.moved


def _stopped_clock(exchange: Exchange, _: float) -> float:
    return exchange.moved
