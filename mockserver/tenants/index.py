"""An index: rows in their order, oldest first, found by bisection and read from the newest.

The cost of a page of a large index is reading memory that is not in a cache. So the data of a page lies side by side: the times
for the bisection as numbers, and the JSON of the rows. The rows themselves are not read.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from operator import itemgetter
from typing import NamedTuple

from mockserver.tenants.cursor import Position


class Row(NamedTuple):
    """A resource as it is served: its place in the order, its JSON in a list and alone, its text for a search.

    It is a tuple that begins with its position, so a position can be compared with a row, and is less than its own row.
    """

    created_at_ms: int
    id: str
    listed: bytes
    single: bytes
    text: str

    @property
    def position(self) -> Position:
        """Where the row stands in the order."""
        return Position(self.created_at_ms, self.id)


_TIME, _LISTED = itemgetter(0), itemgetter(2)
_MANY = 10_000
"""An index with more rows than this is sorted at once, so that no request waits for it."""


class Index:
    """Rows in order. Rows that are added together are sorted at the first use, because most large indexes are never read."""

    __slots__ = ("_listed", "_new", "_rows", "_times")

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._listed: list[bytes] = []
        self._times = array("q")
        self._new: list[Row] = []

    def __len__(self) -> int:
        return len(self._rows) + len(self._new)

    @property
    def rows(self) -> list[Row]:
        """All rows, to be read only."""
        if self._new:
            self._put_in_order()
        return self._rows

    def copy(self) -> Index:
        """An independent copy."""
        twin = Index()
        twin._rows, twin._listed, twin._times = self.rows.copy(), self._listed.copy(), self._times[:]
        return twin

    def place(self, row: Row) -> None:
        """Insert a row at its position. It replaces the row at the same position, if there is one."""
        rows = self.rows
        if not rows or rows[-1] < row[:2]:
            rows.append(row)
            self._listed.append(row[2])
            self._times.append(row[0])
            return
        at = self._older(row[0], row[1])
        if at < len(rows) and rows[at][:2] == row[:2]:
            rows[at] = row
            self._listed[at] = row[2]
        else:
            rows.insert(at, row)
            self._listed.insert(at, row[2])
            self._times.insert(at, row[0])

    def extend(self, rows: Iterable[Row]) -> None:
        """Insert many rows. No two may have the same position."""
        self._new += rows
        if len(self._new) > _MANY:
            self._put_in_order()

    def discard(self, position: Position) -> None:
        """Remove the row at a position. There must be one."""
        at = self.older(position)
        del self.rows[at], self._listed[at], self._times[at]

    def older(self, after: Position | None) -> int:
        """How many rows are older than a position; all of them for None."""
        return len(self) if after is None else self._older(*after)

    def newest(self, end: int, limit: int) -> list[Row]:
        """The newest of the `end` oldest rows, newest first, at most `limit`."""
        page = self.rows[max(0, end - limit) : end]
        page.reverse()
        return page

    def page(self, end: int, limit: int) -> tuple[list[bytes], Position | None]:
        """`newest` as JSON, and the position of the last, if there are rows older than that."""
        rows, begin = self.rows, end - limit
        listed = self._listed[max(0, begin) : end]
        listed.reverse()
        return listed, rows[begin].position if begin > 0 else None

    def _older(self, time: int, row_id: str) -> int:
        rows, times = self.rows, self._times
        begin = bisect_left(times, time)
        many, step = len(times), 1
        while begin + step < many and times[begin + step] == time:
            step *= 2
        return bisect_left(rows, (time, row_id), begin, min(begin + step, many))

    def _put_in_order(self) -> None:
        self._rows += self._new
        self._new = []
        self._rows.sort()
        self._listed = list(map(_LISTED, self._rows))
        self._times = array("q", map(_TIME, self._rows))
