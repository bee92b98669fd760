"""`grade.json`: the grade for programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from mockserver.control.redaction import redacted
from mockserver.grading.records import Run
from mockserver.grading.verdict import Evidence, Grade, Ruling


def document(grade: Grade) -> Mapping[str, object]:
    """The grade as JSON."""
    return {
        "command": [redacted(word) for word in grade.command],
        "startedAt": moment(grade.started),
        "finishedAt": moment(grade.finished),
        "verdict": grade.verdict,
        "reason": redacted(grade.reason) or None,
        "strict": grade.strict,
        "interrupted": grade.interrupted,
        "runs": [_run(run) for run in grade.runs],
        "requirements": [_requirement(ruling) for ruling in grade.rulings],
    }


def moment(time: datetime) -> str:
    """A time as RFC 3339 has it, in UTC."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _run(run: Run) -> Mapping[str, object]:
    return {
        "trial": run.trial,
        "exitCode": run.exit_code,
        "ending": run.ending,
        "requests": len(run.exchanges),
        "notGraded": run.unrecorded,
        "seconds": round(run.seconds, 3),
    }


def _requirement(ruling: Ruling) -> Mapping[str, object]:
    return {
        "id": ruling.requirement.id,
        "level": ruling.requirement.level,
        "title": ruling.requirement.title,
        "basis": ruling.requirement.basis,
        "status": ruling.status,
        "reason": redacted(ruling.reason) or None,
        "trials": dict(ruling.trials),
        "evidence": [_evidence(evidence) for evidence in ruling.evidence],
    }


def _evidence(evidence: Evidence) -> Mapping[str, object]:
    return {"run": evidence.run, "numbers": list(evidence.numbers), "message": redacted(evidence.message)}
