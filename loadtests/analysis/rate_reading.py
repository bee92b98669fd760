"""Which of the two named readings of the limits a target follows, as far as its ledger tells."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from conformance.rate_limits.proofs import MINUTE, fullest, may_exceed, overdrawn
from conformance.rate_limits.timeline import Timeline
from loadtests.analysis.findings import Conditions, Reading
from loadtests.analysis.ledger import Ledger
from loadtests.analysis.rules import KeyTimeline, LimitRules

FIXED = "the minute's limit was kept, but whether its window slides was not seen (the scenario border tries it)"
_BORDER = 6.0
"""Seconds of a minute in which a border of windows may have lain by chance, if all the others are ruled out."""

_Named = Literal["burst", "strict"]
_READINGS: tuple[_Named, ...] = ("burst", "strict")


@dataclass(frozen=True)
class Followed:
    """The reading that a ledger fits; None if it fits both. `against` says, by reading, what speaks against it.

    `fixed`: it looks like `strict`, but windows of a minute that do not slide would have looked the same.
    """

    reading: Reading | None
    against: Mapping[str, str]
    fixed: bool = False

    def __str__(self) -> str:
        if self.fixed:
            return f"{FIXED}; not burst: {self.against['burst']}"
        if self.reading in _READINGS:
            other = next(name for name in _READINGS if name != self.reading)
            return f"{self.reading}, not {other}: {self.against[other]}" if other in self.against else f"{self.reading}"
        if self.reading == "neither":
            return "neither: " + "; ".join(f"not {name}: {why}" for name, why in self.against.items())
        return "the ledger fits both: no key was tried to its limit"


def followed(ledger: Ledger, conditions: Conditions) -> Followed:
    """The reading that no attempt of any key contradicts. The target's description is not asked."""
    against: dict[str, str] = {}
    borderless: list[tuple[float, float]] = []
    for key in ledger:
        timeline = Timeline(ledger.attempts(key))
        borderless += _without_border(timeline, conditions.limits.per_minute)
        for name in _READINGS:
            if name not in against:
                why = _against(timeline, LimitRules(conditions, name))
                if why:
                    against[name] = why
    left = [name for name in _READINGS if name not in against]
    fixed = left == ["strict"] and _ruled_out(borderless) < MINUTE - _BORDER
    return Followed(left[0] if len(left) == 1 else None if left else "neither", against, fixed)


def _without_border(timeline: KeyTimeline, per_minute: int) -> Iterator[tuple[float, float]]:
    """The spans in which no border of fixed windows can lie: from a minute's worth of admissions to a refusal. After a border
    the key would have had room.
    """
    served = timeline.admitted
    sent = [attempt.sent for attempt in served]
    for refusal in timeline.refused:
        before = bisect_left(sent, refusal.sent)
        if before >= per_minute:
            yield served[before - per_minute].answered, refusal.sent


def _ruled_out(spans: Sequence[tuple[float, float]]) -> float:
    """How many seconds of the wall clock's minute lie in at least one of the spans."""
    parts: list[tuple[float, float]] = []
    for start, end in spans:
        begin, length = start % MINUTE, min(MINUTE, end - start)
        parts += [(begin, min(MINUTE, begin + length)), (0.0, max(0.0, begin + length - MINUTE))]
    covered, reached = 0.0, 0.0
    for begin, finish in sorted(parts):
        covered += max(0.0, finish - max(begin, reached))
        reached = max(reached, finish)
    return covered


def _against(timeline: KeyTimeline, rules: LimitRules) -> str | None:
    """What one key's attempts say against a reading, in a few words."""
    strict = rules.reading == "strict"
    for cap in (rules.window, rules.minute) if strict else (rules.window,):
        if may_exceed(timeline.admitted, cap):
            crowd = fullest(timeline.admitted, cap.seconds)
            if crowd and crowd.count > cap.most:
                return f"{crowd.count} were served within {crowd.seconds:.1f} s"
    crowd = None if strict else overdrawn(timeline.admitted, rules.allowance)
    if crowd:
        return f"{crowd.count} were served within {crowd.seconds:.1f} s"
    unjust = rules.refusals(timeline).unjust
    if not unjust:
        return None
    first = unjust[0]
    recent = sum(first.sent - MINUTE <= attempt.sent <= first.answered for attempt in timeline.admitted)
    return f"one was refused with {recent} served in the minute before"
