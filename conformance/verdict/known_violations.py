"""Known violations: broken requirements that a team accepts until a certain day, each with its reason."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Protocol

import msgspec

import spec
from spec.given_files import read_text
from spec.misspelled import meant, meant_in_table

Text = Annotated[str, msgspec.Meta(min_length=1)]

# How many days a written file excuses what is broken now.
_EXCUSED_FOR = timedelta(days=30)
_HEAD = """\
# Violations that are excused until a day. Choose an earlier day if you can, and say in `reason` why they are accepted.
"""


class KnownViolationsError(Exception):
    """A file of known violations that cannot be used; its message is one line."""


class Tried(Protocol):
    """A check's result for a requirement: its operations and cases, and whether it failed."""

    @property
    def requirement(self) -> str:
        """The requirement's id."""

    @property
    def operations(self) -> frozenset[str]:
        """The operations that were tried; empty if the check does not say."""

    @property
    def cases(self) -> tuple[str, ...]:
        """The cases that were tried, or for a failure the broken ones; empty if the check does not say."""

    @property
    def tried_cases(self) -> frozenset[str]:
        """The names of the cases that were tried; empty if the check does not say."""

    @property
    def complete(self) -> bool:
        """Whether every case that there is was tried."""

    def operations_of(self, case: str) -> frozenset[str]:
        """The operations of one of its cases; empty if that is not known."""


class KnownViolation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A requirement that may be broken up to and including the day `until`: everywhere, or on one operation or case."""

    id: Text
    reason: Text
    until: date
    operation: Text | None = None
    case: Text | None = None
    ticket: Text | None = None

    @property
    def name(self) -> str:
        """A short name for what it excuses: `PAGE-6`, `PAGE-6 on listContacts`, `PAGE-6 in the case 'archived'`."""
        where = f" on {self.operation}" if self.operation else ""
        return f"{self.id}{where}" + (f" in the case {self.case!r}" if self.case else "")

    @property
    def whole(self) -> bool:
        """Whether it excuses a whole requirement."""
        return self.operation is None and self.case is None

    def in_force(self, today: date) -> bool:
        """Whether its day has not passed."""
        return today <= self.until


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    violation: tuple[KnownViolation, ...] = ()


def load(path: Path) -> tuple[KnownViolation, ...]:
    """Read the `[[violation]]` tables of a TOML file. Raises KnownViolationsError."""
    try:
        document = tomllib.loads(read_text(path))
        known = msgspec.convert(document, _File).violation
    except OSError as error:
        raise KnownViolationsError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KnownViolationsError(f"{path}: not a TOML document: {error}") from None
    except msgspec.ValidationError as error:
        raise KnownViolationsError(f"{path}: {error}{meant_in_table(error, document, _File)}") from None
    names = [entry.name for entry in known]
    for name in names:
        if names.count(name) > 1:
            raise KnownViolationsError(f"{path}: {name} is there twice")
    for entry in known:
        _check(entry, path)
    return known


def _check(entry: KnownViolation, path: Path) -> None:
    """Raise KnownViolationsError for a requirement or an operation that there is not: the entry would excuse nothing."""
    ids = [requirement.id for requirement in spec.requirements()]
    if entry.id not in ids:
        raise KnownViolationsError(f"{path}: no requirement {entry.id!r}{meant(entry.id, ids)}")
    operations = spec.contract().operations
    if entry.operation is not None and entry.operation not in operations:
        hint = meant(entry.operation, operations)
        raise KnownViolationsError(f"{path}: {entry.id}: no operation {entry.operation!r}{hint}")


def covering(finding: Tried, case: str, known: Sequence[KnownViolation], today: date) -> KnownViolation | None:
    """The entry that excuses a broken case of a failed finding, one without a case first. A finding without cases has one, "".

    An entry excuses its id on its operation and case alone.
    """
    own = [entry for entry in known if entry.in_force(today) and _covers(entry, finding, case)]
    return min(own, key=lambda entry: entry.case is not None, default=None)


def excuses(finding: Tried, known: Sequence[KnownViolation], today: date) -> tuple[KnownViolation, ...]:
    """The entries that together excuse everything broken in a failed finding; none if something is not excused."""
    found = [covering(finding, case, known, today) for case in finding.cases or ("",)]
    used = [entry for entry in found if entry]
    return tuple(dict.fromkeys(used)) if len(used) == len(found) else ()


def _covers(entry: KnownViolation, finding: Tried, case: str) -> bool:
    on_its_operation = entry.operation is None or finding.operations_of(case) == {entry.operation}
    return entry.id == finding.requirement and on_its_operation and entry.case in (None, case)


def outdated(
    known: Sequence[KnownViolation], tried: Mapping[str, Sequence[tuple[Tried, bool]]], today: date
) -> list[str]:
    """Why entries must be removed or renewed, one line each.

    `tried` has the results for each requirement of the contract. An entry that was not tried in this run gets no line: it may
    still be broken.
    """
    lines = []
    for entry in known:
        own = [
            failed and _shows(entry, finding)
            for finding, failed in tried[entry.id]
            if _concerns(entry, finding, failed)
        ]
        if own and not any(own):
            lines.append(f"{entry.name}: no longer broken, remove it")
        elif any(own) and not entry.in_force(today):
            lines.append(f"{entry.name}: expired on {entry.until}")
    return lines


def _shows(entry: KnownViolation, finding: Tried) -> bool:
    """Whether a failed finding shows what an entry excuses."""
    return any(_covers(entry, finding, case) for case in finding.cases or ("",))


def _concerns(entry: KnownViolation, finding: Tried, failed: bool) -> bool:
    """Whether a finding tried what an entry excuses. One that names no cases has tried all if it is complete."""
    if failed and _shows(entry, finding):
        return True
    if entry.operation and failed and not all(map(finding.operations_of, finding.cases)):
        return False  # what is broken may be just that
    tried = finding.tried_cases or frozenset(finding.cases)
    if entry.case:
        return entry.case in tried if tried else finding.complete and _is_on(entry, finding.operations)
    named = [operations for case in tried if (operations := finding.operations_of(case))]
    return any(_is_on(entry, operations) for operations in named) if named else _is_on(entry, finding.operations)


def _is_on(entry: KnownViolation, operations: frozenset[str]) -> bool:
    return not entry.operation or not operations or entry.operation in operations


def written(entries: Iterable[KnownViolation]) -> str:
    """A file that `load` reads, with these entries."""
    return "\n".join([_HEAD, *map(_table, entries)])


def new(id_: str, reason: str, today: date, case: str | None) -> KnownViolation:
    """An entry for what is broken today."""
    return KnownViolation(id_, reason or "broken when this file was written", today + _EXCUSED_FOR, case=case)


def _table(entry: KnownViolation) -> str:
    members = msgspec.structs.asdict(entry).items()
    lines = [f"{name} = {_value(value)}" for name, value in members if value is not None]
    return "\n".join(["[[violation]]", *lines, ""])


def _value(value: object) -> str:
    # A JSON string without escaped surrogates is a TOML string, but for DEL.
    return (
        value.isoformat()
        if isinstance(value, date)
        else json.dumps(value, ensure_ascii=False).replace("\x7f", r"\u007f")
    )
