"""The mutants that are known not to be caught, each with its reason: `uncaught.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("uncaught.toml")


@dataclass(frozen=True)
class Uncaught:
    """The names of mutants, in which `*` matches anything, and why the gate does not catch them.

    `sometimes` says that the gate may catch them, so both results are right.
    """

    mutants: tuple[str, ...]
    reason: str
    sometimes: bool = False

    def names(self, mutant: str) -> bool:
        """Whether a mutant is one of these."""
        return any(fnmatchcase(mutant, pattern) for pattern in self.mutants)


@cache
def entries() -> tuple[Uncaught, ...]:
    """The content of the file. Raises TypeError for an unknown member."""
    rows = tomllib.loads(FILE.read_text("utf-8")).get("uncaught", [])
    return tuple(Uncaught(**{**row, "mutants": tuple(row["mutants"])}) for row in rows)


def known(mutant: str) -> Uncaught | None:
    """What the file says about a mutant; None if the gate must catch it."""
    return next((entry for entry in entries() if entry.names(mutant)), None)
