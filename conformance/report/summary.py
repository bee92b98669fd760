"""The run on half a page of Markdown, for a CI job's summary."""

from __future__ import annotations

from conformance.plural import counted
from conformance.report import terminal
from conformance.report.record import Run
from conformance.report.text import in_markdown, of_cases, shortened
from conformance.report.words import but, headline, remarks, shown_verdict, state
from conformance.verdict.ledger import Ruling

_SIGNS = {"conformant": "✅", "partial": "🟡", "non-conformant": "❌", "unreachable": "⛔"}
_WORDS = {"broken": "**broken**", "known": "known violation", "should": "should broken"}
_LONGEST_REASON = 300


def document(run: Run) -> str:
    """The document: verdict, families, what is broken and why, what was not tested."""
    rulings = run.ledger.rulings()
    verdict = run.ledger.verdict()
    sign, failing = ("❌", ", but the run fails") if but(run) else (_SIGNS[verdict], "")
    blocks = [
        f"## {sign} Outbound API: {shown_verdict(run.ledger)}{failing}",
        f"{headline(run)}. Target: {in_markdown(run.redactor.text(run.target.base_url))}, "
        f"{counted(len(run.exchanges), 'request')} in {run.seconds:.0f} s.",
        *(in_markdown(run.redactor.text(remark)) for remark in remarks(run)),
    ]
    if run.ledger.findings:
        blocks += _families(rulings)
        blocks += _broken([ruling for ruling in rulings if ruling.status == "failed"], run)
        blocks += _untested([ruling for ruling in rulings if ruling.status == "not-tested"], run)
    return "\n\n".join(blocks) + "\n"


def _families(rulings: list[Ruling]) -> list[str]:
    rows = ["| Family | Passed | Broken | Not tested |", "| --- | --: | --: | --: |"]
    for family in dict.fromkeys(ruling.requirement.family for ruling in rulings):
        own = [ruling.status for ruling in rulings if ruling.requirement.family == family]
        figures = [own.count(status) or "" for status in ("failed", "not-tested")]
        rows.append(f"| {family} | {own.count('passed')} of {len(own)} | {figures[0]} | {figures[1]} |")
    return ["\n".join(rows)]


def _broken(rulings: list[Ruling], run: Run) -> list[str]:
    if not rulings:
        return []
    rows = ["| Requirement | | What was seen |", "| --- | --- | --- |"]
    for ruling in rulings:
        seen = in_markdown(shortened(run.redactor.text(ruling.explanation), _LONGEST_REASON))
        word = _WORDS[state(ruling, run.ledger)]
        told = (ruling.requirement.title, *terminal.grounds(ruling.requirement.id, ruling.reason))
        what = "<br>".join(map(in_markdown, told))
        rows.append(f"| **{ruling.requirement.id}** {what} | {word} | {seen} ({of_cases(ruling.tried)}) |")
    return ["\n".join(rows)]


def _untested(rulings: list[Ruling], run: Run) -> list[str]:
    if not rulings:
        return []
    lines = []
    for reason in dict.fromkeys(ruling.reason for ruling in rulings):
        ids = ", ".join(ruling.requirement.id for ruling in rulings if ruling.reason == reason)
        lines.append(f"- {in_markdown(shortened(run.redactor.text(reason), _LONGEST_REASON))}: {ids}")
    head = f"<details><summary>{counted(len(rulings), 'requirement')} not tested</summary>"
    return [head, "\n".join(lines), "</details>"]
