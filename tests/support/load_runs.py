"""Load tests as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import warm_load

_WITHIN = 300
_KEY_VARIABLE = "OUTBOUND_API_KEY"


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


def outbound_load(*words: str, folder: Path | None = None) -> Outcome:
    """Run `outbound-load`; with a folder, its report is written there and read.

    Its processes are forks of ones that have loaded what they need; `outbound_load_anew` starts them as a user does.
    """
    return _outcome(warm_load.outbound_load(*words, *_report(folder), within=_WITHIN), folder)


def locust(*words: str) -> Outcome:
    """Run Locust to its end, as `warm_load.locust_begun` begins it."""
    with warm_load.locust_begun(*words) as run:
        return _outcome(run.ended(), None)


def outbound_load_anew(*words: str, folder: Path | None = None, module: str = "loadtests") -> Outcome:
    """Run `outbound-load`, or another module, in interpreters of its own; with a folder, its report is written there and read."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words, *_report(folder)],
        capture_output=True,
        text=True,
        timeout=_WITHIN,
        check=False,
        stdin=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name != _KEY_VARIABLE},
    )
    return _outcome(done, folder)


def _report(folder: Path | None) -> list[str]:
    return [f"--report={folder}"] if folder else []


def _outcome(done: subprocess.CompletedProcess[str], folder: Path | None) -> Outcome:
    written = folder / "load.json" if folder else None
    read = json.loads(written.read_text("utf-8")) if written and written.exists() else {}
    return Outcome(done.returncode, done.stdout, done.stderr, read)
