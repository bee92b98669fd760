"""`summary.md`: the grade in Markdown, for a pull request."""

from __future__ import annotations

from mockserver.grading.report.words import SIGNS, STATUSES, command, proof, run_ending, run_name, unseen, verdict
from mockserver.grading.verdict import Grade


def text(grade: Grade) -> str:
    """The text: verdict, what is broken with its proofs, the matrix, the runs."""
    lines = [f"# Client's grade: {_escaped(verdict(grade))}", "", f"`{command(grade).replace('`', '')}`", ""]
    for ruling in grade.broken:
        requirement = ruling.requirement
        lines += [f"**{requirement.id}** ({requirement.level}): {requirement.title}", ""]
        lines += [f"- {_escaped(proof(evidence))}" for evidence in ruling.evidence]
        lines.append("")
    lines += ["| id | level | status | " + " | ".join(run.trial for run in grade.runs) + " |"]
    lines += ["| --- | --- | --- |" + " --- |" * len(grade.runs)]
    for ruling in grade.rulings:
        cells = [SIGNS[ruling.trials[run.trial]] if run.trial in ruling.trials else "" for run in grade.runs]
        head = [ruling.requirement.id, ruling.requirement.level, STATUSES[ruling.status]]
        lines.append("| " + " | ".join([*head, *cells]) + " |")
    lines += [
        "",
        *(f"{ruling.requirement.id} {_escaped(unseen(ruling))}\n" for ruling in grade.rulings if ruling.reason),
    ]
    lines += ["", *(f"- {run_name(run)}: {run_ending(run)}" for run in grade.runs)]
    return "\n".join(lines) + "\n"


def _escaped(words: str) -> str:
    """A text in which the special characters of Markdown are escaped."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>|#" else sign for sign in words.replace("\n", " "))
