"""Repeatable chance: every hardship has its own random source, made from its seed when it is installed."""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

from mockserver.tenants.ids import stream


def chances(name: str, seed: int, probability: float) -> Callable[[], bool]:
    """A function that says by chance whether something happens. Each call draws again."""
    random = stream(name, seed)
    return lambda: random.random() < probability


def share(seed: int, probability: float) -> Callable[[str], bool]:
    """A function that says by chance whether something happens to a name. It is always the same for one name."""
    below = probability * 2**32
    return lambda name: crc32(f"{seed}/{name}".encode()) < below


class Spells:
    """Spells of a fixed length that begin by chance, separately for each caller. Times are in unix seconds.

    The first request after a spell never begins another: a client that waited as long as it was told is served.
    """

    def __init__(self, name: str, seed: int, probability: float, seconds: float) -> None:
        self._begins = chances(name, seed, probability)
        self._seconds = seconds
        self._until: dict[str, float] = {}

    def left(self, caller: str, now: float, may_begin: Callable[[], bool] = lambda: True) -> float:
        """Seconds that are left of the spell that a request falls into; 0 if it falls into none.

        `may_begin` is asked before one begins.
        """
        # Drawn every time, so that the n-th request has the n-th draw, independent of how long earlier spells were.
        begins = self._begins()
        until = self._until.pop(caller, None)
        if until is None:
            until = now + self._seconds if begins and may_begin() else now
        if until > now:
            self._until[caller] = until
        return max(0.0, until - now)
