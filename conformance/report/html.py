"""The run as one self-contained HTML page: it loads no script, font or picture from elsewhere."""

from __future__ import annotations

import platform
import statistics
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version

import jinja2
from markupsafe import Markup, escape

from conformance.plural import counted
from conformance.report import drawing
from conformance.report.alike import by_likeness, in_checks
from conformance.report.causes import usual_cause
from conformance.report.chart import Chart, chart
from conformance.report.readings import Reading, readings
from conformance.report.record import Run, numbered
from conformance.report.templates import templates
from conformance.report.text import is_noise, of_cases, one_line, pretty, shortened, titled, visible
from conformance.report.words import MEANING, STATES, but, headline, remarks, shown_verdict, state, tally, told
from conformance.target.exchange import Exchange
from conformance.target.redaction import Redactor
from conformance.verdict.ledger import Finding, Ruling

_LONGEST_BODY = 4000
_LONGEST_LINE = 2000
_LONGEST_URL = 600
_MOST_EXCHANGES = 6
_SIGNS = {"passed": "✓", "broken": "✗", "known": "k", "should": "!", "untested": "–"}


@dataclass(frozen=True)
class ShownExchange:
    """An exchange as the page shows it, redacted."""

    number: str
    method: str
    url: str
    status: str
    key: str
    milliseconds: float
    curl: str
    headers: str
    body: str


@dataclass(frozen=True)
class Failure:
    """Failed checks that show the same, with the exchanges that show it."""

    reason: str
    checks: str
    exchanges: tuple[ShownExchange, ...]
    left_out: int


@dataclass(frozen=True)
class RequirementRow:
    """A requirement as the page shows it."""

    ruling: Ruling
    state: str
    reason: str
    failures: tuple[Failure, ...]
    tried: str
    cause: str


@dataclass(frozen=True)
class Bar:
    """A bar of a bar chart: `share` of the longest one."""

    label: str
    detail: str
    value: str
    share: float


def document(run: Run) -> str:
    """The page."""
    rows = [_row(ruling, run) for ruling in run.ledger.rulings()]
    families: dict[str, list[RequirementRow]] = {}
    for row in rows:
        families.setdefault(row.ruling.requirement.family, []).append(row)
    return _page().render(
        verdict=run.ledger.verdict(),
        shown=shown_verdict(run.ledger),
        meaning=MEANING[run.ledger.verdict()],
        but=but(run),
        headline=headline(run),
        remarks=[run.redactor.text(remark) for remark in remarks(run)],
        target=run.redactor.text(run.target.base_url),
        tally=tally(run),
        families=families,
        states=STATES,
        signs=_SIGNS,
        facts=_facts(run),
        charts=_charts(run),
        frame=drawing,
        by_key=_by_key(run),
        by_operation=_by_operation(run),
        by_family=_by_family(families),
        latency=_latency(run.exchanges),
        readings=_readings(run),
        finished=_moment(run.finished),
    )


def _page() -> jinja2.Template:
    environment = templates()
    environment.filters["prose"] = _prose
    environment.globals["told"] = told
    return environment.get_template("report.html")


def _prose(text: str) -> Markup:
    """Text with its `code` marked up; everything else is escaped."""
    parts = visible(text).split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part) for index, part in enumerate(parts)
    )


def _row(ruling: Ruling, run: Run) -> RequirementRow:
    return RequirementRow(
        ruling=ruling,
        state=state(ruling, run.ledger),
        reason=visible(run.redactor.text(ruling.reason)),
        failures=tuple(_failure(findings, run.redactor) for findings in by_likeness(ruling.failures).values()),
        tried=of_cases(ruling.tried),
        cause=usual_cause(ruling.requirement.id, ruling.reason) if ruling.failures else "",
    )


def _failure(findings: list[Finding], redactor: Redactor) -> Failure:
    finding = findings[0]
    shown = finding.exchanges[-_MOST_EXCHANGES:]
    return Failure(
        reason=visible(redactor.text(finding.reason)),
        checks=in_checks(len(findings)),
        exchanges=tuple(_evidence(exchange, redactor) for exchange in shown),
        left_out=len(finding.exchanges) - len(shown),
    )


def _evidence(exchange: Exchange, redactor: Redactor) -> ShownExchange:
    key = exchange.request.credential
    return ShownExchange(
        number=numbered(exchange, redactor),
        method=exchange.request.method,
        url=shortened(redactor.text(exchange.request.target), _LONGEST_URL),
        status=exchange.outcome,
        key=key.name if key else "no key of the target",
        milliseconds=(exchange.answered - exchange.sent) * 1000,
        curl=visible(redactor.curl(exchange)),
        headers="\n".join(
            one_line(f"{name}: {redactor.text(value)}", _LONGEST_LINE)
            for name, value in exchange.headers.multi_items()
            if name.lower() != "set-cookie" and not is_noise(name)
        ),
        body=pretty(redactor.body(exchange, _LONGEST_BODY), _LONGEST_BODY),
    )


def _facts(run: Run) -> dict[str, str]:
    redact = run.redactor.text
    clock = "the target's test clock" if run.test_clock else "real time"
    return {
        "Target": redact(run.target.base_url),
        "Command": redact(run.command),
        "Run": run.id,
        "Depth": run.depth,
        "Seed": str(run.seed),
        **{f"Label {redact(name)}": redact(value) for name, value in run.labels.items()},
        "Started": _moment(run.started),
        "Finished": f"{_moment(run.finished)}, after {run.seconds:.1f} s",
        "Waiting in": clock,
        "Shoulds": "bind (--strict)" if run.ledger.strict else "are reported, and do not fail the run",
        "Rate limit": f"{run.target.rate_limit.per_minute} a minute, {run.target.rate_limit.burst} in "
        f"{run.target.rate_limit.burst_window} s; reading: {run.target.rate_limit.reading}",
        **{titled(name): visible(redact(value)) for name, value in run.notes.items()},
        "Versions": ", ".join(
            [f"Python {platform.python_version()}"]
            + [f"{name} {version(name)}" for name in ("outbound-conformance", "pytest", "httpx", "schemathesis")]
        ),
    }


def _charts(run: Run) -> list[Chart]:
    redact = run.redactor.text
    return [
        chart(replace(timeline, key=redact(timeline.key), label=visible(redact(timeline.label))))
        for timeline in run.timelines
        if timeline.points
    ]


def _by_key(run: Run) -> list[Bar]:
    most = max(run.by_caller.values(), default=1)
    return [
        Bar(label or "without a key of the target", shown, str(count), count / most)
        for (label, shown), count in run.by_caller.items()
    ]


def _by_operation(run: Run) -> list[Bar]:
    counts = Counter(exchange.request.operation or "anything else" for exchange in run.exchanges).most_common()
    return [Bar(name, "", str(count), count / counts[0][1]) for name, count in counts]


def _by_family(families: dict[str, list[RequirementRow]]) -> list[Bar]:
    seconds = {family: sum(row.ruling.seconds for row in rows) for family, rows in families.items()}
    most = max(seconds.values(), default=0) or 1
    return [Bar(family, "", f"{took:.1f} s", took / most) for family, took in seconds.items()]


def _latency(exchanges: tuple[Exchange, ...]) -> str:
    if not exchanges:
        return ""
    took = sorted((exchange.answered - exchange.sent) * 1000 for exchange in exchanges)
    high = took[min(len(took) - 1, int(len(took) * 0.95))]
    return (
        f"{counted(len(took), 'answer')}: half of them within {statistics.median(took):.0f} ms, "
        f"95 % within {high:.0f} ms, the slowest after {took[-1]:.0f} ms"
    )


def _readings(run: Run) -> list[Reading]:
    return [
        Reading(reading.requirement, reading.accepted, visible(run.redactor.text(reading.measured)))
        for reading in readings(run)
    ]


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
