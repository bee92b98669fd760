"""Other users of the target while its limits were probed: one who moved its clock, or one who used its keys.

The probes then do not measure the target's limit, so its requirements cannot be judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from conformance.rate_limits.attempts import Attempt
from conformance.target.exchange import Exchange
from conformance.target.retry_after import date_of
from spec import REST

_COUNT = re.compile(r"[0-9]{1,9}")
# How many answers of the beginning and of the end are compared: enough to include all servers behind one address, whose
# clocks may differ.
_COMPARED = 5
# A Date has whole seconds, and servers update it once a second.
_STALE = 2.0
_TOLERANCE = 1.0
# A limiter may count a request twice, or reserve a little: that is a fault of the limiter, and no sign of another user.
_COUNTED_TWICE = 2
_HELD_BACK = 3
_SEVERAL = 3
_REMAINING = ("x-ratelimit-remaining", "ratelimit-remaining")


@dataclass(frozen=True)
class Disturbance:
    """The reason why the probes prove nothing, in one line, and the exchanges that show it."""

    reason: str
    exchanges: tuple[Exchange, ...]


def clock_moved(attempts: Iterable[Attempt]) -> Disturbance | None:
    """Return the disturbance if the target's clock, as its Date header shows it, jumped and this run did not move it.

    Date may follow real time plus the moves of this run (a test clock), real time alone (a proxy's Date), or the moves of this
    run alone (a stopped clock). If it follows none of these, somebody else moved it.
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


def spent_elsewhere(timelines: Iterable[Iterable[Attempt]], exchanges: Sequence[Exchange]) -> Disturbance | None:
    """Return the disturbance if a limiter reports that more of a key's limit is used than this run can have used.

    Each timeline is that of one key; `exchanges` are all of the run. X-RateLimit-Remaining is not documented. It is used if the
    target sends it, and if the first answer to another key shows that it is the rest of X-RateLimit-Limit.
    """
    firsts = [first for attempts in timelines if (first := _first(attempts)) and _spent(first) is not None]
    excess = {first.number: (_spent(first) or 0) - _spent_by_run(first, exchanges) for first in firsts}
    used = [first for first in firsts if excess[first.number] > 0]
    if not used or len(used) == len(firsts) or _begin_alike(used, firsts):
        return None
    return Disturbance(
        f"of a key's limit {_spent(used[0])} requests were spent at its first request of the probes, more than this run can "
        "have sent: something else uses the key",
        (used[0],),
    )


def _first(attempts: Iterable[Attempt]) -> Exchange | None:
    return min((a.exchange for a in attempts if a.exchange), key=lambda exchange: exchange.sent, default=None)


def _spent(exchange: Exchange) -> int | None:
    """How much of a limit is used up, by its headers; None if they do not say it."""
    left = next((exchange.headers[name] for name in _REMAINING if name in exchange.headers), "")
    limit = exchange.headers.get("x-ratelimit-limit", "")
    return int(limit) - int(left) if _COUNT.fullmatch(limit) and _COUNT.fullmatch(left) else None


def _begin_alike(used: Sequence[Exchange], firsts: Sequence[Exchange]) -> bool:
    """Whether several keys begin with just as much spent as the used ones: so does the limiter then, and no other user."""
    begun = {_spent(first) for first in used}
    return len(begun) == 1 and sum(_spent(first) in begun for first in firsts) >= _SEVERAL


def _spent_by_run(first: Exchange, exchanges: Sequence[Exchange]) -> int:
    """The most that a limiter may have counted of this run by the time of an answer, even if all keys share one limit."""
    sent = sum(first.sent - REST <= one.sent <= first.answered for one in exchanges)
    return _COUNTED_TWICE * sent + _HELD_BACK


def _step(first: Sequence[Exchange], last: Sequence[Exchange], passing: Callable[[Exchange, float], float]) -> float:
    """The certain seconds by which Date advanced more than a time, from the first exchanges to the last; 0 if there are none."""
    before, after = _offset(first, passing), _offset(last, passing)
    if after[0] - before[1] > _TOLERANCE or before[0] - after[1] > _TOLERANCE:
        return sum(after) / 2 - sum(before) / 2
    return 0.0


def _offset(exchanges: Sequence[Exchange], passing: Callable[[Exchange, float], float]) -> tuple[float, float]:
    """The least and the most seconds by which Date may be ahead of a time: an answer is made between sending and arrival."""
    least = min((date_of(one) or 0.0) - passing(one, one.answered) for one in exchanges)
    most = max((date_of(one) or 0.0) + _STALE - passing(one, one.sent) for one in exchanges)
    return least, most


def _test_clock(_: Exchange, time: float) -> float:
    return time


def _real_time(exchange: Exchange, time: float) -> float:
    return time - exchange.moved


def _stopped_clock(exchange: Exchange, _: float) -> float:
    return exchange.moved
