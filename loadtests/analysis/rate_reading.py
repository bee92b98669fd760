"""Which of the two named readings of the limits a target follows, as far as its ledger tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from conformance.rate_limits.timeline import Timeline
from conformance.rate_limits.windows import MINUTE, fullest, may_exceed, overdrawn
from loadtests.analysis.findings import Conditions, Reading
from loadtests.analysis.ledger import Ledger
from loadtests.analysis.rules import KeyTimeline, Rules

_Named = Literal["burst", "strict"]
_READINGS: tuple[_Named, ...] = ("burst", "strict")


@dataclass(frozen=True)
class Followed:
    """The reading that a ledger fits; None where it fits both. `against` says, by reading, what speaks against it."""

    reading: Reading | None
    against: Mapping[str, str]

    def __str__(self) -> str:
        if self.reading in _READINGS:
            other = next(name for name in _READINGS if name != self.reading)
            return f"{self.reading}, not {other}: {self.against[other]}" if other in self.against else f"{self.reading}"
        if self.reading == "neither":
            return "neither: " + "; ".join(f"not {name}: {why}" for name, why in self.against.items())
        return "the ledger fits both: no key was tried to its limit"


def followed(ledger: Ledger, conditions: Conditions) -> Followed:
    """The reading that no attempt of any key contradicts, whatever the target's description says of it."""
    against: dict[str, str] = {}
    for key in ledger:
        timeline = Timeline(ledger.attempts(key))
        for name in _READINGS:
            if name not in against:
                why = _against(timeline, Rules(conditions, name))
                if why:
                    against[name] = why
    left = [name for name in _READINGS if name not in against]
    return Followed(left[0] if len(left) == 1 else None if left else "neither", against)


def _against(timeline: KeyTimeline, rules: Rules) -> str | None:
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
