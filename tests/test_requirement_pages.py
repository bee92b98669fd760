"""The pages on the requirements say what the ledger, the checks and the mock's faults say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.project import ROOT

PAGES = ROOT / "docs" / "requirements"


def test_the_pages_are_up_to_date(tmp_path: Path) -> None:
    """`python -m tests.support.requirement_pages` writes them anew."""
    subprocess.run(
        [sys.executable, "-m", "tests.support.requirement_pages", str(tmp_path)], cwd=ROOT, check=True, timeout=120
    )
    assert texts(PAGES) == texts(tmp_path)


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.glob("*.md")}
