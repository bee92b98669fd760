"""Numbers with their nouns, as all rooms of the gate and the load tests tell them."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 request`, `2,335 requests`. `plural` is the noun's, if it is not made with an `s`."""
    return f"{count} {noun}" if count == 1 else f"{count:,} {plural or f'{noun}s'}"
