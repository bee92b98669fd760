"""An interrupt while a command is still imported: it ends with 130, and shows no traceback."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest

from tests.support.interrupts import heed_interrupts
from tests.support.project import ROOT

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
_INTERRUPTED_AT = """
import importlib, os, signal, sys

entry, module, *arguments = sys.argv[1:]

class Finalized:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1_000):
            pass  # Python drops what is raised here, and shows a traceback.

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            Finalized()

sys.meta_path.insert(0, Interrupting())
sys.argv = ["program", *arguments]
name, _, function = entry.partition(":")
getattr(importlib.import_module(name), function)()
"""

_INTERRUPTED_TWICE = """
import atexit, importlib, os, signal, sys

def interrupted():
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(1_000):
        pass

atexit.register(interrupted)
importlib.import_module(f"{sys.argv[1]}.cli").main = interrupted
importlib.import_module(f"{sys.argv[1]}.__main__").main()
"""


@pytest.mark.parametrize(
    ("program", "module"),
    [
        ("outbound-mock", "mockserver.cli"),
        ("outbound-mock", "click"),
        ("outbound-mock", "mockserver.server.options"),
        ("outbound-mock grade -- true", "mockserver.grading.cli"),
        ("outbound-mock grade -- true", "mockserver.app"),
        ("outbound-mock grade -- true", "mockserver.grading.session"),
        ("outbound-conformance", "conformance.cli"),
        ("outbound-conformance", "pytest"),
        ("outbound-conformance", "conformance.report.comparison"),
        ("outbound-load", "loadtests.cli"),
        ("outbound-load", "conformance"),
    ],
)
def test_an_interrupt_while_a_command_is_imported_ends_it_without_a_word(program: str, module: str) -> None:
    name, *arguments = program.split()
    entry = _PROJECT["project"]["scripts"][name]
    ended = _ended(_INTERRUPTED_AT, entry, module, *(arguments or ["--help"]))
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


@pytest.mark.parametrize("module", ["conformance.__main__", "mockserver.__main__", "loadtests.__main__"])
def test_what_takes_time_is_imported_once_an_interrupt_is_heeded(module: str) -> None:
    bare = f"import sys; import {module}; print('pathlib' in sys.modules)"
    told = subprocess.run([sys.executable, "-S", "-c", bare], cwd=ROOT, capture_output=True, check=True, timeout=60)
    assert told.stdout == b"False\n"


@pytest.mark.parametrize("package", ["conformance", "mockserver"])
def test_a_second_interrupt_while_a_command_ends_shows_no_traceback(package: str) -> None:
    ended = _ended(_INTERRUPTED_TWICE, package)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def _ended(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=heed_interrupts,
    )
