"""Substring search that reads few rows, by an index from grams to the blocks of rows in which they occur.

A text can only hold a needle if it holds each of the needle's grams (runs of up to three characters). For every gram an integer
has a bit for each block of rows whose texts have it. The integers of the needle's grams, combined with AND, name the blocks that
may hold it; a search in a block's joined texts then tells whether its rows must be compared. Both may name too much (a row was
removed, or two rows have a part each), but never too little.

Some neighbouring blocks form a segment, which has its own integers. Only a segment that has changed much is built again, so
data may change all day, and no request waits for more than some thousand rows.

Collecting the grams is most of the cost of building a search. A collection of few segments has no grams: searching the texts of
all its blocks takes no longer than a search for a common needle in a large collection.
"""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from mockserver.tenants.cursor import Position
from mockserver.tenants.index import Row

_BLOCK = 64
_BLOCKS = 60
_FEW = 256
_WORN = 1_024
_WITHOUT_GRAMS = 32
"""The most segments that are searched without grams: a search for a needle that none has takes some milliseconds."""
_GRAM = 3
_SEPARATOR = "\x1f"


def fold(text: str) -> str:
    """Text for a comparison without regard to case: UTF-8 with one character for each byte.

    `str.casefold` and not `lower`: it maps a character the same wherever it stands (`lower` makes of Σ either σ or ς), so
    that the folding of a part is a part of the folding of the whole. It writes ß as ss, and İ as i with a dot above. Written
    byte by byte, a text needs no more memory for the one wide character in it, and holds the same parts as before.
    """
    return _comparable(text.replace(_SEPARATOR, " "))


def searchable(fields: Iterable[str | None]) -> str:
    """The text of fields, folded, in which a folded needle is found only if one of the fields holds it."""
    kept = [field for field in fields if field]
    text = _SEPARATOR.join(kept)
    if text.count(_SEPARATOR) >= len(kept):
        text = _SEPARATOR.join([field.replace(_SEPARATOR, " ") for field in kept])
    return _comparable(text)


def _comparable(text: str) -> str:
    if text.isascii():
        return text.lower()  # the same, in a third of the time
    return text.casefold().encode("utf-8", "surrogatepass").decode("latin-1")


class Search:
    """Knows which blocks of rows may hold a needle. `add` and `remove` must be called for every later change of the rows.

    It is made of all rows of a collection, and searches these or those of an index of fewer.
    """

    __slots__ = ("_newest", "_own", "_segments", "_starts")

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self._segments = _segments(rows, with_grams=len(rows) > _WITHOUT_GRAMS * _BLOCK * _BLOCKS)
        self._starts = [segment.starts[0] for segment in self._segments]
        self._newest = rows[-1].position if rows else None
        # The ids of the segments that no copy shares; None for all. A shared segment is copied before it is changed.
        self._own: set[int] | None = None

    def copy(self) -> Search:
        """An independent copy."""
        twin = Search()
        twin._segments, twin._starts, twin._newest = self._segments.copy(), self._starts.copy(), self._newest
        twin._own, self._own = set(), set()
        return twin

    def add(self, row: Row, rows: Sequence[Row]) -> None:
        """Add a row that was put. `rows` are all rows there are now."""
        position = row.position
        if self._newest is not None and position <= self._newest and self._segments:
            at = self._segment_of(position)
            self._own_segment(at).insert(row)
            self._renew_if_worn(at, rows)
            return
        self._newest = position
        if self._segments and not self._segments[-1].is_full:
            self._own_segment(len(self._segments) - 1).append(row)
        else:
            self._segments.append(self._made_own(_Segment((row,), with_grams=self._is_large)))
            self._starts.append(position)

    def remove(self, position: Position, rows: Sequence[Row]) -> None:
        """Record that the row at a position was removed. `rows` are all rows there are now."""
        at = self._segment_of(position)
        self._own_segment(at).changes += 1
        self._renew_if_worn(at, rows)

    def newest(self, rows: Sequence[Row], end: int, limit: int, needle: str) -> list[Row]:
        """The newest rows that hold a folded needle, at most `limit`, newest first, among the `end` oldest rows of an index."""
        if end <= _FEW:
            return _holding(rows[:end], needle)[:limit]
        found: list[Row] = []
        at = self._segment_of(rows[end - 1].position)
        while at >= 0 and len(found) < limit:
            segment = self._segments[at]
            if candidates := segment.candidates(needle):
                if at + 1 < len(self._starts):
                    end = bisect_left(rows, self._starts[at + 1], hi=end)
                begin = bisect_left(rows, self._starts[at], hi=end) if at else 0
                found += segment.newest(rows, begin, end, limit - len(found), needle, candidates)
                if not begin:
                    break
                end = begin
                at = self._segment_of(rows[end - 1].position)
            else:
                at -= 1
        return found

    @property
    def _is_large(self) -> bool:
        return len(self._segments) >= _WITHOUT_GRAMS

    def _segment_of(self, position: Position) -> int:
        """The segment in which a position lies; a position that is older than all segments belongs to the oldest."""
        return max(0, bisect_right(self._starts, position) - 1)

    def _own_segment(self, at: int) -> _Segment:
        """A segment that may be changed."""
        segment = self._segments[at]
        if self._own is None or id(segment) in self._own:
            return segment
        self._segments[at] = own = self._made_own(segment.copy())
        return own

    def _made_own(self, segment: _Segment) -> _Segment:
        if self._own is not None:
            self._own.add(id(segment))
        return segment

    def _renew_if_worn(self, at: int, rows: Sequence[Row]) -> None:
        """Rebuild a segment that has changed much, together with the one before it if it has few rows left."""
        if self._segments[at].changes <= _WORN:
            return
        end = bisect_left(rows, self._starts[at + 1]) if at + 1 < len(self._starts) else len(rows)
        first = at
        begin = bisect_left(rows, self._starts[first]) if first else 0
        if first and end - begin < _BLOCK * _BLOCKS // 4:
            first -= 1
            begin = bisect_left(rows, self._starts[first]) if first else 0
        made = _segments(rows[begin:end], with_grams=self._is_large)
        self._segments[first : at + 1] = renewed = [self._made_own(segment) for segment in made]
        self._starts[first : at + 1] = [segment.starts[0] for segment in renewed]


class _Segment:
    """Blocks of neighbouring rows. `changes` counts the changes since they were built that made them larger or left gaps.

    Without grams every block may hold a needle.
    """

    __slots__ = ("_blocks", "_filled", "_texts", "changes", "starts")

    def __init__(self, rows: Sequence[Row], *, with_grams: bool) -> None:
        numbers = range(0, len(rows), _BLOCK)
        self.starts = [rows[begin].position for begin in numbers]
        self.changes = 0
        self._texts = [_SEPARATOR.join([row.text for row in rows[begin : begin + _BLOCK]]) for begin in numbers]
        self._filled = (len(rows) - 1) % _BLOCK + 1
        self._blocks: dict[str, int] | None = {} if with_grams else None
        for number, text in enumerate(self._texts):
            self._note(number, text)

    def copy(self) -> _Segment:
        twin = _Segment((), with_grams=False)
        twin.starts, twin.changes, twin._filled = self.starts.copy(), self.changes, self._filled
        twin._texts, twin._blocks = self._texts.copy(), self._blocks.copy() if self._blocks is not None else None
        return twin

    @property
    def is_full(self) -> bool:
        """Whether the next row must begin another segment."""
        return len(self.starts) >= _BLOCKS and self._filled >= _BLOCK

    def append(self, row: Row) -> None:
        """Add a row that is newer than all others. It opens a new block if the last one is full."""
        if self._filled >= _BLOCK:
            self.starts.append(row.position)
            self._texts.append(row.text)
            self._filled = 0
        else:
            self._texts[-1] += _SEPARATOR + row.text
        self._filled += 1
        self._note(len(self.starts) - 1, row.text)

    def insert(self, row: Row) -> None:
        """Add a row at its place. Its block grows, unless it holds the text already."""
        block = self._block_of(row.position)
        if row.text not in self._texts[block]:
            self.changes += 1
            self._texts[block] += _SEPARATOR + row.text
            self._note(block, row.text)

    def candidates(self, needle: str) -> int:
        """The blocks that have all grams of a needle, a bit each."""
        candidates = (1 << len(self.starts)) - 1
        if self._blocks is None:
            return candidates
        size = min(len(needle), _GRAM)
        for at in range(len(needle) - size + 1):
            candidates &= self._blocks.get(needle[at : at + size], 0)
            if not candidates:
                break
        return candidates

    def newest(self, rows: Sequence[Row], first: int, end: int, limit: int, needle: str, candidates: int) -> list[Row]:
        """Of an index's rows from `first` to `end`, which are the segment's, the newest that hold a needle, newest first."""
        found: list[Row] = []
        while candidates and end > first and len(found) < limit:
            # Blocks that have no row in the index need no look.
            candidates &= (2 << self._block_of(rows[end - 1].position)) - 1
            if not candidates:
                break
            block = candidates.bit_length() - 1
            candidates ^= 1 << block
            if needle in self._texts[block]:
                if block + 1 < len(self.starts):
                    end = bisect_left(rows, self.starts[block + 1], first, end)
                begin = bisect_left(rows, self.starts[block], first, end) if block else first
                found += _holding(rows[begin:end], needle)
                end = begin
        return found[:limit]

    def _note(self, block: int, text: str) -> None:
        blocks, bit = self._blocks, 1 << block
        if blocks is None:
            return
        for gram in _grams(text):
            if gram in blocks:
                blocks[gram] |= bit
            else:
                blocks[sys.intern(gram)] = bit

    def _block_of(self, position: Position) -> int:
        """The block in which a position lies; a position that is older than all blocks belongs to the oldest."""
        return max(0, bisect_right(self.starts, position) - 1)


def _segments(rows: Sequence[Row], *, with_grams: bool) -> list[_Segment]:
    size = _BLOCK * _BLOCKS
    return [_Segment(rows[begin : begin + size], with_grams=with_grams) for begin in range(0, len(rows), size)]


def _holding(rows: Sequence[Row], needle: str) -> list[Row]:
    return [row for row in reversed(rows) if needle in row.text]


def _grams(text: str) -> set[str]:
    """All runs of one, two and three characters."""
    filled = text + _SEPARATOR * (_GRAM - 1)
    triples = set(map("".join, zip(filled, filled[1:], filled[2:], strict=False)))
    pairs = {gram[:2] for gram in triples}
    return triples.union(pairs, text)
