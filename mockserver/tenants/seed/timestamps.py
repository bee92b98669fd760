"""The creation times of made-up resources: in runs that share one timestamp, across the borders of pages.

Imports and campaigns create many resources at one moment, and a cursor that uses the time alone loses some of them if a page
ends within such a run. So a run lies across every multiple of the default page size, counted from the newest.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from spec import contract

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_SHORT = (1, 1, 1, 1, 1, 2, 2, 3, 5, 8)
_BEFORE = 12
_BEHIND = (6, 14)
_LONG = 110


def moments(random: Random, count: int, begin: int, end: int) -> list[int]:
    """The times of `count` resources, oldest first: milliseconds since 1970, from `begin` on and before `end`."""
    lengths = list(_runs(random, count))
    if not lengths:
        return []
    times = [begin, *sorted(random.sample(range(begin + 1, end), len(lengths) - 1))]
    for at in range(len(times) - 1, 1, -_SHORT[-1]):
        times[at - 1] = times[at] - 1
    return [time for time, length in zip(times, reversed(lengths), strict=True) for _ in range(length)]


def _runs(random: Random, count: int) -> Iterator[int]:
    """Lengths of runs that share a timestamp, newest first, `count` resources in all."""
    size = contract().page_size.default
    at = 0
    while at < count:
        border = (at // size + 1) * size
        if border - at > _BEFORE:
            length = random.choice(_SHORT)
        else:
            length = border - at + random.randint(*_BEHIND)
            if border == contract().page_size.maximum - size:
                length += _LONG
        length = min(length, count - at)
        yield length
        at += length
