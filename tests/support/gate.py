"""Runs the gate in a process of its own, and reads what it wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from tests.support.warm_gate import judge

ROOT = Path(__file__).parents[2]
_WITHIN = 600.0
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


def run_gate(folder: Path, *options: str, suite: str = "conformance", key: str | None = None) -> GateRun:
    """Run `pytest conformance` with options; the report goes into the folder. `key` becomes $OUTBOUND_API_KEY.

    The run is a fork of a process that has loaded the gate; `run_gate_anew` starts one as its users do.
    """
    with NamedTemporaryFile(prefix="outbound-") as output:
        exit_code = judge(_arguments(folder, suite, options), _environment(key), Path(output.name), _WITHIN)
        return _ended(folder, exit_code, Path(output.name).read_text("utf-8"))


def gate_output(*options: str, **environment: str) -> tuple[int, str]:
    """Run `pytest conformance` with these options alone, in a fork as `run_gate` does. Returns the exit code and what it printed.

    `environment` is added to this process's.
    """
    with NamedTemporaryFile(prefix="outbound-") as output:
        arguments = ["conformance", "-p", "no:cacheprovider", *options]
        exit_code = judge(arguments, _environment(None) | environment, Path(output.name), _WITHIN)
        return exit_code, Path(output.name).read_text("utf-8")


def run_gate_anew(folder: Path, *options: str) -> GateRun:
    """Run `pytest conformance` with options in an interpreter of its own; the report goes into the folder."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *_arguments(folder, "conformance", options)],
        cwd=ROOT,
        env=_environment(None),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_WITHIN,
        check=False,
    )
    return _ended(folder, done.returncode, done.stdout)


def _arguments(folder: Path, suite: str, options: Sequence[str]) -> list[str]:
    return [suite, "-q", "-p", "no:cacheprovider", "--report", str(folder / "report"), *options]


def _environment(key: str | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != _KEY_VARIABLE and "PYTEST" not in name}
    return {**kept, _KEY_VARIABLE: key} if key else kept


def _ended(folder: Path, exit_code: int, output: str) -> GateRun:
    written = folder / "report" / "report.json"
    return GateRun(exit_code, output, json.loads(written.read_text("utf-8")) if written.exists() else {})
