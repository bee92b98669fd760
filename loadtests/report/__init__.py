"""The verdict on paper: a table for the terminal, `load.json` for machines, `load.html` for the eye."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from loadtests.analysis.ledger import Ledger
from loadtests.analysis.verdict import Verdict
from loadtests.report.figures import figures
from loadtests.report.html import document
from loadtests.report.record import record
from loadtests.report.terminal import table

__all__ = ["Row", "table", "write"]

Row = Mapping[str, str | float | None]
"""A row of Locust's own statistics, by column."""


def write(folder: Path, verdict: Verdict, ledger: Ledger, statistics: Sequence[Row] = ()) -> list[Path]:
    """Write `load.json` and `load.html` into the folder, which is made if need be, and say where. Raises OSError."""
    run = figures(ledger)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "load.json", folder / "load.html"]
    text = json.dumps(
        record(verdict, ledger, run, statistics), indent=1, ensure_ascii=False, allow_nan=False, default=str
    )
    paths[0].write_text(text + "\n", "utf-8")
    paths[1].write_text(document(verdict, ledger, run, statistics), "utf-8")
    return paths
