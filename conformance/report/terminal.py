"""The run in the terminal: a table by family, evidence of what broke, what was not tested, the verdict."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Protocol

import spec
from conformance.plural import counted
from conformance.report.alike import Likeness, by_likeness
from conformance.report.causes import usual_cause
from conformance.report.comparison import Report, compare, of_run
from conformance.report.record import Run, numbered
from conformance.report.text import (
    folded,
    harmless,
    is_noise,
    listed,
    of_cases,
    one_line,
    shortened,
    titled,
    visible,
    writable,
)
from conformance.report.words import but, headline, remarks, shown_verdict, state
from conformance.target.exchange import Exchange
from conformance.target.redaction import Redactor
from conformance.verdict.ledger import LEFT_OUT, Finding, Ruling

_MARKS = {"passed": "✓", "broken": "✗", "known": "k", "should": "w", "untested": "–"}
_COLOURS = {"passed": "green", "broken": "red", "known": "yellow", "should": "yellow", "untested": "yellow"}
_VERDICT_COLOURS = {"conformant": "green", "partial": "yellow"}
_COLUMN = 10
_MARKS_COLUMN = 16
_FINDINGS = 3
_EXCHANGES = 3
_BODY = 400
_REASON = 1500
_HEADERS = ("content-type", "www-authenticate", "retry-after", "allow", "location")


_REQUIREMENTS = {requirement.id: requirement for requirement in spec.requirements()}


class Writer(Protocol):
    """The part of pytest's terminal writer that is used. It writes in colour if colour is wanted."""

    fullwidth: int

    def line(self, s: str = "", **markup: bool) -> None:
        """Write a line."""

    def sep(self, sepchar: str, title: str | None = None, fullwidth: int | None = None, **markup: bool) -> None:
        """Write a ruler with a title."""


def summarize(run: Run, out: Writer) -> None:
    """Print the requirements by family, the broken ones with evidence, those not tested by reason, requests by key."""
    if run.ledger.unfit and not run.ledger.findings:
        return
    rulings = run.ledger.rulings()
    out.sep("=", "requirements")
    for family in dict.fromkeys(ruling.requirement.family for ruling in rulings):
        _family(family, [ruling for ruling in rulings if ruling.requirement.family == family], run, out)
    _broken([ruling for ruling in rulings if ruling.status == "failed"], run, out)
    _untested([ruling for ruling in rulings if ruling.status == "not-tested"], run, out)
    _requests(run, out)


def compared(earlier: Report, run: Run, out: Writer) -> None:
    """Print what changed since an earlier report in the requirements that were chosen for this run."""
    chosen = [ruling.requirement.id for ruling in run.ledger.rulings() if ruling.reason != LEFT_OUT]
    out.sep("-", "since the baseline")
    for line in compare(earlier.part(chosen), of_run(run).part(chosen)).lines():
        _wrapped(line, out)


def conclude(run: Run, out: Writer, report: str | None) -> None:
    """Print remarks on the verdict, where the `report` is or why it is missing, and the verdict as the last line.

    pytest has just printed how many tests passed.
    """
    verdict = run.ledger.verdict()
    passed, _, others = headline(run).partition(", ")
    if len(run.ledger.findings) > len(run.ledger.rulings()):
        _say(out, "pytest counts checks; a requirement has one or more of them.", light=True)
    for remark in remarks(run):
        _wrapped(run.redactor.text(remark), out, yellow=verdict == "partial", red=verdict != "partial")
    if report:
        _say(out, f"report: {report}")
    if others and run.ledger.findings:
        _wrapped(others, out)
    why = but(run)
    colour = "red" if why else _VERDICT_COLOURS.get(verdict, "red")
    ending = " (interrupted)" if run.ledger.cut_short else ""
    figures = f", {passed}" if run.ledger.findings else ""
    failing = f", but the run fails: {why}" if why else ""
    _wrapped(f"verdict: {shown_verdict(run.ledger)}{ending}{figures}{failing}", out, bold=True, **{colour: True})


def evidence(finding: Finding, redactor: Redactor) -> str:
    """A broken requirement with its basis, the exchanges that show it, and the commands that repeat them."""
    lines = [f"{finding.requirement}: {visible(finding.reason)}", *grounds(finding.requirement, finding.reason)]
    for exchange in finding.exchanges[-_EXCHANGES:]:
        lines += ["", *_exchange(exchange, redactor)]
    return "\n".join(lines)


def grounds(requirement: str, seen: str) -> list[str]:
    """The basis of a broken requirement, and the usual cause of what was seen."""
    basis = _REQUIREMENTS[requirement].basis
    cause = usual_cause(requirement, seen)
    return [f"basis: {basis}", *([f"usual cause: {cause}"] if cause else [])]


def _family(family: str, rulings: list[Ruling], run: Run, out: Writer) -> None:
    states = [state(ruling, run.ledger) for ruling in rulings]
    words = {"broken": "broken", "known": "known", "should": "should broken", "untested": "not tested"}
    parts = [f"{states.count('passed'):2} of {len(states):2} passed"]
    parts += [f"{states.count(name)} {word}" for name, word in words.items() if name in states]
    tried, of = (sum(counts) for counts in zip(*(ruling.tried for ruling in rulings), strict=True))
    parts += [f"{tried} of {counted(of, 'case')} tried"] if tried < of else []
    worst = next((name for name in ("broken", "known", "should", "untested") if name in states), "passed")
    marks = "".join(_MARKS[name] for name in states)
    _say(out, f"{family:{_COLUMN}}{marks:{_MARKS_COLUMN}}{listed(parts)}", **{_COLOURS[worst]: True})


def _broken(rulings: list[Ruling], run: Run, out: Writer) -> None:
    if rulings:
        out.sep("-", "broken")
    shown_at: dict[Likeness, str] = {}
    for ruling in rulings:
        _head(ruling, run, out)
        id_, alike = ruling.requirement.id, by_likeness(ruling.failures)
        for likeness, findings in [*alike.items()][:_FINDINGS]:
            _failure(findings, shown_at.get(likeness, ""), run, out)
            shown_at.setdefault(likeness, id_)
        left_out = sum(map(len, [*alike.values()][_FINDINGS:]))
        if left_out:
            _say(out, f"  and {counted(left_out, 'more check')} of it broken")
        _say(out)


def _failure(findings: list[Finding], shown_at: str, run: Run, out: Writer) -> None:
    """Failures that show the same. If another requirement's failure has shown it before, it is not shown again."""
    finding = findings[0]
    more = f", and {counted(len(findings) - 1, 'more check')}" if len(findings) > 1 else ""
    _wrapped(shortened(finding.reason, _REASON), out, "  ")
    _say(out, f"    {one_line(finding.test, out.fullwidth - 4 - len(more))}{more}", light=True)
    if shown_at and finding.exchanges:
        _say(out, f"    the exchange is shown at {shown_at}")
        return
    for exchange in finding.exchanges[-_EXCHANGES:]:
        for line in _exchange(exchange, run.redactor, lambda text: _lines(text, out.fullwidth, " " * 6)):
            _say(out, line)


def _head(ruling: Ruling, run: Run, out: Writer) -> None:
    name = state(ruling, run.ledger)
    word = {"broken": f"BROKEN ({ruling.requirement.level})", "should": "should broken", "known": "known violation"}[
        name
    ]
    _say(out, f"{ruling.requirement.id:{_COLUMN}}{word}", bold=True, **{_COLOURS[name]: True})
    _wrapped(ruling.requirement.title, out, "  ")
    for line in (*grounds(ruling.requirement.id, ruling.reason), of_cases(ruling.tried)):
        _wrapped(line, out, "  ", light=True)
    if ruling.known:
        _wrapped(f"known until {ruling.known.until}: {visible(ruling.known.reason)}", out, "  ", yellow=True)


def _untested(rulings: list[Ruling], run: Run, out: Writer) -> None:
    if rulings:
        out.sep("-", "not tested")
    for reason in dict.fromkeys(ruling.reason for ruling in rulings):
        _wrapped(visible(run.redactor.text(reason)), out, yellow=True)
        _wrapped(listed([ruling.requirement.id for ruling in rulings if ruling.reason == reason]), out, "    ")


def _requests(run: Run, out: Writer) -> None:
    out.sep("-", f"{counted(len(run.exchanges), 'request')} in {run.seconds:.1f} s")
    for (label, shown), count in run.by_caller.items():
        _say(
            out,
            f"{count:6}  {one_line(f'{shown}  {label}', out.fullwidth - 9) if label else 'without a key of the target'}",
        )
    repeated = sum(exchange.pacing for exchange in run.exchanges)
    if repeated:
        _say(out, f"{repeated:6}  of them refused for pace (429), and repeated")
    for name, value in run.notes.items():
        _wrapped(f"{titled(name)}: {visible(run.redactor.text(value))}", out)
    _say(out)


def _exchange(
    exchange: Exchange, redactor: Redactor, fold: Callable[[str], list[str]] = lambda text: [f"      {text}"]
) -> list[str]:
    headers = [
        line
        for name, value in exchange.headers.items()
        if (name in _HEADERS or name.startswith("x-")) and not is_noise(name)
        for line in fold(one_line(f"{name}: {redactor.text(value)}", _BODY))
    ]
    # A command to copy stays on one line.
    return [
        f"    {visible(redactor.curl(exchange))}",
        f"    → {exchange.outcome} ({numbered(exchange, redactor)})",
        *headers,
        *fold(one_line(redactor.body(exchange), _BODY)),
    ]


def _say(out: Writer, line: str = "", **markup: bool) -> None:
    out.line(writable(harmless(visible(line)), sys.__stdout__.encoding if sys.__stdout__ else None), **markup)


def _wrapped(text: str, out: Writer, indent: str = "", /, **markup: bool) -> None:
    for line in _lines(text, out.fullwidth, indent):
        _say(out, line, **markup)


def _lines(text: str, width: int, indent: str) -> list[str]:
    further = indent if len(indent) >= 4 else f"{indent}  "
    return folded(text, width, indent, further)
