"""What the attempts of one API key prove of its rate limit: pure functions over when each was sent and answered, and how.

The target counts a request at some moment between `sent` and `answered`. So everything is judged by those two ends, and only
what no moment between them can explain is called broken: requests are crowded into a window only where the last answer came
less than a window after the first was sent. A slow or jittery network can hide a violation of the size of its own delay; it
cannot make one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from conformance.target.exchange import Exchange

MINUTE = 60.0
# Two clocks that are each kept by NTP may run apart by 500 ppm: spans are stretched by a thousandth before they are judged.
_DRIFT = 0.001
_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a key: requests in a minute, and in a burst window of so many seconds."""

    per_minute: int
    burst: int
    window: float

    @property
    def rate(self) -> float:
        """Sustained requests per second."""
        return self.per_minute / MINUTE

    @property
    def floor(self) -> int:
        """What a rested key is served in a minute under any reading, however it is spread."""
        return min(self.per_minute, self.burst)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request of a key, its times in seconds of the target's clock.

    `status` is 0 where no answer came. `retry_after` is in seconds, None where the answer has none that can be used.
    `sound` says that the answer was what the operation's schema asks for, and not empty.
    """

    sent: float
    answered: float
    status: int
    retry_after: float | None = None
    sound: bool = False
    exchange: Exchange | None = None

    @property
    def served(self) -> bool:
        """Whether it was answered with anything but a refusal for pace."""
        return self.status not in (0, _TOO_MANY_REQUESTS)

    @property
    def refused(self) -> bool:
        """Whether it was refused for pace."""
        return self.status == _TOO_MANY_REQUESTS

    @property
    def due(self) -> float | None:
        """When a refused client may come back at the latest, by the answer's own Retry-After."""
        if not self.refused or self.retry_after is None:
            return None
        return self.answered + self.retry_after * (1 + _DRIFT)


@dataclass(frozen=True, slots=True)
class Wait:
    """A refusal, and the first attempt at or after the time that it named, with so many refused ones between."""

    refusal: Attempt
    attempt: Attempt
    between: int

    @property
    def kept(self) -> bool:
        """Whether waiting was enough."""
        return self.attempt.served


Timeline = Sequence[Attempt]


def in_order(attempts: Iterable[Attempt]) -> list[Attempt]:
    """The attempts in the order in which they were sent."""
    return sorted(attempts, key=lambda attempt: attempt.sent)


def crowded(attempts: Timeline, most: int, span: float) -> list[Attempt] | None:
    """The first `most + 1` requests that were all served within less than `span` seconds; None if there are none."""
    served = in_order(attempt for attempt in attempts if attempt.served)
    for index in range(len(served) - most):
        first = served[index]
        if served[index + most].sent - first.sent >= span:
            continue
        by_answer = _by_answer(served[index:])
        if _span(first, by_answer[most]) < span:
            return by_answer[: most + 1]
    return None


def overdrawn(attempts: Timeline, limits: Limits) -> list[Attempt] | None:
    """Served requests that are more than a burst and the sustained rate over their whole span; None if there are none."""
    served = in_order(attempt for attempt in attempts if attempt.served)
    # An answer is never earlier than its request, so what the times of sending alone do not overdraw need not be looked at.
    ahead = [index - limits.rate * attempt.sent * (1 + _DRIFT) for index, attempt in enumerate(served)]
    most_ahead = list(accumulate(reversed(ahead), max))[::-1]
    for index in range(len(served) - limits.burst):
        if most_ahead[index] - ahead[index] + 1 <= limits.burst:
            continue
        by_answer = _by_answer(served[index:])
        for count, last in enumerate(by_answer, start=1):
            if count > limits.burst + limits.rate * _span(served[index], last):
                return by_answer[:count]
    return None


def silent_waits(attempts: Timeline) -> list[Wait]:
    """The refusals after which the client kept silent until it was due.

    Only those count in which no other request of the key was under way from the refusal to the end of the attempt.
    """
    ordered = in_order(attempts)
    waits: list[Wait] = []
    busy_until = float("-inf")
    for index, (refusal, attempt) in enumerate(pairwise(ordered)):
        following = ordered[index + 2].sent if index + 2 < len(ordered) else float("inf")
        alone = busy_until <= refusal.sent and attempt.answered <= following
        busy_until = max(busy_until, refusal.answered)
        if alone and refusal.due is not None and attempt.sent >= refusal.due and attempt.status:
            waits.append(Wait(refusal, attempt, between=0))
    return waits


def restless_waits(attempts: Timeline, late: float) -> list[Wait]:
    """The refusals after which the client kept knocking, and was refused every time, until it was `late` seconds overdue.

    A request that was served meanwhile would have taken what the refusal had promised, so there is none.
    """
    ordered = in_order(attempts)
    earliest = min((attempt.due for attempt in ordered if attempt.due is not None), default=float("inf"))
    waits: list[Wait] = []
    for attempt in ordered:
        if attempt.sent < earliest + late or not attempt.status:
            continue
        others = [other for other in ordered if other is not attempt and other.sent < attempt.answered]
        since = max((other.answered for other in others if not other.refused), default=float("-inf"))
        refusals = [other for other in others if other.refused and other.sent >= since]
        due = [index for index, other in enumerate(refusals) if other.due and other.due + late <= attempt.sent]
        if due and refusals[due[0] + 1 :]:
            waits.append(Wait(refusals[due[0]], attempt, between=len(refusals) - due[0] - 1))
    return waits


def spent_twice(attempts: Timeline) -> bool:
    """Whether the key was refused, served again, and refused again: its recovery has been used up."""
    changes = ""
    for attempt in in_order(attempts):
        mark = "s" if attempt.served else "r" if attempt.refused else ""
        changes += mark if not changes.endswith(mark) else ""
    return "srsr" in changes


def served_at_first(attempts: Timeline) -> int:
    """How many requests were served before any that was sent later than the first refusal's answer.

    Where none was refused, all that were served.
    """
    end = min((attempt.answered for attempt in attempts if attempt.refused), default=float("inf"))
    return sum(attempt.served and attempt.sent < end for attempt in attempts)


def latencies(attempts: Timeline) -> list[float]:
    """Seconds from sending to answer, of all that were answered, in rising order."""
    return sorted(attempt.answered - attempt.sent for attempt in attempts if attempt.status)


def _by_answer(attempts: Iterable[Attempt]) -> list[Attempt]:
    return sorted(attempts, key=lambda attempt: attempt.answered)


def _span(first: Attempt, last: Attempt) -> float:
    return (last.answered - first.sent) * (1 + _DRIFT)
