"""Runs the gate in a process of its own, and reads what it wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.support.project import ROOT
from tests.support.warm_gate import judge

_WITHIN = 600.0
_UNCACHED = ("-p", "no:cacheprovider")
_PLAIN = ("-q", *_UNCACHED)
_KEY_VARIABLE = "OUTBOUND_API_KEY"


@dataclass(frozen=True)
class GateRun:
    """How a run ended: the exit code, what it printed, and its report.json, empty if none was written."""

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


def run_gate(*options: str, suite: str = "conformance", key: str | None = None) -> GateRun:
    """Run `pytest conformance` with options. `key` becomes $OUTBOUND_API_KEY.

    The run is a fork of a process that has loaded the gate; `run_gate_anew` starts one as its users do. It writes no
    reports if the options, such as `reports`, do not ask for them.
    """
    return _judged([suite, *_PLAIN, *options], _environment(key))


def reports(folder: Path) -> tuple[str, str]:
    """The option that has a run write all its reports into the folder `report` of this folder."""
    return "--report", str(folder / "report")


def gate_output(*options: str, **environment: str) -> tuple[int, str]:
    """Run `pytest conformance` with these options alone, in a fork as `run_gate` does. Returns the exit code and what it printed.

    `environment` is added to this process's.
    """
    run = _judged(["conformance", *_UNCACHED, *options], _environment(None) | environment)
    return run.exit_code, run.output


def _judged(arguments: Sequence[str], environment: Mapping[str, str]) -> GateRun:
    with TemporaryDirectory(prefix="outbound-") as folder:
        output, record = Path(folder) / "output.txt", Path(folder) / "record.json"
        exit_code = judge(arguments, environment, output, record, _WITHIN)
        return GateRun(exit_code, output.read_text("utf-8"), json.loads(record.read_text("utf-8")))


def run_gate_anew(folder: Path, *options: str) -> GateRun:
    """Run `pytest conformance` with options in an interpreter of its own; the report goes into the folder."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "conformance", *_PLAIN, *reports(folder), *options],
        cwd=ROOT,
        env=_environment(None),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_WITHIN,
        check=False,
    )
    written = folder / "report" / "report.json"
    return GateRun(done.returncode, done.stdout, json.loads(written.read_text("utf-8")) if written.exists() else {})


def _environment(key: str | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != _KEY_VARIABLE and "PYTEST" not in name}
    return {**kept, _KEY_VARIABLE: key} if key else kept
