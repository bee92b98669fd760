"""Known violations: broken requirements that a team has agreed to live with until a day, each with its reason."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec

Text = Annotated[str, msgspec.Meta(min_length=1)]


class KnownViolationsError(Exception):
    """A file of known violations that cannot be used; its message is one line."""


class KnownViolation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A requirement that may be broken up to and including the day `until`."""

    id: Text
    reason: Text
    until: date


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    violation: tuple[KnownViolation, ...] = ()


def load(path: Path) -> tuple[KnownViolation, ...]:
    """Read the `[[violation]]` tables of a TOML file. Raises KnownViolationsError."""
    try:
        known = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File).violation
    except OSError as error:
        raise KnownViolationsError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KnownViolationsError(f"{path}: not a TOML document: {error}") from None
    except msgspec.ValidationError as error:
        raise KnownViolationsError(f"{path}: {error}") from None
    ids = [entry.id for entry in known]
    for id_ in ids:
        if ids.count(id_) > 1:
            raise KnownViolationsError(f"{path}: {id_} stands there twice")
    return known


def in_force(known: Sequence[KnownViolation], today: date) -> dict[str, KnownViolation]:
    """The entries that have not expired, by requirement."""
    return {entry.id: entry for entry in known if today <= entry.until}


def outdated(known: Sequence[KnownViolation], statuses: Mapping[str, str | None], today: date) -> list[str]:
    """Why entries must be taken out or renewed, a line each.

    `statuses` has an entry for each requirement of the contract: None for those that this run was not asked about. Nothing
    is said of an entry whose requirement was not tested: it may be broken still.
    """
    lines = []
    for entry in known:
        if entry.id not in statuses:
            lines.append(f"{entry.id}: no such requirement")
        elif statuses[entry.id] == "passed":
            lines.append(f"{entry.id}: no longer broken, take it out")
        elif statuses[entry.id] is not None and entry.until < today:
            lines.append(f"{entry.id}: expired on {entry.until}")
    return lines
