"""Comparison of the reports of several runs: what broke, what was fixed, what was tried less."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.plural import counted
from conformance.report.record import Run, as_json
from conformance.report.text import shortened

_MARKS = {"passed": "+", "failed": "x", "not-tested": "-"}
# Runs that differ in one of these did not try the same.
_CONDITIONS: Mapping[str, Callable[[Any], str]] = {
    "depth": lambda report: report["depth"],
    "contract": lambda report: report["kit"]["contract"][:12],
    "kit version": lambda report: report["kit"]["version"],
}
_LONGEST = 200


class ReportError(Exception):
    """A file that is no report.json; the message is one line."""


@dataclass(frozen=True)
class ReportedRequirement:
    """A requirement in a report. `tried` counts cases."""

    status: str
    tried: int
    reason: str


@dataclass(frozen=True)
class Report:
    """The parts of a report.json that are compared. `conditions` are the settings of the run."""

    name: str
    seed: str
    conditions: Mapping[str, str]
    rows: Mapping[str, ReportedRequirement]


@dataclass(frozen=True)
class Comparison:
    """The changes from one report to another, one line each. `warnings` say why they are hard to compare."""

    warnings: tuple[str, ...]
    broke: tuple[str, ...]
    mended: tuple[str, ...]
    less: tuple[str, ...]

    def lines(self) -> list[str]:
        """The comparison, to be printed."""
        parts = {"broke": self.broke, "mended": self.mended, "tried less": self.less}
        lines = [f"warning: {warning}" for warning in self.warnings]
        for title, own in parts.items():
            lines += [f"{title}: {len(own)}", *(f"  {line}" for line in own)] if own else []
        return lines or ["nothing changed"]


def read(path: Path) -> Report:
    """Read a report.json, or the one in a folder. Raises ReportError."""
    file = path / "report.json" if path.is_dir() else path
    try:
        return _report(str(path), json.loads(file.read_text("utf-8")))
    except OSError as error:
        raise ReportError(f"{file}: {error.strerror}") from None
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise ReportError(f"{file}: not a report.json of this kit") from None


def of_run(run: Run) -> Report:
    """The report of a run that has just ended."""
    return _report("this run", as_json(run))


def compare(old: Report, new: Report) -> Comparison:
    """The changes between two runs. Requirements that only one of them judged are left out."""
    warnings = tuple(
        f"{name} differs: {old.conditions[name]}, then {new.conditions[name]}"
        for name in _CONDITIONS
        if old.conditions[name] != new.conditions[name]
    )
    both = {id_: (row, new.rows[id_]) for id_, row in old.rows.items() if id_ in new.rows}
    return Comparison(
        warnings,
        tuple(_told(id_, now) for id_, (was, now) in both.items() if now.status == "failed" != was.status),
        tuple(id_ for id_, (was, now) in both.items() if was.status == "failed" and now.status == "passed"),
        tuple(_less(id_, was, now) for id_, (was, now) in both.items() if _is_less(was, now)),
    )


def matrix(reports: Sequence[Report]) -> list[str]:
    """Several reports in one table, with a line for each requirement and a column for each report."""
    ids = list(dict.fromkeys(id_ for report in reports for id_ in report.rows))
    legend = [f"{number}: {report.name}" for number, report in enumerate(reports, start=1)]
    head = f"{'':10}" + "".join(f"{number:>3}" for number in range(1, len(reports) + 1))
    rows = [f"{id_:10}" + "".join(f"{_mark(report, id_):>3}" for report in reports) for id_ in ids]
    return [*legend, "+ passed, x failed, - not tested", head, *rows]


def _report(name: str, document: Any) -> Report:
    rows = {
        str(row["id"]): ReportedRequirement(str(row["status"]), int(row["tried"]["cases"]), str(row["reason"]))
        for row in document["requirements"]
    }
    return Report(name, str(int(document["seed"])), {name: str(of(document)) for name, of in _CONDITIONS.items()}, rows)


def _mark(report: Report, id_: str) -> str:
    row = report.rows.get(id_)
    return _MARKS.get(row.status, "?") if row else ""


def _told(id_: str, row: ReportedRequirement) -> str:
    return f"{id_}: {shortened(row.reason, _LONGEST)}"


def _is_less(was: ReportedRequirement, now: ReportedRequirement) -> bool:
    return now.tried < was.tried or (was.status != "not-tested" == now.status)


def _less(id_: str, was: ReportedRequirement, now: ReportedRequirement) -> str:
    why = f": {shortened(now.reason, _LONGEST)}" if now.status == "not-tested" else ""
    return f"{id_}: {now.tried} of {counted(was.tried, 'case')} tried before{why}"
