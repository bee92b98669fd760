"""Running the gate in a process of its own, as its users do, and reading what it wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_WITHIN = 600.0
_KEY_VARIABLE = "OUTBOUND_API_KEY"


@dataclass(frozen=True)
class GateRun:
    """How a run ended: the exit code, what it printed, and its report.json, empty where none was written."""

    exit_code: int
    output: str
    report: dict[str, Any]

    @property
    def verdict(self) -> str:
        """The report's verdict."""
        return str(self.report["verdict"])

    def ids(self, status: str) -> set[str]:
        """The requirements that have the status."""
        return {row["id"] for row in self.report.get("requirements", ()) if row["status"] == status}

    def broken_musts(self) -> set[str]:
        """The musts that failed."""
        levels = {row["id"]: row["level"] for row in self.report.get("requirements", ())}
        return {id_ for id_ in self.ids("failed") if levels[id_] == "must"}


def run_gate(folder: Path, *options: str, suite: str = "conformance", key: str | None = None) -> GateRun:
    """Run `pytest conformance` with options; the report goes into the folder. `key` becomes $OUTBOUND_API_KEY."""
    environment = {name: value for name, value in os.environ.items() if name != _KEY_VARIABLE and "PYTEST" not in name}
    if key:
        environment[_KEY_VARIABLE] = key
    report = folder / "report"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", suite, "-q", "-p", "no:cacheprovider", "--report", str(report), *options],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_WITHIN,
        check=False,
    )
    written = report / "report.json"
    return GateRun(done.returncode, done.stdout, json.loads(written.read_text("utf-8")) if written.exists() else {})
