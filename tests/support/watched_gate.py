"""A run of the gate that a test watches, and interrupts or changes on its way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.gate import GateRun
from tests.support.interrupts import heed_interrupts
from tests.support.project import ROOT
from tests.support.warm_runs import WarmRun

HELD = ("-p", "tests.support.held_gate")
_HOLDING = "holding"
_WITHIN = 300.0


Run = subprocess.Popen[str] | WarmRun


@contextmanager
def gate(*options: str, **environment: str) -> Iterator[WarmRun]:
    """A run that has begun, with its output in a pipe. It is ended if the test does not end it.

    It is a fork of a process that has loaded the gate; `gate_anew` starts one as its users do.
    """
    with WarmRun(_command(options), env=_environment(environment)) as run:
        try:
            yield run
        finally:
            run.kill()


@contextmanager
def gate_anew(*options: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Such a run in an interpreter of its own."""
    with subprocess.Popen(
        _command(options),
        cwd=ROOT,
        env=_environment(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        preexec_fn=heed_interrupts,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _command(options: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", "conformance", "-p", "no:cacheprovider", *options]


def _environment(added: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "PYTEST" not in name and name != "OUTBOUND_API_KEY"}
    return kept | dict(added)


def hold_before(requirement: str, folder: Path) -> dict[str, str]:
    """The environment of a run that, with `HELD` among its options, waits before a requirement until `let_go`."""
    (folder / _HOLDING).touch()
    return {"HELD_BEFORE": requirement, "HELD_BY": str(folder / _HOLDING)}


def let_go(folder: Path) -> None:
    """Let a run that is held by this folder go on."""
    (folder / _HOLDING).unlink()


def finish(process: Run) -> tuple[int, str]:
    """The exit code of a run, and what it printed since."""
    output, _ = process.communicate(timeout=_WITHIN)
    assert process.returncode is not None
    return process.returncode, output


def wait_for_checks(process: Run, count: int) -> str:
    """Read a verbose run's output until a number of checks have passed. Returns what was read."""
    assert process.stdout is not None
    read: list[str] = []
    for line in process.stdout:
        read.append(line)
        count -= " passed " in line
        if count <= 0:
            break
    return "".join(read)


def reported(folder: Path, code: int, output: str) -> GateRun:
    """A run that has ended, with the report that it wrote into the folder."""
    return GateRun(code, output, json.loads((folder / "report.json").read_text("utf-8")))
