"""The grade in a terminal."""

from __future__ import annotations

from collections.abc import Iterator

import click

from mockserver.grading.records import Status
from mockserver.grading.report.words import SIGNS, STATUSES, command, proof, run_ending, unseen, verdict
from mockserver.grading.rules.rule import counted
from mockserver.grading.verdict import Grade, Ruling

_COLOURS = {"kept": "green", "not-seen": "bright_black"}
_MOST_PROOFS = 5


def text(grade: Grade) -> str:
    """The text, coloured: every requirement, if any was seen, proofs of what is broken, rule × trial, the verdict."""
    lines = ["", click.style(f"grade of {command(grade)}", bold=True), ""]
    if any(ruling.status != "not-seen" for ruling in grade.rulings):
        for ruling in grade.rulings:
            lines += _ruling(ruling)
        lines.append("")
    if grade.runs:
        lines += [*_matrix(grade), ""]
    if grade.interrupted:
        lines.append("interrupted: this is what was seen until then")
    colour = {"good": "green", "broken": "red", "not-graded": "yellow"}[grade.verdict]
    lines.append(f"verdict: {click.style(verdict(grade), fg=colour, bold=True)}")
    return "\n".join(lines)


def _ruling(ruling: Ruling) -> Iterator[str]:
    requirement = ruling.requirement
    sign = _sign(ruling.status, ruling)
    yield f"{sign} {requirement.id:<8}{STATUSES[ruling.status]:<10}{requirement.level:<8}{requirement.title}"
    if ruling.reason:
        yield f"    {unseen(ruling)}"
    for evidence in ruling.evidence[:_MOST_PROOFS]:
        yield f"    {proof(evidence)}"
    if len(ruling.evidence) > _MOST_PROOFS:
        yield f"    and {counted(len(ruling.evidence) - _MOST_PROOFS, 'finding')} more"


def _matrix(grade: Grade) -> Iterator[str]:
    """Rule × run. Columns have numbers, which the lines below it explain."""
    if len(grade.runs) > 1:
        yield "✓ kept, ✗ broken, – not seen; empty: not judged in that run. The numbers are those of the runs below."
        yield " " * 10 + "".join(f"{number:>3}" for number in range(1, len(grade.runs) + 1))
        for ruling in (ruling for ruling in grade.rulings if any(s != "not-seen" for s in ruling.trials.values())):
            cells = (_cell(ruling, run.trial) for run in grade.runs)
            yield f"{ruling.requirement.id:<10}" + "".join(cells)
        yield ""
    for number, run in enumerate(grade.runs, 1):
        yield f"{number:>3} {run.trial:<22}{run_ending(run)}"


def _cell(ruling: Ruling, trial: str) -> str:
    status = ruling.trials.get(trial)
    return f"  {_sign(status, ruling)}" if status else "   "


def _sign(status: Status, ruling: Ruling) -> str:
    colour = _COLOURS.get(status) or ("red" if ruling.requirement.level == "must" else "yellow")
    return click.style(SIGNS[status], fg=colour)
