"""The words of a grade: its verdict and counts, with the keys in every text shortened."""

from __future__ import annotations

import shlex
from collections import Counter

from mockserver.control.redaction import redacted
from mockserver.grading.records import PLAIN, Run
from mockserver.grading.rules.rule import counted
from mockserver.grading.verdict import Evidence, Grade, Ruling

SIGNS = {"kept": "✓", "broken": "✗", "not-seen": "–"}
STATUSES = {"kept": "kept", "broken": "broken", "not-seen": "not seen"}
VERDICTS = {"good": "good", "broken": "broken", "not-graded": "not graded"}


def command(grade: Grade) -> str:
    """The command, as it would be typed."""
    return redacted(shlex.join(grade.command))


def verdict(grade: Grade) -> str:
    """The verdict and the counts behind it, in one line."""
    if grade.reason:
        return f"not graded: {redacted(grade.reason)}"
    levels = Counter(ruling.requirement.level for ruling in grade.broken)
    statuses = Counter(ruling.status for ruling in grade.rulings)
    broken = " and ".join(counted(levels[level], level) for level in ("must", "should") if levels[level])
    told = f"{VERDICTS[grade.verdict]}: {broken + ' broken, ' if broken else ''}{statuses['kept']} kept, "
    return f"{told}{statuses['not-seen']} not seen"


def proof(evidence: Evidence) -> str:
    """A finding in one line, with the run that it was seen in."""
    return f"{evidence.run}: {redacted(evidence.message)}"


def unseen(ruling: Ruling) -> str:
    """Why a requirement was not seen, in one line; empty if there is nothing to say."""
    return f"not seen: {redacted(ruling.reason)}" if ruling.reason else ""


def run_ending(run: Run) -> str:
    """The end of a run and its number of requests: `exit code 0, 12 requests, 1.4 s`."""
    endings = {"timed-out": "timed out", "interrupted": "interrupted", "recorded": "a recording"}
    code = "ended" if run.exit_code is None else f"exit code {run.exit_code}"
    ending = endings.get(run.ending, code)
    deliveries = f"{counted(len(run.probes), 'delivery', 'deliveries')}, " if run.probes else ""
    more = f" and {run.unrecorded} more that are not graded" if run.unrecorded else ""
    return f"{ending}, {deliveries}{counted(len(run.exchanges), 'request')}{more}, {run.seconds:.1f} s"


def run_name(run: Run) -> str:
    """The name of a run in a sentence."""
    return "plain run" if run.trial == PLAIN else f"trial {run.trial}"


def is_failure(ruling: Ruling, grade: Grade) -> bool:
    """Whether a ruling decides the verdict."""
    return ruling.status == "broken" and (grade.strict or ruling.requirement.level == "must")
