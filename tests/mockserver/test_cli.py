"""`outbound-mock` as a person starts it: a process, what it prints, the file it writes, and how it ends."""

from __future__ import annotations

import re
import shlex
import socket
import stat
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import httpx
import pytest

from mockserver.server import options
from mockserver.server.banner import banner
from mockserver.server.interrupts import INTERRUPTED
from mockserver.server.target_file import target_toml
from spec.surroundings import USAGE
from tests.support import mock_process, patient_http
from tests.support.mock_client import FULL, new_mock
from tests.support.mock_process import PATIENCE, Running
from tests.support.warm_mocks import running
from tests.support.warm_programs import outbound_mock


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("mock"), "--no-rate-limit") as started:
        yield started


def test_its_target_is_complete_and_for_its_owner_alone(mock: Running) -> None:
    assert stat.S_IMODE(mock.file.stat().st_mode) == 0o600
    assert [path.name for path in mock.file.parent.iterdir()] == ["target.toml"]
    assert len(mock.target["organizations"]["secondary"]["api_keys"]) == 2
    assert len(mock.target["keys"]["spare"]) == 6
    assert mock.target["rate_limit"] == {
        "reading": "burst",
        "per_minute": 1_000_000,
        "burst": 1_000_000,
        "burst_window": 30,
    }


def test_its_keys_do_what_the_target_says_of_them(mock: Running) -> None:
    def status(key: str, path: str) -> int:
        return patient_http.get(f"{mock.url}/api/v1{path}", headers={"Authorization": f"Bearer {key}"}).status_code

    keys = mock.target["keys"]
    assert status(mock.key, "/contacts") == 200
    assert {status(key, f"/{scope.partition('.')[0]}") for scope, key in keys["single_scope"].items()} == {200}
    assert (status(keys["no_scope"], "/me"), status(keys["no_scope"], "/contacts")) == (200, 403)
    assert (status(keys["revoked"], "/me"), status(keys["expired"], "/me")) == (401, 401)


def test_its_hooks_work_as_the_target_spells_them(mock: Running) -> None:
    added = mock.hook("hooks", "add_contact")
    headers = {"Authorization": f"Bearer {mock.key}"}
    newest = patient_http.get(f"{mock.url}/api/v1/contacts?limit=1", headers=headers).json()["data"][0]
    assert (added.returncode, added.stdout.strip()) == (0, newest["id"])
    before = patient_http.get(f"{mock.url}/_mock/health").json()["now"]
    moved = mock.hook("hooks", "advance_clock", seconds="3600")
    assert float(moved.stdout) >= before + 3600
    refused = mock.hook("hooks", "advance_clock", seconds="-0.5e")
    assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)


def test_every_answer_names_one_date_and_one_server(mock: Running) -> None:
    url = httpx.URL(mock.url)
    with socket.create_connection((url.host, url.port or 80), timeout=PATIENCE) as connection:
        connection.sendall(b"GET /api/v1/contacts/%00%ff%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head = b"".join(iter(lambda: connection.recv(4_096), b"")).decode().lower()
    assert head.startswith("http/1.1 401 ")
    assert (head.count("\r\ndate: "), head.count("\r\nserver: ")) == (1, 1)


def test_an_interrupt_ends_it_at_once_though_a_client_stays_connected(tmp_path: Path) -> None:
    with mock_process.running(tmp_path) as started, patient_http.Client() as client:
        assert client.get(f"{started.url}/_mock/health").status_code == 200
        output, errors = started.interrupt()
        assert started.process.returncode == INTERRUPTED
        assert "Traceback" not in output + errors


def test_it_prints_where_it_is_and_a_line_that_works(tmp_path: Path) -> None:
    with running(tmp_path, "--seed", "7") as started:
        answers = patient_http.get(f"{started.url}/api/v1/me", headers={"Authorization": f"Bearer {started.key}"})
        output, errors = started.interrupt()
    assert answers.status_code == 200
    assert started.url in output
    assert f"{started.url}/api-docs" in output
    line = " ".join(output[output.index("curl ") :].replace("\\\n", " ").splitlines()[0].split())
    assert shlex.split(line) == ["curl", "-H", f"Authorization: Bearer {started.key}", f"{started.url}/api/v1/me"]
    assert "\x1b" not in output
    assert max(map(len, output.splitlines())) <= 80
    assert errors.strip() == ""


def test_its_banner_is_coloured_for_a_person_and_names_every_key() -> None:
    mock = new_mock()
    text = banner(mock.state, SETTINGS, "http://127.0.0.1:8080")
    assert "\x1b[" in text
    assert FULL.secret in text
    assert {key.secret for key in mock.state.keys} == set(re.findall(r"obk_live_\w{32}", text))


def test_a_state_without_keys_is_told_and_described_all_the_same() -> None:
    mock = new_mock()
    for key in list(mock.state.keys):
        mock.state.keys.remove(key)
    assert "curl" not in banner(mock.state, SETTINGS, "http://127.0.0.1:8080")
    described = tomllib.loads(target_toml(mock.state, mock.world.settings, "http://127.0.0.1:8080"))
    assert described["keys"] == {"single_scope": {}, "spare": []}
    assert "organizations" not in described


SETTINGS: Any = SimpleNamespace(rate_limited=False, modifications=[])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--porf", "1"], "--port"),
        (["--port", "x"], "--port"),
        (["--port", "70000"], "--port"),
        (["--rate-reading", "loose"], "strict"),
        (["--host", "192.0.2.1"], "192.0.2.1"),
        (["--host", "a..b"], "--host: 'a..b' is no address of this machine"),
        (["--activity", "nan"], "'--activity': 'nan' is no number"),
        (["grade", "--timeout", "nan", "--", "true"], "'--timeout': 'nan' is no number"),
        (["stray"], "stray"),
        (["--port", "0", "stray"], "no command 'stray'"),
        (["--port", "0", "grade", "--trial", "x"], "write the command before the options: outbound-mock grade …"),
        (["--host="], "'--host': its value is missing"),
        (["--write-target="], "'--write-target': its value is missing"),
        (["--tls="], "'--tls': its value is missing"),
        (["--webhook", "http://127.0.0.1:1", "--webhook="], "'--webhook': its value is missing"),
        (["--hardship", "nosuch"], "'nosuch' is no hardship; outbound-mock --list-hardships lists them"),
        (["--fault", "nosuch"], "'nosuch' is no fault; outbound-mock --list-faults lists them"),
    ],
)
def test_a_mistake_is_one_line_and_the_exit_code_of_wrong_use(arguments: list[str], words: str) -> None:
    result = outbound_mock(*arguments)
    assert result.returncode == USAGE
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


def test_a_port_in_use_is_one_line_and_options_come_from_the_environment() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = outbound_mock(OUTBOUND_MOCK_PORT=port)
    assert (result.returncode, len(result.stderr.splitlines())) == (USAGE, 1)
    assert port in result.stderr


@pytest.mark.parametrize(
    ("command", "variable", "told"),
    [
        ([], "OUTBOUND_MOCK_FAULT", "--fault: 'nosuch' is no fault"),
        (["grade", "--", "true"], "OUTBOUND_MOCK_TRIAL", "--trial: 'nosuch' is no trial"),
        (["grade", "--", "true"], "OUTBOUND_MOCK_TRIALS", "'--trials': 'nosuch' is not one of"),
    ],
)
def test_the_variable_of_an_option_is_named_as_the_option_is(
    command: list[str], variable: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "nosuch")
    result = outbound_mock(*command)
    assert result.returncode == USAGE
    assert told in result.stderr


def test_a_target_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    result = outbound_mock("--port", "0", "--contacts", "1", "--write-target", str(tmp_path / "none" / "target.toml"))
    assert (result.returncode, len(result.stderr.splitlines())) == (USAGE, 1)
    assert "target.toml" in result.stderr


def test_an_unknown_modification_is_told_with_what_is_most_like_it() -> None:
    (found,) = options.modifications("fault", ["default-of-49@operation=listLists"])
    assert str(found) == "default-of-49@operation=listLists"
    with pytest.raises(click.BadParameter, match="did you mean default-of-49"):
        options.modifications("fault", ["default-of-40"])


def test_it_tells_its_version_and_its_options() -> None:
    assert re.fullmatch(r"outbound-mock \d+\.\d+\.\d+\n", outbound_mock("--version").stdout)
    assert "--write-target" in outbound_mock("--help").stdout


def test_its_imports_warn_nobody() -> None:
    command = [sys.executable, "-W", "default", "-c", "import mockserver.app, mockserver.server.uvicorn_server"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert (result.stdout, result.stderr) == ("", "")


def test_a_sales_team_works_from_the_start(tmp_path: Path) -> None:
    with running(tmp_path, "--activity", "6000") as mock:
        until = time.monotonic() + PATIENCE
        while patient_http.get(f"{mock.url}/_mock/activity").json()["steps"] < 3:
            assert time.monotonic() < until, "no process goes on"


def test_a_reset_brings_back_what_it_was_started_with(tmp_path: Path) -> None:
    with running(tmp_path, "--activity", "600", "--webhook", "http://127.0.0.1:9/hook") as mock:
        before = patient_http.get(f"{mock.url}/_mock/webhooks").json()["data"]
        patient_http.post(f"{mock.url}/_mock/webhooks", json={"url": "http://127.0.0.1:9/other"})
        patient_http.delete(f"{mock.url}/_mock/activity")
        patient_http.post(f"{mock.url}/_mock/reset", json={}).raise_for_status()
        (after,) = patient_http.get(f"{mock.url}/_mock/webhooks").json()["data"]
        assert (after["id"], after["url"]) == (before[0]["id"], "http://127.0.0.1:9/hook")
        assert patient_http.get(f"{mock.url}/_mock/activity").json()["rate"] == 600


def test_a_control_token_is_asked_for(tmp_path: Path) -> None:
    with running(tmp_path, "--control-token", "open-sesame-1234") as mock:
        assert patient_http.get(f"{mock.url}/_mock/health").status_code == 401
        headers = {"authorization": "Bearer open-sesame-1234"}
        assert patient_http.get(f"{mock.url}/_mock/health", headers=headers).status_code == 200
        assert "open-sesame-1234" not in "".join(mock.interrupt())
