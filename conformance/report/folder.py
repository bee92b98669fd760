"""The report's folder: the run's record in all its formats."""

from __future__ import annotations

import json
import re
from pathlib import Path

from conformance.report import har, html, junit, summary
from conformance.report.record import Run, as_json

_BEYOND_ASCII = re.compile(r"[^\n -~]")


def write(run: Run, folder: Path) -> None:
    """Write the run's reports into a folder, which is created if it is missing. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    documents = {
        "report.json": _printable(json.dumps(as_json(run), indent=2, ensure_ascii=False)) + "\n",
        "junit.xml": junit.document(run),
        "exchanges.har": json.dumps(har.archive(run)) + "\n",
        "summary.md": summary.document(run),
        "report.html": html.document(run),
    }
    for name, text in documents.items():
        # Secrets are hidden once more in the finished text.
        (folder / name).write_bytes(run.redactor.text(text).encode("utf-8", "backslashreplace"))


def _printable(document: str) -> str:
    """A JSON document with everything that does not print (C1 controls, halves of surrogate pairs) escaped."""
    return _BEYOND_ASCII.sub(lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], document)
