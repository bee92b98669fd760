"""An index is a list of rows, oldest first: found by bisection, read from its newer end, kept in order by insertion.

Rows are tuples that begin with their position, so a position compares with a row, and is less than its own row.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from mockserver.tenants.cursor import Position


class Row(NamedTuple):
    """A resource as it is served: its place in the order, its JSON in a list and alone, its text for a search."""

    created_at_ms: int
    id: str
    listed: bytes
    single: bytes
    text: str

    @property
    def position(self) -> Position:
        """Where the row stands in the order."""
        return Position(self.created_at_ms, self.id)


Index = list[Row]


def place(index: Index, row: Row) -> None:
    """Put a row into its place, instead of the row that has its position, if one has."""
    position = row[:2]
    if not index or index[-1] < position:
        index.append(row)
        return
    at = bisect_left(index, position)
    if index[at][:2] == position:
        index[at] = row
    else:
        index.insert(at, row)


def discard(index: Index, position: Position) -> None:
    """Take out the row at a position, which has to be there."""
    del index[bisect_left(index, position)]


def older(index: Index, after: Position | None) -> int:
    """How many rows of an index are older than a position; all of them for None."""
    return len(index) if after is None else bisect_left(index, after)


def newest(index: Index, end: int, limit: int) -> list[Row]:
    """The newest of the `end` oldest rows, newest first, at most `limit`."""
    page = index[max(0, end - limit) : end]
    page.reverse()
    return page
