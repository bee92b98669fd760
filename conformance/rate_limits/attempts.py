"""The requests that the gate sends with one API key, and what they prove about its rate limit: pure functions.

It rests on `proofs` and `timeline`, which the load tests share.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

from conformance.rate_limits import proofs, timeline
from conformance.rate_limits.proofs import DRIFT
from conformance.rate_limits.proofs import MINUTE as MINUTE
from spec import LONGEST_RETRY_AFTER

if TYPE_CHECKING:
    from conformance.target.exchange import Exchange

_TOO_MANY_REQUESTS = 429
_SENT = attrgetter("sent")


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a key: requests in a minute, and in a burst window (seconds)."""

    per_minute: int
    burst: int
    window: float

    @property
    def rate(self) -> float:
        """Sustained requests per second."""
        return self.per_minute / MINUTE

    @property
    def floor(self) -> int:
        """How many requests a rested key is served in a minute under any reading, however they are spread."""
        return min(self.per_minute, self.burst)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request of a key, its times in seconds of the target's clock.

    `status` is 0 if no answer came. `retry_after` is in seconds, None if the answer has no usable one. `sound` says that the
    answer obeys the operation's schema, and is not empty. `reset_in` is the seconds to X-RateLimit-Reset, None if that is
    missing or no number.
    """

    sent: float
    answered: float
    status: int
    retry_after: float | None = None
    sound: bool = False
    exchange: Exchange | None = None
    reset_in: float | None = None

    @property
    def served(self) -> bool:
        """Whether it was answered, and not with 429."""
        return self.status not in (0, _TOO_MANY_REQUESTS)

    @property
    def admitted(self) -> bool:
        """The same under the name that `timeline` uses: the limit let it through."""
        return self.served

    @property
    def refused(self) -> bool:
        """Whether it was refused for pace."""
        return self.status == _TOO_MANY_REQUESTS

    @property
    def due(self) -> float | None:
        """The latest time at which a refused client may come back, by the answer's Retry-After."""
        if not self.refused or self.retry_after is None:
            return None
        return self.answered + self.retry_after * (1 + DRIFT)


Attempts = Sequence[Attempt]
Wait = timeline.Wait[Attempt]


class NotRested(Exception):
    """A key was refused so early that it may have been in use before the run; `refusal` is that answer."""

    def __init__(self, refusal: Attempt) -> None:
        super().__init__()
        self.refusal = refusal


def in_order(attempts: Iterable[Attempt]) -> list[Attempt]:
    """The attempts in the order in which they were sent."""
    return sorted(attempts, key=_SENT)


def crowded(attempts: Attempts, most: int, seconds: float) -> list[Attempt] | None:
    """The requests that were served in the fullest window of that length, if they are more than `most`; else None."""
    served = _served(attempts)
    if not proofs.may_exceed(served, proofs.Window(most, seconds)):
        return None
    return _beyond(most, proofs.fullest(served, seconds), served)


def overdrawn(attempts: Attempts, limits: Limits) -> list[Attempt] | None:
    """The served requests that are furthest beyond a burst and the sustained rate over their span; None if none are."""
    served = _served(attempts)
    return _beyond(limits.burst, proofs.overdrawn(served, proofs.Allowance(limits.burst, limits.rate)), served)


def silent_waits(attempts: Attempts) -> list[Wait]:
    """The refusals after which the client sent nothing until they were due. Earlier refusals do not matter.

    A refusal counts only if no other request of the key was under way from it to the end of the next attempt.
    """
    ordered = in_order(attempts)
    waits: list[Wait] = []
    busy_until = float("-inf")
    for index, (refusal, attempt) in enumerate(pairwise(ordered)):
        following = ordered[index + 2].sent if index + 2 < len(ordered) else float("inf")
        alone = busy_until <= refusal.sent and attempt.answered <= following
        busy_until = max(busy_until, refusal.answered)
        if alone and refusal.due is not None and attempt.sent >= refusal.due and attempt.status:
            waits.append(timeline.Wait(refusal, attempt, silent=True, between=0))
    return waits


def restless_waits(attempts: Attempts, late: float) -> list[Wait]:
    """The refusals after which the client kept asking, and was refused every time, until `late` seconds after they were due.

    A request that was served meanwhile would have used up the promise of the refusal, so such refusals are left out.
    """
    return [wait for wait in timeline.Timeline(in_order(attempts)).waits(late) if wait.between]


def spent_twice(attempts: Attempts) -> bool:
    """Whether the key was refused, served again, and refused again: then its regained allowance was used up."""
    changes = ""
    for attempt in in_order(attempts):
        mark = "s" if attempt.served else "r" if attempt.refused else ""
        changes += mark if not changes.endswith(mark) else ""
    return "srsr" in changes


def served_at_first(attempts: Attempts) -> int:
    """The number of served requests that were sent before the first refusal was answered.

    If none was refused: the number of all served requests.
    """
    end = min((attempt.answered for attempt in attempts if attempt.refused), default=float("inf"))
    return sum(attempt.served and attempt.sent < end for attempt in attempts)


def due(attempts: Attempts) -> float:
    """The time at which a key may come back, by the first refusal since it was last served; 0 if that has no usable time."""
    since = max((attempt.answered for attempt in attempts if attempt.served), default=0.0)
    for told in in_order(attempts):
        if told.sent >= since and told.due is not None and (told.retry_after or 0.0) <= LONGEST_RETRY_AFTER + 1:
            return told.due
    return 0.0


def last(attempts: Attempts) -> Attempt:
    """The attempt that was answered last."""
    return max(attempts, key=lambda attempt: attempt.answered)


def latencies(attempts: Attempts) -> list[float]:
    """Seconds from sending to answer of all answered requests, in rising order."""
    return sorted(attempt.answered - attempt.sent for attempt in attempts if attempt.status)


def _served(attempts: Attempts) -> list[Attempt]:
    return in_order(attempt for attempt in attempts if attempt.served)


def _beyond(most: int, span: proofs.Span[Attempt] | None, served: Sequence[Attempt]) -> list[Attempt] | None:
    """The requests of a span in the order of their answers, if there are more than `most`."""
    if span is None or span.count <= most:
        return None
    within = [a for a in served if a.sent >= span.first.sent and a.answered <= span.last.answered]
    return sorted(within, key=lambda attempt: attempt.answered)
