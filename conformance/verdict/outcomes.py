"""What the end of a check says of its requirement, and in which word the terminal shows it."""

from __future__ import annotations

import pytest

import spec
from conformance.outcome import NotTested, Outcome, Violation
from conformance.target.client import NoAnswer
from conformance.verdict.ledger import Finding, Ledger

Word = tuple[str, str, tuple[str, dict[str, bool]]]
_REQUIREMENTS = {requirement.id: requirement for requirement in spec.requirements()}


def outcome_of(error: BaseException | None) -> tuple[Outcome, str]:
    """The outcome of a check that ended so, with its reason; it may hold secrets."""
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
    """Whether the check came to an end of its own; otherwise it broke, and a traceback is of use."""
    return error is None or isinstance(error, (Violation, NotTested, NoAnswer))


def binding(finding: Finding, ledger: Ledger) -> bool:
    """Whether a finding makes the run fail: a broken requirement that binds, and is no known violation."""
    if finding.outcome != "failed" or ledger.excuse(finding):
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
        known = ledger.excuse(finding)
        name, letter, colour = ("known violation", "k", "yellow") if known else ("should broken", "w", "yellow")
    shown = name.upper() if colour == "red" else name
    return name, letter, (f"{finding.requirement} {shown}", {colour: True})


def apply_to_report(report: pytest.TestReport, finding: Finding, evidence: str, ledger: Ledger) -> None:
    """Have pytest count the check for what it says: what does not bind is no failure, what could not be tried a skip."""
    binds = binding(finding, ledger)
    if binds or (finding.outcome == "failed" and report.when == "call"):
        report.longrepr = evidence
        report.outcome = "failed" if binds else "passed"
    elif finding.outcome != "passed":
        # A check whose fixtures found the fault ends here: pytest would run it after a set-up that passed.
        report.longrepr = (report.location[0], report.location[1] or 0, finding.reason)
        report.outcome = "skipped"
