"""What the contract asks of a client of the API, as data: the rows of `client-requirements.toml`, loaded with types."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from spec import Level


@dataclass(frozen=True, slots=True)
class ClientRequirement:
    """A row of the table.

    `basis` is the documentation's section or the standard that it rests on, `allows` what does not count against a client.
    `every_run` says whether it is judged in every run of a command; `trials` are the names of the trials that show it.
    """

    id: str
    level: Level
    title: str
    basis: str
    allows: str
    every_run: bool
    trials: tuple[str, ...]

    @property
    def family(self) -> str:
        """The part of the id before the number: KEY, WALK, ASK, PACE, FAIL, OPEN, COST, HOOK."""
        return self.id.partition("-")[0]


@cache
def client_requirements() -> tuple[ClientRequirement, ...]:
    """The table, in its order, read once. Raises TypeError for a row with an unknown or missing member."""
    rows = tomllib.loads(files("spec").joinpath("client-requirements.toml").read_text("utf-8"))["requirement"]
    return tuple(ClientRequirement(**{**row, "trials": tuple(row["trials"])}) for row in rows)
