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
    """Mutants by their names, in which `*` stands for anything, and why the gate does not catch them.

    `sometimes` says that it may catch them: then neither is wrong.
    """

    mutants: tuple[str, ...]
    reason: str
    sometimes: bool = False

    def names(self, mutant: str) -> bool:
        """Whether a mutant is one of these."""
        return any(fnmatchcase(mutant, pattern) for pattern in self.mutants)


@cache
def entries() -> tuple[Uncaught, ...]:
    """The content of the file. Raises TypeError for a member that there is not."""
    rows = tomllib.loads(FILE.read_text("utf-8")).get("uncaught", [])
    return tuple(Uncaught(**{**row, "mutants": tuple(row["mutants"])}) for row in rows)


def known(mutant: str) -> Uncaught | None:
    """What the file says of a mutant; None if it is to be caught."""
    return next((entry for entry in entries() if entry.names(mutant)), None)
