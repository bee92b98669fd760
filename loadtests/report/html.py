"""`load.html`: the run on one page that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jinja2

from conformance.plural import counted
from conformance.report import drawing as frame
from conformance.report.drawing import Drawing
from conformance.report.templates import templates
from conformance.report.text import lasted
from loadtests.analysis.findings import Finding
from loadtests.analysis.ledger import Attempt, Ledger
from loadtests.analysis.verdict import Verdict
from loadtests.report import drawing
from loadtests.report.figures import QUANTILES, Figures, KeyCount, telling
from loadtests.report.text import HEADLINES, moment, outcome, took, visible

_MOST_DRAWN = 6
_MOST_KEYS = 24
_MOST_ROWS = 60
_SIGNS = {"held": "✓", "broken": "✗", "should": "!", "not judged": "–"}


@dataclass(frozen=True)
class ShownFinding:
    """A finding as the page shows it."""

    finding: Finding
    outcome: str
    sign: str
    message: str
    key: str | None
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """A cell of Locust's statistics."""

    text: str
    numeric: bool


@dataclass(frozen=True)
class Drawn:
    """A key with the drawing of its admissions."""

    count: KeyCount
    name: str
    findings: tuple[ShownFinding, ...]
    drawing: Drawing


def document(
    verdict: Verdict, ledger: Ledger, run: Figures, statistics: Sequence[Mapping[str, str | float | None]]
) -> str:
    """The page."""
    examination = verdict.examination
    findings = [_shown(finding, ledger, run) for finding in examination.findings]
    keys = telling(run, examination.findings, _MOST_KEYS)
    return page().render(
        verdict=verdict,
        headline=HEADLINES[verdict.word],
        findings=findings,
        facts=_facts(verdict, run),
        drawn=[_drawn(count, verdict, ledger, run, findings) for count in keys[:_MOST_DRAWN]],
        keys=keys,
        most_sent=max((count.sent for count in keys), default=1),
        left_out=len(run.keys) - len(keys),
        throughput=drawing.throughput(run) if run.total else None,
        latency=drawing.latency(run) if run.latency else None,
        quantiles=[(f"p{share * 100:.0f}", took(at)) for share, at in zip(QUANTILES, run.latency or (), strict=False)],
        limits=examination.limits,
        columns=list(statistics[0]) if statistics else [],
        statistics=[[_cell(row.get(column)) for column in statistics[0]] for row in statistics[:_MOST_ROWS]],
        frame=frame,
        tally=_tally(findings),
    )


@cache
def page() -> jinja2.Template:
    """The page's template, which takes longer to compile than to fill."""
    environment = templates(Path(__file__).parent / "page")
    environment.filters["visible"] = visible
    return environment.get_template("load.html")


def _facts(verdict: Verdict, run: Figures) -> dict[str, str]:
    told, examination = verdict.run, verdict.examination
    limits = examination.limits
    return {
        "Target": told.target,
        "Requests": f"{counted(run.total, 'request')} with {counted(len(run.keys), 'key')}",
        "Started": moment(told.started),
        "Took": f"{lasted(told.finished - told.started)}, {lasted(run.seconds)} on the target's clock",
        "Limits": f"{limits.per_minute} a minute, {limits.burst} in {limits.burst_window} s; reading: {limits.reading}",
        "Reading followed": examination.shown_reading,
        **told.notes,
    }


def _tally(findings: Sequence[ShownFinding]) -> list[tuple[str, int]]:
    words = [shown.outcome for shown in findings]
    return [(word, words.count(word)) for word in _SIGNS if word in words]


def _shown(finding: Finding, ledger: Ledger, run: Figures) -> ShownFinding:
    word = outcome(finding)
    key = None if finding.key is None else ledger.keys[finding.key].shown
    evidence = tuple(_told(attempt, ledger, run) for attempt in finding.evidence)
    return ShownFinding(finding, word, _SIGNS[word], visible(finding.message), key, evidence)


def _told(attempt: Attempt, ledger: Ledger, run: Figures) -> str:
    """An attempt in a line: when, what, how it was answered."""
    answer = f"answered {attempt.status}" if attempt.status else "no answer"
    reason = attempt.error or ("" if attempt.status else "no reason known")
    promise = "" if attempt.retry_after is None else f", Retry-After {attempt.retry_after:g} s"
    return visible(
        f"{ledger.keys[attempt.key].shown} {attempt.operation}, sent {attempt.sent - run.start:.3f} s into the run, "
        f"{answer}{f' ({reason})' if reason else ''} after {took(attempt.latency)}{promise}"
    )


def _drawn(count: KeyCount, verdict: Verdict, ledger: Ledger, run: Figures, findings: Sequence[ShownFinding]) -> Drawn:
    examination = verdict.examination
    picture = drawing.admissions(ledger.attempts(count.index), run, examination.limits, examination.reading)
    own = tuple(shown for shown in findings if shown.finding.key == count.index and shown.finding.outcome == "broken")
    return Drawn(count, count.key.shown, own, picture)


def _cell(value: str | float | None) -> Cell:
    if isinstance(value, int | float):
        return Cell(f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip("."), numeric=True)
    return Cell(visible(value or ""), numeric=False)
