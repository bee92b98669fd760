"""Fast look-ups among many requests, by sorted times, so that a rule's work grows linearly with the run."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Sequence

from mockserver.grading.records import Exchange
from mockserver.grading.sequences import by_beginning


class Moments:
    """Requests in the order in which they began. Times are seconds since the run began; intervals are open at both ends."""

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self._exchanges = by_beginning(exchanges)
        self._times = [exchange.began for exchange in self._exchanges]

    def count(self, after: float, before: float) -> int:
        """How many of the requests began between two times."""
        return max(0, bisect_left(self._times, before) - bisect_right(self._times, after))

    def first(self, after: float, before: float, most: int) -> Sequence[Exchange]:
        """The first requests that began between two times, at most `most` of them."""
        start = bisect_right(self._times, after)
        return self._exchanges[start : min(start + most, bisect_left(self._times, before))]


class Grouped:
    """Requests in groups, each with its moments. `group` says which one a request belongs to."""

    def __init__(self, exchanges: Iterable[Exchange], group: Callable[[Exchange], Hashable]) -> None:
        members: dict[Hashable, list[Exchange]] = {}
        for exchange in exchanges:
            members.setdefault(group(exchange), []).append(exchange)
        self._groups = {name: Moments(found) for name, found in members.items()}

    def __getitem__(self, name: Hashable) -> Moments:
        """The moments of a group, which may be empty."""
        return self._groups.get(name) or Moments(())


class Again:
    """The requests of a run that were sent again."""

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self._latest: dict[Hashable, list[Exchange]] = {}
        for exchange in by_beginning(exchanges):
            self._note(exchange.alike, exchange)
            if not exchange.cursor and (key := exchange.list_key):
                self._note(key, exchange)

    def __contains__(self, exchange: Exchange) -> bool:
        """Whether a request was sent again after its answer, or the walk that it belongs to was begun anew."""
        if self._has_later(exchange.alike, exchange):
            return True
        return bool(exchange.cursor) and self._has_later(exchange.list_key, exchange)

    def _note(self, name: Hashable, exchange: Exchange) -> None:
        """Keep the two latest requests, because one of them may be the request that the caller asks about."""
        self._latest[name] = [*self._latest.get(name, ())[-1:], exchange]

    def _has_later(self, name: Hashable, exchange: Exchange) -> bool:
        latest = self._latest.get(name, ())
        return any(other.began >= exchange.ended and other.number != exchange.number for other in latest)
