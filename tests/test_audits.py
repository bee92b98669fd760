"""The audits of `.ci/audit` that need no network: secrets and licences."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.project import ROOT


def audit(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run an audit."""
    command = [sys.executable, str(ROOT / ".ci" / name), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    "secret",
    [
        "obk_live_" + "Zk3vQ9w" * 4,
        "whsec_" + "Zk3vQ9w" * 4,
        "-----BEGIN RSA PRIVATE " + "KEY-----",
        "AKIA" + "Z7Q4" * 4,
        "https://deploy:" + "hunter2hunter2@example.com/",
    ],
)
def test_a_secret_is_found_and_not_shown(secret: str, tmp_path: Path) -> None:
    planted = tmp_path / "planted.txt"
    planted.write_text(f"first line\nkey = {secret}\n", "utf-8")
    done = audit("scan_secrets.py", str(planted))
    assert done.returncode == 1
    assert f"{planted}:2: " in done.stdout
    assert secret not in done.stdout


def test_what_is_visibly_made_up_is_no_secret(tmp_path: Path) -> None:
    planted = tmp_path / "planted.txt"
    planted.write_text("obk_live_0123456789abcdefghijABCDEFGHIJ01 redis://user:password@127.0.0.1\n", "utf-8")
    assert audit("scan_secrets.py", str(planted)).returncode == 0


def test_no_secret_is_in_the_files_of_the_project() -> None:
    done = audit("scan_secrets.py")
    assert done.returncode == 0, done.stdout


def test_the_page_of_licences_is_up_to_date() -> None:
    done = audit("licences.py", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_licence_that_binds_users_is_told() -> None:
    faults: Any = runpy.run_path(str(ROOT / ".ci" / "licences.py"))["faults"]
    page = "| one | GPL-3.0-only |\n| two | MIT |\n| three | LGPL-2.1 |\n"
    installed = {"one": "GPL-3.0-only", "two": "MIT", "three": "LGPL-2.1"}
    assert faults(installed, page) == ["one is under GPL-3.0-only"]
    assert faults({"four": "MIT"}, page) == ["docs/licences.md does not have four: MIT"]
