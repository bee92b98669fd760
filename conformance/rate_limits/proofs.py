"""What the times of one key's requests prove of its limits: pure functions, exact over every window, for gate and load tests.

A target decides on a request at a moment in [sent, answered] that is not known from outside. So a ceiling is broken
only if more admissions than it allows must lie in one window: the last was answered less than a window after the first
was sent. And a refusal was unjust only if the key had room at every moment at which the target may have decided,
wherever in their own intervals the earlier admissions lay. A slow or jittery way to the target can hide a violation of
the size of its own delay; it cannot make one.

Besides delay there is one tolerance: `DRIFT`, for two clocks that do not run equally fast.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import sub
from typing import Generic, Protocol, TypeVar

MINUTE = 60.0
DRIFT = 0.001
"""Two clocks under NTP may each drift by 500 ppm: spans are stretched or shortened by a thousandth in the target's favour."""
_ROUNDING = 1e-6
"""Requests: unix times are floats with steps of a quarter of a microsecond."""
_NEVER = float("-inf")


class Timed(Protocol):
    """A request and when it was sent and answered, in seconds of one clock."""

    @property
    def sent(self) -> float:
        """Just before its first byte was sent."""

    @property
    def answered(self) -> float:
        """When the last byte of its answer had come."""


Request = TypeVar("Request", bound=Timed)


@dataclass(frozen=True, slots=True)
class Window:
    """A cap on the admissions in any window of `seconds`."""

    most: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """An allowance that holds at most `most` requests and refills at `rate` requests a second."""

    most: int
    rate: float


Cap = Window | Allowance


@dataclass(frozen=True, slots=True)
class Span(Generic[Request]):
    """`count` admissions of one key that must all lie between `first.sent` and `last.answered`."""

    count: int
    first: Request
    last: Request

    @property
    def seconds(self) -> float:
        """From the first request's sending to the last answer."""
        return self.last.answered - self.first.sent


def fullest(admitted: Sequence[Request], seconds: float) -> Span[Request] | None:
    """The most admissions that must lie within less than `seconds`; of several, the first. None if nothing was admitted.

    `admitted` are in the order of sending. O(n log n).
    """
    horizon = seconds / (1 + DRIFT)
    by_answer = sorted(range(len(admitted)), key=lambda index: admitted[index].answered)
    inside = bytearray(len(admitted))
    best, start, count, ahead = 0, 0, 0, 0
    for index, first in enumerate(admitted):
        while ahead < len(by_answer) and admitted[by_answer[ahead]].answered < first.sent + horizon:
            # A request that was sent before `first` and is answered only now took longer than a window, so it proves nothing.
            if by_answer[ahead] >= index:
                inside[by_answer[ahead]] = 1
                count += 1
            ahead += 1
        if count > best:
            best, start = count, index
        count -= inside[index]
    if not best:
        return None
    first = admitted[start]
    among = [attempt for attempt in admitted[start:] if attempt.answered < first.sent + horizon]
    return Span(best, first, max(among, key=lambda attempt: attempt.answered))


def may_exceed(admitted: Sequence[Timed], window: Window) -> bool:
    """Whether a window may hold more than its cap. It is a quick test, which assumes that every answer came at once."""
    sent = [attempt.sent for attempt in admitted]
    spans = map(sub, sent[window.most :], sent)
    return min(spans, default=window.seconds) < window.seconds


def overdrawn(admitted: Sequence[Request], allowance: Allowance) -> Span[Request] | None:
    """The admissions that exceed the most what an allowance, full at the start, yields over their span; None if none exceed it.

    Over a span t that is `most + rate · t`. `admitted` are in the order of sending. O(n log n).
    """
    rate = allowance.rate * (1 + DRIFT)
    if not admitted or _surplus_by_sending(admitted, rate) <= allowance.most:
        return None
    surplus, start = _surplus(admitted, rate)
    if surplus <= allowance.most + _ROUNDING:
        return None
    first = admitted[start]
    by_answer = sorted(admitted[start:], key=lambda attempt: attempt.answered)
    count = max(
        range(1, len(by_answer) + 1), key=lambda count: count - rate * (by_answer[count - 1].answered - first.sent)
    )
    return Span(count, first, by_answer[count - 1])


def _surplus_by_sending(admitted: Sequence[Timed], rate: float) -> float:
    """The value of `_surplus` if every answer came at once: an upper bound that is quick to compute."""
    most, least = _NEVER, float("inf")
    for index, attempt in enumerate(admitted):
        ahead = index - rate * (attempt.sent - admitted[0].sent)
        least = min(least, ahead)
        most = max(most, ahead - least + 1)
    return most


def _surplus(admitted: Sequence[Timed], rate: float) -> tuple[float, int]:
    """The largest `count - rate · span` over all sets of admissions that must lie in one span, and where that span starts.

    From the last one sent to the first, each admission takes its place in the order of answers. A tree over that order keeps
    the largest sum of a beginning of it: each place adds one if taken, less what has refilled since the place before.
    """
    order = sorted(range(len(admitted)), key=lambda index: admitted[index].answered)
    place = [0] * len(order)
    for position, index in enumerate(order):
        place[index] = position
    origin = admitted[0].sent
    ends = [origin, *(admitted[index].answered for index in order)]
    size = 1 << (len(order) - 1).bit_length()
    total = [0.0] * (2 * size)
    best = [_NEVER] * (2 * size)
    for position, (before, now) in enumerate(pairwise(ends)):
        total[size + position] = rate * (before - now)
    for node in range(size - 1, 0, -1):
        total[node] = total[2 * node] + total[2 * node + 1]
    most, start = _NEVER, 0
    for index in range(len(admitted) - 1, -1, -1):
        node = size + place[index]
        total[node] += 1
        best[node] = total[node]
        node //= 2
        while node:
            left, right = 2 * node, 2 * node + 1
            total[node] = total[left] + total[right]
            beyond = total[left] + best[right]
            best[node] = best[left] if best[left] > beyond else beyond
            node //= 2
        surplus = best[1] + rate * (admitted[index].sent - origin)
        if surplus > most:
            most, start = surplus, index
    return most, start


class Use:
    """The most that a key may have used of a cap at any moment of an interval.

    `spans` are the intervals (sent, answered) in which the requests that count were decided; `before`, if given, is a time
    before which the key's past is unknown: it then counts as spent to the last request at that very moment.
    """

    def __init__(self, cap: Cap, spans: Iterable[tuple[float, float]], before: float | None = None) -> None:
        known = list(spans) if before is None else [*spans, *[(before, before)] * cap.most]
        self._origin = min((sent for sent, _ in known), default=0.0)
        self._sent = sorted(sent - self._origin for sent, _ in known)
        self._answered = sorted(answered - self._origin for _, answered in known)
        self._cap = cap
        if isinstance(cap, Allowance):
            self._rate = cap.rate / (1 + DRIFT)
            ahead = (self._rate * answered - index for index, answered in enumerate(self._answered))
            self._most_ahead = list(accumulate(ahead, max))
        self._most = Maxima([self._at(sent) for sent in self._sent])

    def most(self, sent: float, answered: float) -> float:
        """The most, in requests, at any moment from `sent` to `answered`."""
        start, end = sent - self._origin, answered - self._origin
        # Use rises only at moments at which a request may begin to count, so only these are examined.
        within = self._most.between(bisect_right(self._sent, start), bisect_right(self._sent, end))
        return max(self._at(start), within)

    def fills(self, sent: float, answered: float, *, less: int = 0) -> bool:
        """Whether the cap may have been full at some moment from `sent` to `answered`, if `less` requests did not count."""
        rounding = _ROUNDING if isinstance(self._cap, Allowance) else 0.0
        return self.most(sent, answered) - less > self._cap.most - 1 - rounding

    def _at(self, time: float) -> float:
        begun = bisect_right(self._sent, time)
        if isinstance(self._cap, Window):
            return begun - bisect_left(self._answered, time - self._cap.seconds * (1 + DRIFT))
        ended = bisect_right(self._answered, time)
        in_flight = begun - bisect_left(self._answered, time)
        if not ended:
            return in_flight
        return max(in_flight, begun - self._rate * time + self._most_ahead[ended - 1])


class Maxima:
    """The largest of a run of numbers, between any two places, in O(log n)."""

    def __init__(self, numbers: Sequence[float]) -> None:
        self._size = len(numbers)
        self._tree = [_NEVER] * self._size + list(numbers)
        for node in range(self._size - 1, 0, -1):
            self._tree[node] = max(self._tree[2 * node], self._tree[2 * node + 1])

    def between(self, start: int, end: int) -> float:
        """The largest from place `start` to the one before place `end`; minus infinity if there is none."""
        most, low, high = _NEVER, start + self._size, end + self._size
        while low < high:
            if low & 1:
                most = max(most, self._tree[low])
                low += 1
            if high & 1:
                high -= 1
                most = max(most, self._tree[high])
            low //= 2
            high //= 2
        return most
