"""What a mock announces: it keeps the kind of each file that it writes to, and prints one line if it cannot write."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mockserver.server.announcement import as_json
from mockserver.server.target_file import write_private
from tests.support import patient_http
from tests.support.mock_client import FULL, new_mock
from tests.support.mock_process import PATIENCE
from tests.support.warm_programs import outbound_mock

SMALL = [sys.executable, "-m", "mockserver", "--port", "0", "--contacts", "1"]


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "target.toml"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        read = pool.submit(pipe.read_text)
        write_private(pipe, "told")
        assert read.result(PATIENCE) == "told"
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_link_stays_one_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    link = tmp_path / "target.toml"
    link.symlink_to(tmp_path / "real")
    write_private(link, "told")
    assert link.is_symlink()
    assert (tmp_path / "real").read_text() == "told"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["real", "target.toml"]


@pytest.mark.parametrize("place", ["none/target.toml", "file/target.toml"])
def test_what_cannot_be_written_is_named_as_it_was_given(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    path = str(tmp_path / place)
    done = outbound_mock("--port", "0", "--contacts", "1", "--write-target", path)
    assert done.returncode == 4
    assert done.stderr.startswith(f"outbound-mock: cannot write {path}: ")
    assert done.stderr.count("\n") == 1


def test_an_output_that_nobody_reads_is_one_line() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(SMALL, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "outbound-mock: cannot write to standard output: Broken pipe\n")


def test_it_prints_its_address_alone_if_it_is_to_be_quiet() -> None:
    with subprocess.Popen([*SMALL, "--quiet"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert patient_http.get(f"{address}/_mock/health").status_code == 200
        process.kill()
        assert process.stdout.read() == ""


def test_scripts_are_told_the_keys_by_organization() -> None:
    state = new_mock().state
    told = json.loads(as_json(state, "http://127.0.0.1:9"))
    assert (told["baseUrl"], told["controlUrl"]) == ("http://127.0.0.1:9", "http://127.0.0.1:9/_mock")
    assert sum(len(organization["keys"]) for organization in told["organizations"]) == len(list(state.keys))
    (first, *_) = told["organizations"][0]["keys"]
    assert first == {"name": FULL.name, "kind": "primary", "scopes": list(FULL.scopes), "secret": FULL.secret}
