"""What the checks of the load tests find in a ledger."""

from __future__ import annotations

from typing import Literal

import msgspec

from loadtests.analysis.checks import examine
from loadtests.analysis.findings import Check, Conditions, Examination, Finding
from loadtests.analysis.ledger import Ledger
from spec.target import RateLimit

ON_LIMITS: tuple[Check, ...] = (
    "reading",
    "burst-ceiling",
    "minute-ceiling",
    "just-refusals",
    "from-rest",
    "refused-beyond",
    "retry-after",
    "recovery",
    "patience",
    "sustained-rate",
    "no-server-errors",
    "answered",
    "cheap-refusals",
)

RESTED = Conditions(rested=True)


def bound(
    reading: Literal["auto", "burst", "strict"], *, rested: bool = True, limits: RateLimit | None = None
) -> Conditions:
    return Conditions(msgspec.structs.replace(limits or RateLimit(), reading=reading), rested=rested)


def outcomes(examination: Examination) -> dict[Check, str]:
    found: dict[Check, str] = {}
    for finding in examination.findings:
        found[finding.check] = finding.outcome
    return found


def broken(examination: Examination, level: str = "must") -> set[str]:
    return {f.check for f in examination.findings if f.outcome == "broken" and f.level == level}


def only(ledger: Ledger, check: Check, conditions: Conditions = RESTED) -> Finding:
    (finding,) = examine(ledger, [check], conditions).findings
    return finding
