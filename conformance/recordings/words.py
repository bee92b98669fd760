"""The result of a recording as text for the terminal, and as a JSON document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.outcome import EXIT_BROKEN, EXIT_NOT_JUDGED
from conformance.plural import counted
from conformance.recordings.judgement import RecordingResult, RequirementTally
from conformance.report.causes import usual_cause
from conformance.report.text import folded, listed, one_line
from spec import contract

_LONGEST_NAME = 100
_MOST_BASES = 5
_STATUS = {
    "kept": "kept",
    "broken": "broken",
    "not-judged": "could not be judged",
    "not-shown": "not in the recording",
}


def lines(result: RecordingResult, width: int) -> list[str]:
    """The lines to print, with at most `width` columns; the verdict is the last."""
    told = [*_heading(result), "", *_table(result)]
    for row in result.broken():
        told += ["", *_broken(row, width)]
    told += _unjudged(result, width)
    if result.others:
        told += ["", *folded(f"Not judged from a recording ({_more_than_one(result)}):", width, "", "  ")]
        told += folded(listed(result.others), width, "  ", "  ")
    return [*told, "", _verdict(result)]


def document(result: RecordingResult) -> dict[str, Any]:
    """The same as JSON, for programs."""
    recording = result.recording
    return {
        "recording": recording.name,
        "entries": recording.entries,
        "judged": len(recording.kept),
        "skipped": dict(recording.skipped),
        "bases": list(recording.bases),
        "exitCode": result.exit_code(),
        "requirements": [_row(row) for row in result.rows],
        "notJudged": list(result.others),
    }


def _row(row: RequirementTally) -> dict[str, Any]:
    return {
        "id": row.requirement.id,
        "level": row.requirement.level,
        "title": row.requirement.title,
        "basis": row.requirement.basis,
        "status": row.status,
        "tried": row.tried,
        "broken": row.broken,
        "couldNotBeJudged": dict(row.unjudged),
        "evidence": [
            {"entry": one.index, "method": one.method, "url": one.url, "status": one.status, "message": one.fault}
            for one in row.evidence
        ],
    }


def _heading(result: RecordingResult) -> Iterator[str]:
    recording = result.recording
    name = one_line(recording.name, _LONGEST_NAME)
    yield f"{name}: {_entries(recording.entries)}, {len(recording.kept):,} of them judged. No request was sent."
    bases = [one_line(base, _LONGEST_NAME) for base in recording.bases[:_MOST_BASES]]
    more = len(recording.bases) - len(bases)
    if bases:
        yield f"The API is at {listed(bases)}{f' and {more} more' if more else ''} (--base-url URL judges one alone)."
    for reason, count in recording.skipped.items():
        yield f"Skipped: {_entries(count)} {reason}."
    if not recording.kept:
        yield f"No entry asks an API for one of the nine operations, such as {contract().operations['getMe'].path}."
    elif not recording.shows_keys:
        yield "No entry shows its Authorization header: an answer other than 401 counts as an answer to a valid key."


def _table(result: RecordingResult) -> Iterator[str]:
    yield f"{'requirement':<13}{'level':<8}{'tried':>8}{'broken':>8}   result"
    for row in result.rows:
        requirement = row.requirement
        status = _STATUS[row.status]
        yield f"{requirement.id:<13}{requirement.level:<8}{row.tried:>8,}{row.broken:>8,}   {status}"


def _broken(row: RequirementTally, width: int) -> Iterator[str]:
    requirement = row.requirement
    yield f"{requirement.id} ({requirement.level}) is broken by {row.broken:,} of {counted(row.tried, 'exchange')}"
    yield from folded(f"expected: {requirement.title}", width, "  ", "    ")
    yield from folded(f"basis: {requirement.basis}", width, "  ", "    ")
    if cause := usual_cause(requirement.id, "; ".join(one.fault for one in row.evidence)):
        yield from folded(f"usual cause: {cause}", width, "  ", "    ")
    for one in row.evidence:
        yield from folded(f"log.entries[{one.index}]: {one.method} {one.url} → {one.status}", width, "  ", "    ")
        yield from folded(f"came: {one.fault}", width, "    ", "      ")
    if row.broken > len(row.evidence):
        yield f"  and {row.broken - len(row.evidence):,} more"


def _unjudged(result: RecordingResult, width: int) -> Iterator[str]:
    rows = [row for row in result.rows if row.unjudged]
    if rows:
        yield from ("", "Could not be judged:")
    for row in rows:
        for reason, count in row.unjudged.items():
            first = row.first[reason]
            where = f"log.entries[{first}]" if count == 1 else f"{count:,} entries, the first log.entries[{first}]"
            yield from folded(f"{row.requirement.id}: {reason} ({where})", width, "  ", "    ")


def _more_than_one(result: RecordingResult) -> str:
    return f"{counted(len(result.others), 'requirement')} that only several exchanges show, or a request made for it"


def _verdict(result: RecordingResult) -> str:
    code = result.exit_code()
    if code == EXIT_NOT_JUDGED:
        return "verdict: nothing could be judged"
    broken = [row.requirement.id for row in result.broken()]
    kept = sum(row.status == "kept" for row in result.rows)
    told = f"{counted(kept, 'requirement')} kept in {counted(len(result.recording.kept), 'exchange')}"
    if not broken:
        return f"verdict: nothing broken, {told}"
    binds = "broken" if code == EXIT_BROKEN else "broken, which binds under --strict alone"
    return f"verdict: {listed(broken)} {binds}, {told}"


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"
