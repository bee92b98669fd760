"""Ids and the streams of randomness that they come from: the same for the same names in every process."""

from __future__ import annotations

from random import Random


def stream(*names: str | int) -> Random:
    """A source of randomness that depends only on the names."""
    return Random("/".join(map(str, names)))  # noqa: S311 - made-up data that must be reproducible, nothing secret


def identifier(prefix: str, random: Random) -> str:
    """An id such as `con_0f6bc1d2a94e7758b3c6`: twenty hexadecimal digits that tell nothing of when it was made."""
    return f"{prefix}_{random.getrandbits(80):020x}"
