"""Completion in bash, as a shell asks for it: what is typed, and what can come next."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_WITHIN = 120.0
_ASKED = """
COMPREPLY=() COMP_WORDS=({words}) COMP_CWORD={number} && _{function}_completion {program} && echo "${{COMPREPLY[*]}}"
"""

OFFERED = {
    "outbound-conformance": {
        "ex": "explain",
        "explain PAGE-1": "PAGE-1 PAGE-10 PAGE-11 PAGE-12 PAGE-13",
        "--depth ": "quick standard deep",
        "replay report --base": "--base-url --baseline",
    },
    "outbound-mock": {
        "": "grade advance logs trigger",
        "--fault cursor-skips": "cursor-skips-ties",
        "--hardship ordinary": "ordinary-day",
        "--rate-reading ": "burst strict",
        "grade --trial": "--trial --trials",
        "logs --fol": "--follow",
    },
    "outbound-load": {"bu": "burst", "burst --rest": "--rested"},
}
"""What bash offers behind a program's name, by what is typed there."""


def said(*command: str) -> str:
    """What a command prints that finds this environment's programs."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    if shutil.which(command[0], path=path) is None:
        pytest.skip(f"there is no {command[0]} on this machine")
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_WITHIN, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("program", OFFERED)
def test_bash_offers_what_can_come_next(program: str) -> None:
    script = f'eval "$({program} --completion bash)"\n'
    for typed in OFFERED[program]:
        words = [program, *typed.split(" ")]
        script += _ASKED.format(
            words=shlex.join(words), number=len(words) - 1, function=program.replace("-", "_"), program=program
        )
    offered = said("bash", "--norc", "-c", script).splitlines()
    assert dict(zip(OFFERED[program], offered, strict=True)) == OFFERED[program]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
@pytest.mark.parametrize("program", OFFERED)
def test_other_shells_can_read_what_is_printed(program: str, shell: str, tmp_path: Path) -> None:
    script = tmp_path / f"completion.{shell}"
    script.write_text(said(program, "--completion", shell), "utf-8")
    assert script.read_text("utf-8").strip()
    said(shell, "-n", str(script))
