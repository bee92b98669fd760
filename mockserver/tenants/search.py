"""Substring search that reads few rows: blocks of neighbouring rows, and for every gram the blocks in which it occurs.

A text can only hold a needle if it holds each of the needle's grams (runs of up to three characters). For every gram an integer
has a bit for each block of rows whose texts have it. The conjunction of the needle's integers names the blocks worth a look; a
look at a block's texts, joined, tells whether its rows are worth comparing. Both may promise too much (a row was removed, or two
rows have a part each), never too little.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from mockserver.tenants.cursor import Position
from mockserver.tenants.index import Row

_BLOCK = 64
_FEW = 256
_STRETCH = 120
_WORN = 1024
_GRAM = 3
_SEPARATOR = "\x1f"


def fold(text: str) -> str:
    """Text as it is compared, without regard to case: UTF-8 with one character for each byte.

    `str.casefold` and not `lower`: it maps a character the same wherever it stands (`lower` makes of Σ either σ or ς), so
    that the folding of a part is a part of the folding of the whole. It writes ß as ss, and İ as i with a dot above. Written
    byte by byte, a text needs no more memory for the one wide character in it, and holds the same parts as before.
    """
    return _comparable(text.replace(_SEPARATOR, " "))


def searchable(fields: Iterable[str | None]) -> str:
    """The text of fields, folded, in which a folded needle is found only where one of the fields holds it."""
    return _comparable(_SEPARATOR.join([field.replace(_SEPARATOR, " ") for field in fields if field]))


def _comparable(text: str) -> str:
    return text.casefold().encode("utf-8", "surrogatepass").decode("latin-1")


class Search:
    """Which blocks of an index may hold which needles. It is told of every row that is put after it was made of the rows."""

    __slots__ = ("_blocks", "_filled", "_late", "_newest", "_size", "_starts", "_texts")

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        numbers = range(0, len(rows), _BLOCK)
        self._starts = [rows[begin].position for begin in numbers]
        self._texts = [_SEPARATOR.join(row.text for row in rows[begin : begin + _BLOCK]) for begin in numbers]
        self._blocks = _blocks_by_gram(self._texts)
        self._newest = rows[-1].position if rows else None
        self._filled = (len(rows) - 1) % _BLOCK + 1
        self._size = len(rows)
        self._late = 0

    def copy(self) -> Search:
        """A search of the same rows that takes in others by itself."""
        twin = Search()
        twin._starts, twin._texts, twin._blocks = self._starts.copy(), self._texts.copy(), self._blocks.copy()
        twin._newest, twin._filled, twin._size, twin._late = self._newest, self._filled, self._size, self._late
        return twin

    @property
    def worn(self) -> bool:
        """Whether so many texts came late to their block that making the search anew is worth it."""
        return self._late > _WORN + self._size

    def add(self, row: Row) -> None:
        """Take in a row that was put. The newest opens a block when the last is full; others make their block longer."""
        position = row.position
        is_newest = self._newest is None or position > self._newest
        if is_newest:
            self._append(position)
        block = self._block_of(position)
        if row.text not in self._texts[block]:
            self._late += not is_newest
            self._texts[block] += _SEPARATOR + row.text
            for gram in _grams(row.text):
                self._blocks[gram] = self._blocks.get(gram, 0) | (1 << block)

    def newest(self, rows: Sequence[Row], end: int, limit: int, needle: str) -> list[Row]:
        """Of the `end` oldest rows of an index the newest that hold a folded needle, newest first, at most `limit`."""
        if end <= _FEW:
            return _holding(rows[:end], needle)[:limit]
        found: list[Row] = []
        candidates = self._up_to(rows[end - 1].position, self._candidates(needle))
        while candidates and len(found) < limit:
            block = candidates.bit_length() - 1
            candidates ^= 1 << block
            if needle in self._texts[block]:
                if block + 1 < len(self._starts):
                    end = bisect_left(rows, self._starts[block + 1], hi=end)
                begin = bisect_left(rows, self._starts[block], hi=end) if block else 0
                found += _holding(rows[begin:end], needle)
                candidates = self._up_to(rows[begin - 1].position, candidates) if begin else 0
                end = begin
        return found[:limit]

    def _append(self, position: Position) -> None:
        self._newest = position
        if self._filled == _BLOCK:
            self._starts.append(position)
            self._texts.append("")
            self._filled = 0
        self._filled += 1

    def _candidates(self, needle: str) -> int:
        """The blocks that have all grams of a needle, a bit each."""
        candidates = (1 << len(self._starts)) - 1
        size = min(len(needle), _GRAM)
        for at in range(len(needle) - size + 1):
            candidates &= self._blocks.get(needle[at : at + size], 0)
        return candidates

    def _up_to(self, position: Position, candidates: int) -> int:
        """Those candidates that are no newer than the block of a position."""
        return candidates & ((2 << self._block_of(position)) - 1)

    def _block_of(self, position: Position) -> int:
        """The block in which a position lies; what is older than all belongs to the oldest."""
        return max(0, bisect_right(self._starts, position) - 1)


def _holding(rows: Sequence[Row], needle: str) -> list[Row]:
    return [row for row in reversed(rows) if needle in row.text]


def _blocks_by_gram(texts: Sequence[str]) -> dict[str, int]:
    """For every gram the numbers of the texts that have it, a bit each. Short integers first: long ones are slow to add to."""
    blocks: dict[str, int] = {}
    for begin in range(0, len(texts), _STRETCH):
        stretch: dict[str, int] = {}
        for number, text in enumerate(texts[begin : begin + _STRETCH]):
            bit = 1 << number
            for gram in _grams(text):
                stretch[gram] = stretch.get(gram, 0) | bit
        for gram, bits in stretch.items():
            blocks[gram] = blocks.get(gram, 0) | bits << begin
    return blocks


def _grams(text: str) -> set[str]:
    """Every run of one, two and three characters. Those that end the text begin, filled up, a run of three."""
    filled = text + _SEPARATOR * (_GRAM - 1)
    triples = set(map("".join, zip(filled, filled[1:], filled[2:], strict=False)))
    pairs = {gram[:2] for gram in triples}
    return triples.union(pairs, text)
