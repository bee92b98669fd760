"""One key's requests, and which of its refusals were necessary, which were unjust, and which promises were kept.

Pure functions that the gate and the load tests share. They are based on the proofs in `proofs`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from conformance.rate_limits.proofs import DRIFT, MINUTE, Cap, Maxima, Timed, Use

LINGER = MINUTE
"""Seconds after which a request counts as decided, at the latest, if it had no answer, or one that does not tell."""
STEADY_GAP = 20.0
"""Seconds that may lie between two refusals of a key that keeps asking for more than it gets."""
_NEVER = float("-inf")


class Answered(Timed, Protocol):
    """A request and its answer."""

    @property
    def admitted(self) -> bool:
        """Whether the limit let it through, as far as its answer tells."""

    @property
    def refused(self) -> bool:
        """Whether it was answered 429."""

    @property
    def retry_after(self) -> float | None:
        """Seconds after which a refused client may come back, by the answer; None if it has no usable Retry-After."""


Attempt = TypeVar("Attempt", bound=Answered)


@dataclass(frozen=True)
class Wait(Generic[Attempt]):
    """A refusal, and the attempt at or after its promised time, with no other admission possible between them.

    `silent` says that the promised times of all earlier refusals had passed too, so that no request came too early. `between` is
    the number of further requests that were refused meanwhile.
    """

    refusal: Attempt
    attempt: Attempt
    silent: bool
    between: int

    @property
    def kept(self) -> bool:
        """Whether waiting was enough."""
        return self.attempt.admitted


@dataclass(frozen=True)
class Refusals(Generic[Attempt]):
    """Refusals by whether they were necessary. `knocked`: the key had room, unless refused requests count too (RATE-8)."""

    just: tuple[Attempt, ...] = ()
    unjust: tuple[Attempt, ...] = ()
    knocked: tuple[Attempt, ...] = ()


@dataclass(frozen=True)
class Demand(Generic[Attempt]):
    """A span in which a key always asked for more than it got, and the most that it can have been admitted in it."""

    first: Attempt
    last: Attempt
    admitted: int

    @property
    def seconds(self) -> float:
        """The least that the span can have lasted."""
        return max(0.0, self.last.sent - self.first.answered)


@dataclass(frozen=True)
class Timeline(Generic[Attempt]):
    """The attempts of one key, in the order of sending."""

    attempts: Sequence[Attempt]
    _known: dict[tuple[tuple[Cap, ...], bool, float], Refusals[Attempt]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @cached_property
    def admitted(self) -> list[Attempt]:
        """The attempts that were let through."""
        return [attempt for attempt in self.attempts if attempt.admitted]

    @cached_property
    def refused(self) -> list[Attempt]:
        """The attempts that were refused for pace."""
        return [attempt for attempt in self.attempts if attempt.refused]

    @cached_property
    def possible(self) -> list[tuple[float, float]]:
        """The decision times of each request that was admitted, or that may have been because no answer tells."""
        return [(attempt.sent, _decided(attempt)) for attempt in self.attempts if not attempt.refused]

    def from_rest(self, seconds: float, *, rested: bool) -> list[list[Attempt]]:
        """The attempts that followed a silence of `seconds`; those from the start too, if the key was `rested` then."""
        groups: list[list[Attempt]] = []
        busy_until = _NEVER
        for attempt in self.attempts:
            if attempt.sent - busy_until >= seconds * (1 + DRIFT):
                groups.append([])
            groups[-1].append(attempt)
            busy_until = max(busy_until, _decided(attempt))
        return groups if rested else groups[1:]

    def refusals(self, caps: tuple[Cap, ...], *, rested: bool, memory: float) -> Refusals[Attempt]:
        """Sort the refusals by whether one of the caps can have been full. `memory` is the seconds for which a refusal may count.

        A refusal is `knocked` only if a just one, or another knocked one, may have come at most `memory` before it: a limit that
        counts refused requests still begins with a necessary refusal.
        """
        asked = (caps, rested, memory)
        if asked not in self._known:
            self._known[asked] = self._sorted_out(caps, None if rested else self.attempts[0].sent, memory)
        return self._known[asked]

    def _sorted_out(self, caps: tuple[Cap, ...], before: float | None, memory: float) -> Refusals[Attempt]:
        if not self.refused:
            return Refusals()
        uses = [Use(cap, self.possible, before) for cap in caps]
        just = [a for a in self.refused if any(use.fills(a.sent, a.answered) for use in uses)]
        known = set(map(id, just))
        doubtful = [attempt for attempt in self.refused if id(attempt) not in known]
        if not doubtful:
            return Refusals(tuple(just))
        everything = [*self.possible, *((attempt.sent, attempt.answered) for attempt in self.refused)]
        crowded = [Use(cap, everything, before) for cap in caps]
        unjust, knocked = [], []
        grounds = _Grounds(just)
        for attempt in doubtful:
            # `everything` includes the request itself, which must not count.
            full = any(use.fills(attempt.sent, attempt.answered, less=1) for use in crowded)
            if full and grounds.before(attempt, memory):
                knocked.append(attempt)
                grounds.add(attempt)
            else:
                unjust.append(attempt)
        return Refusals(tuple(just), tuple(unjust), tuple(knocked))

    def waits(self, late: float = 0.0) -> list[Wait[Attempt]]:
        """The attempts after a refusal's promised time, with no admission since that could have used the promise up.

        An attempt counts if it comes at least `late` seconds after the promised time.
        """
        refused = self.refused
        sent = [attempt.sent for attempt in refused]
        due = [_due(attempt) + late for attempt in refused]
        latest, soonest = Maxima(due), Maxima([-moment for moment in due])
        busy = _BusyUntil(self.possible)
        found = []
        for attempt in self.attempts:
            if not (attempt.admitted or attempt.refused):
                continue
            first = bisect_left(sent, busy.before(attempt))
            end = bisect_left(sent, attempt.sent)
            if first < end and -soonest.between(first, end) <= attempt.sent:
                kept_to = next(index for index in range(first, end) if due[index] <= attempt.sent)
                silent = latest.between(first, end) <= attempt.sent
                found.append(Wait(refused[kept_to], attempt, silent, between=end - kept_to - 1))
        return found

    def demands(self, settled: float) -> list[Demand[Attempt]]:
        """The spans in which refusals followed one another at most `STEADY_GAP` apart, each without its first `settled` seconds.

        In those seconds a burst may still be within a window.
        """
        starts = sorted(start for start, _ in self.possible)
        ends = sorted(end for _, end in self.possible)
        demands = []
        for group in _together(self.refused):
            first = next((a for a in group if a.sent >= group[0].answered + settled * (1 + DRIFT)), None)
            if first is not None:
                last = group[-1]
                admitted = bisect_right(starts, last.answered) - bisect_left(ends, first.sent)
                demands.append(Demand(first, last, admitted))
        return demands


class _Grounds(Generic[Attempt]):
    """Refusals that may have caused later ones."""

    def __init__(self, refusals: Iterable[Attempt]) -> None:
        self._just = list(refusals)
        self._sent = [attempt.sent for attempt in self._just]
        ends = [attempt.answered for attempt in self._just]
        self._ends = Maxima(ends)
        self._latest_added = _NEVER

    def add(self, refusal: Attempt) -> None:
        self._latest_added = max(self._latest_added, refusal.answered)

    def before(self, attempt: Attempt, memory: float) -> bool:
        latest = self._ends.between(0, bisect_right(self._sent, attempt.answered))
        return max(latest, self._latest_added) >= attempt.sent - memory * (1 + DRIFT)


class _BusyUntil:
    """The latest decision time of the other requests that may have been admitted before an attempt."""

    def __init__(self, possible: Sequence[tuple[float, float]]) -> None:
        self._starts = [start for start, _ in possible]
        self._two: list[tuple[float, float]] = [(_NEVER, _NEVER)]
        for _, end in possible:
            last, second = self._two[-1]
            self._two.append((end, last) if end >= last else (last, max(second, end)))

    def before(self, attempt: Answered) -> float:
        last, second = self._two[bisect_right(self._starts, attempt.answered)]
        # The attempt itself is among them if it was admitted.
        return second if attempt.admitted and last == attempt.answered else last


def _decided(attempt: Answered) -> float:
    """When it was decided at the latest: before its answer, if that tells what was decided."""
    return attempt.answered + (0.0 if attempt.admitted or attempt.refused else LINGER)


def _due(refusal: Answered) -> float:
    if refusal.retry_after is None:
        return float("inf")
    return refusal.answered + refusal.retry_after * (1 + DRIFT)


def _together(refused: Sequence[Attempt]) -> list[list[Attempt]]:
    groups: list[list[Attempt]] = []
    for refusal in refused:
        if not groups or refusal.sent - groups[-1][-1].answered > STEADY_GAP:
            groups.append([])
        groups[-1].append(refusal)
    return groups
