"""The figures of a run, from one pass over its ledger. Their size does not grow with the number of attempts."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadtests.analysis.findings import Finding
from loadtests.analysis.ledger import REFUSED, Key, Ledger
from loadtests.analysis.service_quality import quantile

MOST_SLICES = 150
QUANTILES = (0.5, 0.9, 0.99)


@dataclass(frozen=True)
class KeyCount:
    """The number of a key's requests, and their outcomes. `failed` are server errors, and no answers of the API's."""

    index: int
    key: Key
    sent: int
    refused: int
    failed: int

    @property
    def served(self) -> int:
        """What was neither refused nor failed."""
        return self.sent - self.refused - self.failed


@dataclass(frozen=True)
class Slice:
    """A part of the run: what was sent in it, and the latency of what was served of that, by `QUANTILES` (seconds)."""

    served: int
    refused: int
    failed: int
    latency: tuple[float, ...] | None


@dataclass(frozen=True)
class Figures:
    """A run in figures. `start` is on the target's clock; `seconds` is what it lasted there, a slice
    `slice_seconds` of it (the last one less)."""

    start: float
    seconds: float
    slice_seconds: float
    keys: tuple[KeyCount, ...]
    statuses: Mapping[int, int]
    latency: tuple[float, ...] | None
    slices: tuple[Slice, ...]

    @property
    def total(self) -> int:
        """All requests."""
        return sum(self.statuses.values())


def figures(ledger: Ledger) -> Figures:
    """The figures of a run."""
    start, end = _span(ledger)
    seconds = max(end - start, 0.001)
    width = slice_width(seconds, MOST_SLICES)
    most = int(seconds / width)
    counts = [[0, 0, 0] for _ in range(most + 1)]
    latencies = [array("d") for _ in range(most + 1)]
    keys = []
    for index in ledger:
        own = [0, 0, 0]
        for sent, answered, status in ledger.times(index):
            place = min(most, int((sent - start) / width))
            kind = fate(status)
            own[kind] += 1
            counts[place][kind] += 1
            if kind == 0:
                latencies[place].append(answered - sent)
        keys.append(KeyCount(index, ledger.keys[index], sum(own), own[1], own[2]))
    whole = array("d")
    for part in latencies:
        whole.extend(part)
    slices = tuple(
        Slice(count[0], count[1], count[2], _quantiles(part)) for count, part in zip(counts, latencies, strict=True)
    )
    return Figures(start, seconds, width, tuple(keys), ledger.statuses(), _quantiles(whole), slices if keys else ())


def telling(run: Figures, findings: Sequence[Finding], most: int) -> list[KeyCount]:
    """The most interesting keys, at most `most`: those with findings, then one of each role, then the most refused."""
    broken = {finding.key: None for finding in findings if finding.outcome == "broken"}
    others = {finding.key: None for finding in findings if finding.key is not None}
    by_index = {count.index: count for count in run.keys}
    busiest = sorted(run.keys, key=lambda count: (-count.refused, -count.sent, count.index))
    first_of_role = {count.key.role: count.index for count in reversed(busiest)}
    order = [*broken, *others, *sorted(first_of_role.values()), *(count.index for count in busiest)]
    return [by_index[index] for index in dict.fromkeys(order) if index is not None and index in by_index][:most]


def slice_width(seconds: float, most: int) -> float:
    """A round number of seconds (1, 2 or 5 of some power of ten) by which a span falls into `most` slices, or fewer."""
    power = 10.0 ** math.floor(math.log10(seconds / most))
    return next(step * power for step in (1, 2, 5, 10) if seconds / (step * power) <= most)


def fate(status: int) -> int:
    """What became of a request: 0 served, 1 refused, 2 failed (a server error, or no answer of the API's)."""
    if status == REFUSED:
        return 1
    return 2 if status == 0 or status >= 500 else 0


def _span(ledger: Ledger) -> tuple[float, float]:
    start, end = float("inf"), float("-inf")
    for key in ledger:
        first, last = ledger.span(key)
        start, end = min(start, first), max(end, last)
    return (start, end) if start <= end else (0.0, 0.0)


def _quantiles(values: array[float]) -> tuple[float, ...] | None:
    ordered = sorted(values)
    return tuple(quantile(ordered, share) for share in QUANTILES) if ordered else None
