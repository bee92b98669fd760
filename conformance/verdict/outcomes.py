"""The outcome of a check, and the word that the terminal shows for it."""

from __future__ import annotations

import pytest

import spec
from conformance.outcome import NotTested, Outcome, Violation
from conformance.target.client import NoAnswer
from conformance.verdict.ledger import Finding, Ledger

Word = tuple[str, str, tuple[str, dict[str, bool]]]
_REQUIREMENTS = {requirement.id: requirement for requirement in spec.requirements()}


def outcome_of(error: BaseException | None) -> tuple[Outcome, str]:
    """The outcome of a check that ended with this exception, or without one, and the reason, which may hold secrets."""
    if error is None:
        return "passed", ""
    if isinstance(error, Violation):
        return "failed", error.message
    if isinstance(error, NotTested):
        return error.outcome, str(error)
    if isinstance(error, NoAnswer):
        return "not-judged", str(error)
    return "not-judged", f"the check itself broke: {type(error).__name__}: {error}"


def is_verdict(error: BaseException | None) -> bool:
    """Whether the check ended with a result. Otherwise the check itself broke, and a traceback is useful."""
    return error is None or isinstance(error, (Violation, NotTested, NoAnswer))


def binding(finding: Finding, ledger: Ledger) -> bool:
    """Whether a finding makes the run fail: a broken requirement that binds, and is no known violation."""
    if finding.outcome != "failed" or ledger.excuses(finding):
        return False
    return ledger.fails(_REQUIREMENTS[finding.requirement])


def status_word(finding: Finding, ledger: Ledger) -> Word:
    """What pytest shows of a check: a category to count it under, a letter, and a word with its colour for `-v`."""
    if finding.outcome == "passed":
        name, letter, colour = "passed", ".", "green"
    elif finding.outcome != "failed":
        name, letter, colour = finding.outcome.replace("-", " "), "-", "yellow"
    elif binding(finding, ledger):
        name, letter, colour = "broken", "F", "red"
    else:
        known = ledger.excuses(finding)
        name, letter, colour = ("known violation", "k", "yellow") if known else ("should broken", "w", "yellow")
    shown = name.upper() if colour == "red" else name
    return name, letter, (f"{finding.requirement} {shown}", {colour: True})


def apply_to_report(report: pytest.TestReport, finding: Finding, evidence: str, ledger: Ledger) -> None:
    """Set pytest's outcome of the check: a failure that does not bind counts as passed, a check that was not tried as skipped."""
    binds = binding(finding, ledger)
    if binds or (finding.outcome == "failed" and report.when == "call"):
        report.longrepr = evidence
        report.outcome = "failed" if binds else "passed"
    elif finding.outcome != "passed":
        # If a fixture found the failure, the outcome is skipped, because pytest would run the check after a passed set-up.
        report.longrepr = (report.location[0], report.location[1] or 0, finding.reason)
        report.outcome = "skipped"
