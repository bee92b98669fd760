"""The checks: what a ledger of attempts proves of a target, and what it cannot."""

from __future__ import annotations

from collections.abc import Sequence

from loadtests.findings import Check, Conditions, Examination, Finding
from loadtests.ledger import Ledger


def examine(ledger: Ledger, wanted: Sequence[Check], conditions: Conditions) -> Examination:
    """What the wanted checks find, in their order: at least one finding each, more where several keys break one."""
    del conditions
    answered = any(attempt.status for key in ledger for attempt in ledger.attempts(key))
    reason = "to be judged" if answered else "no request was answered"
    return Examination(tuple(Finding(check, check, "unjudged", reason) for check in wanted))
