"""Commands whose standard output is closed or full, or whose working folder is gone, end with a line and with no verdict."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from spec.surroundings import READER_LEFT, UNTOLD

_USAGE = 4
_COMMANDS = {"conformance": "outbound-conformance", "mockserver": "outbound-mock", "loadtests": "outbound-load"}
_BUFFERED = {"PYTHONUNBUFFERED": ""}
_UNBUFFERED = {"PYTHONUNBUFFERED": "1"}


def _run(redirected: str, module: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a shell that redirects its output."""
    command = ["sh", "-c", f'"$@" {redirected}', "sh", sys.executable, "-m", module, *words]
    own = os.environ | environment
    return subprocess.run(command, env=own, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("environment", [_BUFFERED, _UNBUFFERED])
@pytest.mark.parametrize(("module", "asked"), [*zip(_COMMANDS, ("list", "--version", "--list"), strict=True)])
def test_what_a_full_disk_keeps_from_being_printed_is_told_in_a_line(
    module: str, asked: str, environment: dict[str, str]
) -> None:
    done = _run("> /dev/full", module, asked, **environment)
    assert done.returncode == UNTOLD, done.stderr
    assert done.stderr == f"{_COMMANDS[module]}: standard output cannot be written to: No space left on device\n"


@pytest.mark.parametrize("environment", [_BUFFERED, _UNBUFFERED])
def test_a_list_of_pytest_that_a_full_disk_swallows_is_no_verdict(environment: dict[str, str]) -> None:
    done = _run("> /dev/full", "pytest", "conformance", "--list", **environment)
    told = "outbound-conformance: standard output cannot be written to: No space left on device\n"
    assert (done.returncode, done.stderr) == (UNTOLD, told)


@pytest.mark.parametrize("words", [("conformance", "list"), ("mockserver", "--version"), ("loadtests", "--list")])
def test_a_command_whose_output_is_closed_ends_as_usual(words: tuple[str, ...]) -> None:
    done = _run(">&-", *words)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_run_whose_output_is_closed_keeps_its_verdict(tmp_path: Path) -> None:
    broken = ("--only", "AUTH-1", "--mock-options", "--fault anonymous-served", "--report", str(tmp_path))
    done = _run(">&- 2>&-", "conformance", *broken)
    assert done.returncode == 1, done.stderr
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["verdict"] == "non-conformant"


@pytest.mark.parametrize("module", ["conformance", "loadtests"])
def test_a_working_folder_that_is_gone_is_told_in_a_line(module: str, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd "{gone}"; rmdir "{gone}"; exec "$@"'
    command = ["sh", "-c", script, "sh", sys.executable, "-m", module, "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == _USAGE, done.stderr
    assert done.stderr == f"{_COMMANDS[module]}: the working folder is gone\n"


@pytest.mark.parametrize("words", [("conformance", "list"), ("mockserver", "--list-faults"), ("loadtests", "--list")])
def test_a_package_of_the_same_name_in_the_project_is_not_taken_for_ours(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec" / "__init__.py").write_text("OURS = False\n", "utf-8")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", *words]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


@pytest.mark.parametrize(
    "words",
    [("conformance", "list"), ("mockserver", "--help"), ("mockserver", "grade", "--help"), ("loadtests", "--list")],
)
def test_a_reader_that_has_seen_enough_gets_no_traceback(words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", *words]
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (READER_LEFT, "")
