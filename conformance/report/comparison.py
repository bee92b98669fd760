"""Comparison of the reports of several runs: what broke, what was fixed, what was tried less."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import msgspec

from conformance.cases.depth import Depth
from conformance.plural import counted
from conformance.report.record import Run, as_json
from conformance.report.text import harmless, listed, shortened
from conformance.verdict.ledger import Status
from spec.given_files import read_text

_MARKS: Mapping[Status, str] = {"passed": "+", "failed": "x", "not-tested": "-"}
_LONGEST = 200


class ReportError(Exception):
    """A file that is no report.json; the message is one line."""


class _Kit(msgspec.Struct):
    version: str
    contract: str


class _Tried(msgspec.Struct):
    cases: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class _Row(msgspec.Struct):
    id: Annotated[str, msgspec.Meta(pattern=r"\A[A-Z]{1,20}-[0-9]{1,4}\Z")]
    status: Status
    tried: _Tried
    reason: str


class _Document(msgspec.Struct):
    """The members of a report.json that are read."""

    kit: _Kit
    seed: int
    depth: Depth
    requirements: Annotated[list[_Row], msgspec.Meta(min_length=1)]


@dataclass(frozen=True)
class ReportedRequirement:
    """A requirement in a report. `tried` counts cases."""

    status: Status
    tried: int
    reason: str


_MISSING = ReportedRequirement("not-tested", 0, "")


@dataclass(frozen=True)
class Report:
    """The parts of a report.json that are compared, ready to print: a report may come from a stranger.

    `conditions` are the settings of the run; runs that differ in one of them did not try the same.
    """

    name: str
    seed: str
    conditions: Mapping[str, str]
    rows: Mapping[str, ReportedRequirement]

    def part(self, ids: Collection[str]) -> Report:
        """The report of these requirements alone."""
        return replace(self, rows={id_: row for id_, row in self.rows.items() if id_ in ids})


@dataclass(frozen=True)
class Comparison:
    """The changes from one report to another, one line each. `warnings` say why they are hard to compare.

    `missing` holds the ids that a report lacks and the other has, by the name of the report that lacks them.
    """

    warnings: tuple[str, ...]
    broke: tuple[str, ...]
    mended: tuple[str, ...]
    less: tuple[str, ...]
    missing: Mapping[str, Sequence[str]]

    def lines(self) -> list[str]:
        """The comparison, to be printed."""
        parts = {"broke": self.broke, "mended": self.mended, "tried less": self.less}
        lines = [f"warning: {warning}" for warning in self.warnings]
        for title, own in parts.items():
            lines += [f"{title}: {len(own)}", *(f"  {line}" for line in own)] if own else []
        for name, ids in self.missing.items():
            lines += [f"not in {name}: {counted(len(ids), 'requirement')}", f"  {listed(ids)}"]
        return lines or ["nothing changed"]


def read(path: Path) -> Report:
    """Read a report.json, or the one in a folder. Raises ReportError."""
    file = path / "report.json" if path.is_dir() else path
    try:
        text = read_text(file)
        return _report(str(path), json.loads(text, object_pairs_hook=_unique))
    except OSError as error:
        raise ReportError(f"{file}: {error.strerror}") from None
    except RecursionError:
        raise ReportError(f"{file}: not a report.json of this kit: its JSON is nested too deep") from None
    except UnicodeDecodeError:
        raise ReportError(f"{file}: not a report.json of this kit: it is not UTF-8") from None
    except ValueError as error:
        raise ReportError(f"{file}: not a report.json of this kit: {_printable(str(error))}") from None


def of_run(run: Run) -> Report:
    """The report of a run that has just ended."""
    return _report("this run", as_json(run))


def compare(old: Report, new: Report) -> Comparison:
    """The changes between two runs. A requirement that the old report lacks counts as not tested before."""
    warnings = tuple(
        f"{name} differs: {was}, then {new.conditions[name]}"
        for name, was in old.conditions.items()
        if was != new.conditions[name]
    )
    pairs = {id_: (old.rows.get(id_, _MISSING), row) for id_, row in new.rows.items()}
    missing = {new.name: _lacking(new, old), old.name: _lacking(old, new)}
    return Comparison(
        warnings,
        tuple(_told(id_, now) for id_, (was, now) in pairs.items() if now.status == "failed" != was.status),
        tuple(id_ for id_, (was, now) in pairs.items() if was.status == "failed" and now.status == "passed"),
        tuple(_less(id_, was, now) for id_, (was, now) in pairs.items() if _is_less(was, now)),
        {name: ids for name, ids in missing.items() if ids},
    )


def matrix(reports: Sequence[Report]) -> list[str]:
    """Several reports in one table, with a line for each requirement and a column for each report."""
    ids = list(dict.fromkeys(id_ for report in reports for id_ in report.rows))
    legend = [f"{number}: {report.name}" for number, report in enumerate(reports, start=1)]
    head = f"{'':10}" + "".join(f"{number:>3}" for number in range(1, len(reports) + 1))
    rows = [f"{id_:10}" + "".join(f"{_mark(report, id_):>3}" for report in reports) for id_ in ids]
    return [*legend, "+ passed, x failed, - not tested", head, *rows]


def _report(name: str, document: Any) -> Report:
    """The report of a document. Raises ValueError, with what is wrong."""
    typed = msgspec.convert(document, _Document)
    rows = {
        row.id: ReportedRequirement(row.status, row.tried.cases, _printable(row.reason)) for row in typed.requirements
    }
    if len(rows) < len(typed.requirements):
        raise ValueError("a requirement occurs twice")
    conditions = {
        "depth": typed.depth,
        "contract": _printable(typed.kit.contract[:12]),
        "kit version": _printable(typed.kit.version),
    }
    return Report(_printable(name), str(typed.seed), conditions, rows)


def _printable(text: str) -> str:
    return harmless(shortened(text, _LONGEST))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member occurs twice")
    return members


def _lacking(report: Report, other: Report) -> list[str]:
    return [id_ for id_ in other.rows if id_ not in report.rows]


def _mark(report: Report, id_: str) -> str:
    row = report.rows.get(id_)
    return _MARKS[row.status] if row else ""


def _told(id_: str, row: ReportedRequirement) -> str:
    return f"{id_}: {row.reason}"


def _is_less(was: ReportedRequirement, now: ReportedRequirement) -> bool:
    return now.tried < was.tried or (was.status != "not-tested" == now.status)


def _less(id_: str, was: ReportedRequirement, now: ReportedRequirement) -> str:
    why = f": {now.reason}" if now.status == "not-tested" else ""
    return f"{id_}: {now.tried} of {counted(was.tried, 'case')} tried before{why}"
