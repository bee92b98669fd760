"""The run in the terminal: evidence of what broke, a table by family, the verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from conformance.exchange import Exchange, Redactor
from conformance.ledger import Finding, Ruling
from conformance.report.record import Run

_COLUMN = 10
_WIDE = 100


class Writer(Protocol):
    """What is asked of pytest's terminal reporter: lines with colour, which it leaves out where none is wanted."""

    def write_line(self, line: str, **markup: bool) -> None:
        """Write a line."""

    def write_sep(self, sep: str, title: str | None = None, fullwidth: int | None = None, **markup: bool) -> None:
        """Write a ruler with a title."""


def evidence(finding: Finding, redactor: Redactor) -> str:
    """A broken requirement with the exchanges that show it and the commands that repeat them."""
    lines = [f"{finding.requirement}: {finding.reason}"]
    for exchange in finding.exchanges[-3:]:
        lines += ["", *_exchange(exchange, redactor)]
    return "\n".join(lines)


def summarize(run: Run, out: Writer, report: Path | None) -> None:
    """Print the requirements by family, the broken ones, those not tested with their reasons, and the verdict."""
    if not run.ledger.findings and run.ledger.unfit:
        out.write_line(f"could not be judged: {run.ledger.unfit}", red=True, bold=True)
        return
    rulings = run.ledger.rulings()
    out.write_sep("=", "requirements")
    for family in dict.fromkeys(ruling.requirement.family for ruling in rulings):
        _family(family, [ruling for ruling in rulings if ruling.requirement.family == family], out)
    _details(rulings, run, out)
    _verdict(run, rulings, out, report)


def _exchange(exchange: Exchange, redactor: Redactor) -> list[str]:
    headers = [
        f"    {name}: {redactor.text(value)}"
        for name, value in exchange.headers.items()
        if name in ("content-type", "www-authenticate", "retry-after", "allow", "location") or name.startswith("x-")
    ]
    return [
        f"  {redactor.curl(exchange)}",
        f"  → {exchange.status} {exchange.headers.get('content-type', '')}".rstrip(),
        *headers,
        f"    {redactor.body(exchange)}",
    ]


def _family(family: str, rulings: list[Ruling], out: Writer) -> None:
    counts = {status: sum(r.status == status for r in rulings) for status in ("passed", "failed", "not-tested")}
    marks = "".join({"passed": "✓", "failed": "✗", "not-tested": "–"}[ruling.status] for ruling in rulings)
    parts = [f"{counts['passed']:2} of {len(rulings):2} passed"]
    parts += [f"{counts['failed']} failed"] if counts["failed"] else []
    parts += [f"{counts['not-tested']} not tested"] if counts["not-tested"] else []
    colour = "red" if counts["failed"] else "yellow" if counts["not-tested"] else "green"
    out.write_line(f"{family:{_COLUMN}}{marks:15}{', '.join(parts)}", **{colour: True})


def _details(rulings: list[Ruling], run: Run, out: Writer) -> None:
    for status, word, colour in (("failed", "BROKEN", "red"), ("not-tested", "not tested", "yellow")):
        for ruling in rulings:
            if ruling.status == status:
                reason = _cut(run.redactor.text(ruling.reason))
                level = ruling.requirement.level
                out.write_line(f"{ruling.requirement.id:{_COLUMN}}{word} ({level}): {reason}", **{colour: True})


def _verdict(run: Run, rulings: list[Ruling], out: Writer, report: Path | None) -> None:
    verdict = run.ledger.verdict()
    seconds = (run.finished - run.started).total_seconds()
    keys = ", ".join(f"{count} with {key}" for key, count in run.by_key.items())
    out.write_line("")
    out.write_line(f"{len(run.exchanges)} requests in {seconds:.1f} s" + (f": {keys}" if keys else ""))
    for name, value in run.notes.items():
        out.write_line(f"{name}: {value}")
    if report:
        out.write_line(f"report: {report}")
    passed = sum(ruling.status == "passed" for ruling in rulings)
    colour = {"conformant": "green", "partial": "yellow"}.get(verdict, "red")
    why = f" ({_cut(run.ledger.unfit)})" if run.ledger.unfit else ""
    title = f"verdict: {verdict}{why}, {passed} of {len(rulings)} requirements passed"
    out.write_line(title, bold=True, **{colour: True})


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 2 * _WIDE else f"{text[: 2 * _WIDE]}…"
