"""The limits of a key under a reading, as the checks ask for them, and what a check says of one key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from conformance.rate_limits.proofs import MINUTE, Allowance, Cap, Window
from conformance.rate_limits.timeline import Refusals, Timeline
from loadtests.analysis.findings import Conditions, Outcome, Reading
from loadtests.analysis.ledger import Attempt

KeyTimeline = Timeline[Attempt]
"""One key's attempts of a ledger."""


@dataclass(frozen=True)
class CheckResult:
    """What a check says of one key. Of several keys' results, the one with the most `weight` is reported."""

    outcome: Outcome
    message: str
    evidence: tuple[Attempt, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
    weight: float = 0.0


@dataclass(frozen=True)
class LimitRules:
    """The limits under a reading. `reading` None: the ledger fits both, so only what both ask for is judged."""

    conditions: Conditions
    reading: Reading | None

    @cached_property
    def window(self) -> Window:
        """No burst window holds more than a burst, under either reading."""
        return Window(self.conditions.limits.burst, self.conditions.limits.burst_window)

    @cached_property
    def minute(self) -> Window:
        """`strict`: no minute holds more than the limit a minute."""
        return Window(self.conditions.limits.per_minute, MINUTE)

    @cached_property
    def allowance(self) -> Allowance:
        """`burst`: what refills at the limit a minute and holds at most a burst."""
        return Allowance(self.conditions.limits.burst, self.conditions.limits.per_minute / MINUTE)

    @property
    def rest(self) -> float:
        """Seconds without a request after which nothing that a key used counts any more, under either reading."""
        return max(MINUTE, self.window.seconds, self.allowance.most / self.allowance.rate)

    @property
    def from_rest(self) -> Window:
        """What a rested key is served, and within how many seconds it has to ask for it."""
        if self.reading == "burst":
            return self.window
        return replace(self.minute, most=min(self.minute.most, self.window.most))

    def caps(self) -> list[tuple[Cap, ...]]:
        """The caps of the reading; if it is not known, those of both. A refusal is unjust if it is so under each pair."""
        burst: tuple[Cap, ...] = (self.allowance, self.window)
        strict: tuple[Cap, ...] = (self.minute, self.window)
        if self.reading == "burst":
            return [burst]
        return [strict] if self.reading == "strict" else [burst, strict]

    def refusals(self, timeline: KeyTimeline) -> Refusals[Attempt]:
        """The key's refusals, classified. A refusal is just if it is so under one of the readings that the target may follow."""
        found = [timeline.refusals(caps, rested=self.conditions.rested, memory=self.rest) for caps in self.caps()]
        if len(found) == 1:
            return found[0]
        unjust = {id(attempt) for attempt in found[0].unjust}.intersection(map(id, found[1].unjust))
        just = {id(attempt) for sorted_out in found for attempt in sorted_out.just}
        return Refusals(
            tuple(attempt for attempt in timeline.refused if id(attempt) in just),
            tuple(attempt for attempt in timeline.refused if id(attempt) in unjust),
            tuple(a for a in timeline.refused if id(a) not in just and id(a) not in unjust),
        )


KeyCheck = Callable[[KeyTimeline, LimitRules], CheckResult]


def times(count: int) -> str:
    """A number of times in words: `once`, `3 times`."""
    return "once" if count == 1 else f"{count} times"
