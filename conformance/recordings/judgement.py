"""Judges recorded exchanges by the oracles, requirement by requirement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

import spec
from conformance.oracles.exchanges import Oracle, Part, presented
from conformance.outcome import EXIT_BROKEN, EXIT_CONFORMANT, EXIT_NOT_JUDGED
from conformance.recordings.oracles import SINGLE
from conformance.recordings.redactions import holds_marks
from conformance.recordings.traffic import Recorded, Recording, recorded
from conformance.report.text import shortened
from conformance.target.redaction import Redactor

MOST_SHOWN = 3
_LONGEST_URL = 300
_LONGEST_FAULT = 300
_REDACTED = "the answer differs, and holds marks of redaction that may be the reason"
_KEY_HIDDEN = "the key is not shown, so whether the answer repeats it cannot be told"
_KEYS = "ERROR-6"
# No redaction can cause violations of these: it adds no item and no stack trace, and changes no status.
_NOT_BY_REDACTION = frozenset({"PAGE-2", "PAGE-3", "PAGE-4", "PAGE-8", "ERROR-5", "ERROR-6"})

Status = Literal["kept", "broken", "not-judged", "not-shown"]


@dataclass(frozen=True)
class EntryEvidence:
    """An entry that breaks a requirement: its index in `log.entries`, what was asked, what came, what is wrong; redacted."""

    index: int
    method: str
    url: str
    status: int
    fault: str


@dataclass
class RequirementTally:
    """A requirement: how many exchanges were tried, how many broke it, and how many could not be judged, by the reason.

    `evidence` holds the first that broke it; `first` the index of the first that could not be judged, by the reason.
    """

    requirement: spec.Requirement
    tried: int = 0
    broken: int = 0
    evidence: list[EntryEvidence] = field(default_factory=list)
    unjudged: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)

    @property
    def status(self) -> Status:
        """`not-shown` if the requirement applies to no exchange, `not-judged` if none of its exchanges could be judged."""
        if self.tried:
            return "broken" if self.broken else "kept"
        return "not-judged" if self.unjudged else "not-shown"

    def leave(self, index: int, reason: str) -> None:
        """Count an exchange that could not be judged."""
        self.unjudged[reason] += 1
        self.first.setdefault(reason, index)


@dataclass(frozen=True)
class RecordingResult:
    """The result: a row for each requirement that a single exchange can show, and the ids of all other requirements."""

    recording: Recording
    rows: tuple[RequirementTally, ...]
    others: tuple[str, ...]
    strict: bool = False

    def broken(self) -> list[RequirementTally]:
        """The rows of all broken requirements, whether or not they bind."""
        return [row for row in self.rows if row.broken]

    def exit_code(self) -> int:
        """0 if nothing that binds is broken, 1 if something is, 3 if nothing could be judged."""
        if not any(row.tried for row in self.rows):
            return EXIT_NOT_JUDGED
        binding = [row for row in self.broken() if self.strict or row.requirement.level == "must"]
        return EXIT_BROKEN if binding else EXIT_CONFORMANT


def judge(
    recording: Recording,
    wanted: Iterable[spec.Requirement],
    *,
    strict: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> RecordingResult:
    """Judge each exchange by every oracle of the wanted requirements. `strict` makes a should bind too.

    `progress` is called with the number of exchanges that have been judged.
    """
    requirements = {requirement.id: requirement for requirement in wanted}
    oracles = [oracle for oracle in SINGLE if oracle.requirement in requirements]
    rows = {oracle.requirement: RequirementTally(requirements[oracle.requirement]) for oracle in oracles}
    # One after the other, so that only one body is held as decoded JSON.
    for number, kept in enumerate(recording.kept, 1):
        one = recorded(kept, recording.shows_keys)
        for oracle in oracles:
            if oracle.applies(one.exchange):
                _try(oracle, one, rows[oracle.requirement])
        progress(number)
    others = tuple(id_ for id_ in requirements if id_ not in rows)
    return RecordingResult(recording, tuple(rows[id_] for id_ in requirements if id_ in rows), others, strict)


def _try(oracle: Oracle, one: Recorded, row: RequirementTally) -> None:
    if reason := _lacking(oracle, one.lacks):
        row.leave(one.index, reason)
        return
    fault = oracle.fault(one.exchange)
    if fault and oracle.requirement not in _NOT_BY_REDACTION and holds_marks(one.exchange, oracle.reads):
        row.leave(one.index, _REDACTED)
        return
    row.tried += 1
    if fault is None:
        if oracle.requirement == _KEYS and not one.shows_key:
            row.leave(one.index, _KEY_HIDDEN)
        return
    row.broken += 1
    if len(row.evidence) < MOST_SHOWN:
        row.evidence.append(_evidence(one, fault))


def _lacking(oracle: Oracle, lacks: Mapping[Part, str]) -> str:
    return "" if oracle.reads == "status" else lacks.get(oracle.reads, "")


def _evidence(one: Recorded, fault: str) -> EntryEvidence:
    exchange = one.exchange
    redactor = Redactor()
    redactor.learn([*presented(exchange), *_cookies(exchange.request.headers)])
    return EntryEvidence(
        index=one.index,
        method=exchange.request.method,
        url=shortened(redactor.text(_without_values(exchange.url)), _LONGEST_URL),
        status=exchange.status,
        fault=shortened(redactor.text(fault.replace(exchange.request.target, exchange.path)), _LONGEST_FAULT),
    )


def _cookies(headers: Iterable[tuple[str, str]]) -> list[str]:
    pairs = [pair for name, value in headers if name.lower() == "cookie" for pair in value.split(";")]
    return [pair.partition("=")[2].strip() for pair in pairs]


def _without_values(url: str) -> str:
    """The URL without the values of undocumented parameters, which may be secrets."""
    known = {p.name for operation in spec.contract().operations.values() for p in operation.parameters}
    parts = urlsplit(url)
    pairs = [pair.partition("=") for pair in parts.query.split("&") if pair]
    query = "&".join(f"{name}{equals}{value if name in known or not value else '…'}" for name, equals, value in pairs)
    return f"{url.partition('?')[0]}{'?' if query else ''}{query}"
