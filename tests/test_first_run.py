"""The commands of docs/first-run.md, in their order, on a mock that accepts revoked keys."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mock_process import Running, running
from tests.support.project import ROOT
from tests.support.warm_programs import outbound_conformance

_WITHIN = 300.0
_NARROW = ("--only", "AUTH-3,AUTH-5")
_NO_RUN = ("init", "list", "explain", "replay", "diff", "--dry-run", "--only")
COMMANDS = [
    line.removeprefix("$ ")
    for line in (ROOT / "docs" / "first-run.md").read_text("utf-8").splitlines()
    if line.startswith("$ ")
]


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("mock"), "--fault", "revoked-key-served") as started:
        yield started


def typed(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of the page in a folder. A whole run is made short: what it shows does not depend on how much is judged."""
    words = shlex.split(command)
    assert words[0] == "outbound-conformance"
    narrow = () if any(word in words for word in _NO_RUN) else _NARROW
    return outbound_conformance(*words[1:], *narrow, folder=folder, within=_WITHIN, NO_COLOR="1")


def test_the_commands_work_in_their_order(mock: Running, tmp_path: Path) -> None:
    ends = {}
    for command in COMMANDS:
        done = typed(command, tmp_path)
        ends[command] = (done.returncode, done.stdout + done.stderr)
        if " init " in command:
            (tmp_path / "target.toml").write_text(mock.file.read_text("utf-8"), "utf-8")
    codes = {command.partition(" ")[2]: code for command, (code, _) in ends.items()}
    told = "\n".join(output for _, output in ends.values())
    run = "--target target.toml"
    assert codes == {
        "init target.toml --base-url https://staging.example": 0,
        f"list {run}": 0,
        f"{run} --dry-run": 0,
        f"{run} --depth quick --report first": 1,
        "explain OP-1": 0,
        f"{run} --depth quick --only OP-1": 0,
        f"{run} --depth quick --only AUTH,SCOPE": 1,
        f"replay first {run}": 1,
        f"{run} --depth quick --report second": 1,
        "diff first second": 0,
        f"{run} --write-known-violations known-violations.toml": 1,
        f"{run} --known-violations known-violations.toml": 0,
    }, told
    assert "AUTH-3    still broken" in told
    assert "nothing changed" in told
