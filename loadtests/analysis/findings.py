"""What a check says of a run: held, broken, or that the ledger holds too little to judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from loadtests.analysis.ledger import Attempt
from spec import Level
from spec.target import RateLimit

Outcome = Literal["held", "broken", "unjudged"]
Reading = Literal["burst", "strict", "neither"]
Check = Literal[
    "reading",
    "burst-ceiling",
    "minute-ceiling",
    "just-refusals",
    "no-refusals",
    "from-rest",
    "refused-beyond",
    "retry-after",
    "recovery",
    "patience",
    "sustained-rate",
    "no-server-errors",
    "answered",
    "cheap-refusals",
    "neighbours",
    "breaking-point",
]

CHECKS: tuple[Check, ...] = get_args(Check)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, of one key or (`key` is None) of the whole run.

    `key` is an index into the ledger's keys; `evidence` the attempts that show it, few; `figures` what was measured, for
    `load.json`. A broken `should` is reported, and breaks the verdict only under `strict`.
    """

    check: Check
    claim: str
    outcome: Outcome
    message: str
    level: Level = "must"
    key: int | None = None
    evidence: tuple[Attempt, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the checks have to know of a run besides its ledger.

    `limits` are the keys' limits and the reading, as the target's description has them (`auto`: the ledger decides). `rested`
    says that every key is known to have been unused for two minutes, or for ever, before its first attempt. `crowd_p99` is the
    99th percentile of latency, in seconds, above which a crowd counts as badly served; `crowd_errors` the share of requests
    that may fail; `crowd_rate` is the number of requests a second that the target must bear, None if none is asked for. `gone`
    says that the target did not answer after the run either.
    """

    limits: RateLimit = field(default_factory=RateLimit)
    rested: bool = False
    crowd_p99: float = 1.0
    crowd_errors: float = 0.01
    crowd_rate: float | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Examination:
    """All findings of a run, the limits of its keys, and the reading that they were judged by (None: the ledger fits both).

    `fixed`: it was judged as `strict`, but windows of a minute that do not slide would have looked the same.
    """

    findings: tuple[Finding, ...]
    limits: RateLimit = field(default_factory=RateLimit)
    reading: Reading | None = None
    fixed: bool = False

    @property
    def shown_reading(self) -> str:
        """The reading that was seen, in words."""
        return "strict, or fixed windows" if self.fixed else self.reading or "unknown: what was seen fits both"
