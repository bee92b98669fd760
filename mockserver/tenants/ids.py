"""Ids, and the random sources that they come from. The same names give the same ids in every process."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import SupportsLenAndGetItem

T = TypeVar("T")


class _Stream(Random):
    """Draws the same numbers as `Random`, in less time. A range has no steps."""

    def randrange(self, start: int, stop: int | None = None, _step: int = 1) -> int:
        """A whole number from `start` up to, and not including, `stop`; below `start` if there is no `stop`."""
        first, width = (0, start) if stop is None else (start, stop - start)
        if width <= 0:
            raise ValueError(f"no number is from {first} up to {first + width}")
        bits = width.bit_length()
        drawn = self.getrandbits(bits)
        while drawn >= width:
            drawn = self.getrandbits(bits)
        return first + drawn

    def choice(self, seq: SupportsLenAndGetItem[T]) -> T:
        """One of the elements of a sequence. Raises IndexError if there is none."""
        count = len(seq)
        bits = count.bit_length()
        drawn = self.getrandbits(bits)
        while drawn >= count > 0:
            drawn = self.getrandbits(bits)
        return seq[drawn]


def stream(*names: str | int) -> Random:
    """A source of randomness that depends only on the names."""
    return _Stream("/".join(map(str, names)))


def identifier(prefix: str, random: Random) -> str:
    """An id such as `con_0f6bc1d2a94e7758b3c6`: its twenty hexadecimal digits do not show when it was made."""
    return f"{prefix}_{random.getrandbits(80):020x}"
