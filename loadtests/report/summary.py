"""The run on half a page of Markdown, for a CI job's summary."""

from __future__ import annotations

from conformance.plural import counted
from conformance.report.text import in_markdown, lasted
from loadtests.analysis.findings import Finding
from loadtests.analysis.ledger import Ledger
from loadtests.analysis.verdict import Verdict
from loadtests.report.text import HEADLINES, outcome

_SIGNS = {"held": "✅", "broken": "❌", "unjudged": "⛔"}


def document(verdict: Verdict, ledger: Ledger) -> str:
    """The document: the verdict and why, and a row for each finding."""
    run = verdict.run
    rows = ["| Check | | What was seen |", "| --- | --- | --- |"]
    rows += [_row(finding, ledger) for finding in verdict.examination.findings]
    blocks = [
        f"## {_SIGNS[verdict.word]} Load test {in_markdown(run.scenario)}: {HEADLINES[verdict.word].lower()}",
        f"{in_markdown(run.claim)}",
        f"{in_markdown(verdict.reason)}. Target: {in_markdown(run.target)}, "
        f"{counted(len(ledger), 'request')} in {lasted(run.finished - run.started)}.",
        "\n".join(rows),
    ]
    return "\n\n".join(blocks) + "\n"


def _row(finding: Finding, ledger: Ledger) -> str:
    key = "" if finding.key is None else f"{ledger.keys[finding.key].shown}: "
    word = outcome(finding)
    told = f"**{word}**" if word == "broken" else "should broken" if word == "should" else word
    return f"| {finding.check} | {told} | {in_markdown(key + finding.message)} |"
