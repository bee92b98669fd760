"""`--start`: the run starts its target, waits until it answers, and ends it with its children."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from conformance.target.started import StartedTarget, StartError, free_port
from tests.support import waiting
from tests.support.gate import run_gate

KEY = "obk_live_0123456789abcdefghijABCDEFGHIJ01"
USAGE = 4


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]


def test_a_target_answers_once_it_is_started_and_ends_with_its_children(tmp_path: Path) -> None:
    pids, port = tmp_path / "pids", free_port()
    command = f"{sys.executable} -m tests.support.forking_server {{port}} {pids}"
    started = StartedTarget(command, port, f"http://127.0.0.1:{port}")
    parent, child = map(int, pids.read_text("utf-8").split())
    assert exists(parent)
    assert exists(child)
    started.stop()
    asyncio.run(waiting.until(lambda: not exists(parent) and not exists(child)))


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("no-such-command {port}", "the command 'no-such-command' could not be run"),
        ("false {port}", "the command 'false' exited with 1 before it answered"),
        ("sh -c 'echo no licence >&2; exit 3' {port}", "exited with 3 before it answered; it said last: no licence"),
        ("unfinished '", "No closing quotation"),
    ],
)
def test_a_command_that_starts_no_server_is_told_in_a_line(command: str, says: str) -> None:
    with pytest.raises(StartError, match="--start: ") as refusal:
        StartedTarget(command, 1, "http://127.0.0.1:1")
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_gate_judges_what_it_started(tmp_path: Path) -> None:
    command = f"{sys.executable} -m mockserver --quiet --port {{port}} --write-target {tmp_path / 'target.toml'}"
    key = "obk_live_TQl6jS8PGr7vPQOCtDmHhw6SNQHxwwke"
    run = run_gate("--start", command, "--api-key", key, "--only", "PAGE-2")
    assert (run.exit_code, run.verdict) == (0, "conformant"), run.output


def test_a_command_that_fails_is_a_usage_error() -> None:
    run = run_gate("--start", "false", "--api-key", KEY)
    assert run.exit_code == USAGE
    assert "--start: the command 'false' exited with 1 before it answered" in run.output
