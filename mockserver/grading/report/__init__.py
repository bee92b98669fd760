"""The grade as files: one page of HTML, JSON, JUnit, Markdown, and the requests as an HTTP Archive. Keys are shortened in all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from mockserver.grading.report import archive, document, html, junit, summary
from mockserver.grading.verdict import Grade

__all__ = ["FILES", "write"]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


FILES: Mapping[str, Callable[[Grade], str]] = {
    "grade.html": html.page,
    "grade.json": lambda grade: _json(document.document(grade)),
    "junit.xml": junit.text,
    "summary.md": summary.text,
    "requests.har": lambda grade: _json(archive.archive(grade)),
}
"""The files by their names, each with the function that makes its text."""


def write(grade: Grade, folder: Path) -> None:
    """Write all files into a folder, which is made if it is missing. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (folder / name).write_text(text(grade), "utf-8")
