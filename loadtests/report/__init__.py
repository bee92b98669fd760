"""The reports of a run: a table in the terminal, an HTML page, JSON, JUnit XML and a summary in Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from loadtests.analysis.ledger import Ledger
from loadtests.analysis.verdict import Verdict
from loadtests.report import junit, summary
from loadtests.report.figures import figures
from loadtests.report.html import document
from loadtests.report.record import record
from loadtests.report.terminal import table

__all__ = ["StatisticsRow", "table", "write"]

StatisticsRow = Mapping[str, str | float | None]
"""A row of Locust's own statistics, by column."""


def write(folder: Path, verdict: Verdict, ledger: Ledger, statistics: Sequence[StatisticsRow] = ()) -> Path:
    """Write the run's reports into the folder, which is made if need be. Returns the page's path. Raises OSError."""
    run = figures(ledger)
    folder.mkdir(parents=True, exist_ok=True)
    members = record(verdict, ledger, run, statistics)
    text = json.dumps(members, indent=1, ensure_ascii=False, allow_nan=False, default=str)
    page = folder / "load.html"
    (folder / "load.json").write_text(text + "\n", "utf-8")
    (folder / "junit.xml").write_bytes(junit.document(verdict, ledger))
    (folder / "summary.md").write_text(summary.document(verdict, ledger), "utf-8")
    page.write_text(document(verdict, ledger, run, statistics), "utf-8")
    return page
