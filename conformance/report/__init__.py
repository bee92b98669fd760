"""The verdict on paper: the run's record, and the forms in which it is written."""

from __future__ import annotations

import json
from pathlib import Path

from conformance.report.record import Run, as_json


def write(run: Run, folder: Path) -> None:
    """Write the run's reports into a folder, which is made where it is missing. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(as_json(run), indent=2, ensure_ascii=False)
    (folder / "report.json").write_text(text + "\n", "utf-8")
