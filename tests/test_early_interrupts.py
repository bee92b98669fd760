"""An interrupt while a command is still imported: it ends with 130, and shows no traceback."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.interrupts import heed_interrupts

_PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
_INTERRUPTED_AT = """
import importlib, os, signal, sys

entry, module = sys.argv[1:]

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
sys.argv = ["program", "--help"]
name, _, function = entry.partition(":")
getattr(importlib.import_module(name), function)()
"""


@pytest.mark.parametrize(
    ("program", "module"),
    [
        ("outbound-mock", "mockserver.cli"),
        ("outbound-mock", "click"),
        ("outbound-mock", "mockserver.server.options"),
        ("outbound-conformance", "conformance.cli"),
        ("outbound-conformance", "pytest"),
        ("outbound-conformance", "conformance.report.comparison"),
        ("outbound-load", "loadtests.cli"),
        ("outbound-load", "conformance"),
    ],
)
def test_an_interrupt_while_a_command_is_imported_ends_it_without_a_word(program: str, module: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED_AT, _PROJECT["project"]["scripts"][program], module],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=heed_interrupts,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")
