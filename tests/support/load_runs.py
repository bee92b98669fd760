"""Load tests as a user runs them: in processes of their own, because Locust must be imported first in a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WITHIN = 300


@dataclass(frozen=True)
class Outcome:
    """How a run ended: its exit code, what it printed, and its `load.json` if it wrote one."""

    code: int
    out: str
    err: str
    report: dict[str, Any]

    @property
    def found(self) -> dict[str, str]:
        """The outcome of each check: broken if any key broke it."""
        worst: dict[str, str] = {}
        for finding in self.report["findings"]:
            if worst.get(finding["check"]) != "broken":
                worst[finding["check"]] = finding["outcome"]
        return worst


def outbound_load(*words: str, folder: Path | None = None, module: str = "loadtests") -> Outcome:
    """Run `outbound-load`; with a folder, its report is written there and read."""
    report = [f"--report={folder}"] if folder else []
    environment = {name: value for name, value in os.environ.items() if name != "OUTBOUND_API_KEY"}
    done = subprocess.run(
        [sys.executable, "-m", module, *words, *report],
        capture_output=True,
        text=True,
        timeout=_WITHIN,
        check=False,
        stdin=subprocess.DEVNULL,
        env=environment,
    )
    written = folder / "load.json" if folder else None
    read = json.loads(written.read_text("utf-8")) if written and written.exists() else {}
    return Outcome(done.returncode, done.stdout, done.stderr, read)
