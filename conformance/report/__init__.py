"""The verdict on paper: the run's record, and the forms in which it is written."""

from __future__ import annotations

import json
from pathlib import Path

from conformance.report import har, html, junit, summary
from conformance.report.record import Run, as_json


def write(run: Run, folder: Path) -> None:
    """Write the run's reports into a folder, which is made where it is missing. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "report.json", json.dumps(as_json(run), indent=2, ensure_ascii=False) + "\n")
    (folder / "junit.xml").write_bytes(junit.document(run))
    _write(folder / "exchanges.har", json.dumps(har.archive(run)) + "\n")
    _write(folder / "summary.md", summary.document(run))
    _write(folder / "report.html", html.document(run))


def _write(path: Path, text: str) -> None:
    # What the target sent may hold halves of surrogate pairs, which no file can; in JSON their escapes are valid.
    path.write_bytes(text.encode("utf-8", "backslashreplace"))
