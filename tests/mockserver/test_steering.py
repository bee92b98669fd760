"""`outbound-mock trigger`, `advance` and `logs`, on a mock that runs: what they do, and how they fail in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import patient_http
from tests.support.mock_process import PATIENCE, Running
from tests.support.warm_mocks import running
from tests.support.warm_programs import outbound_mock


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("mock"), "--contacts", "120") as started:
        yield started


def ask(mock: Running, target: str) -> None:
    patient_http.get(f"{mock.url}{target}", headers={"Authorization": f"Bearer {mock.key}"})


def test_trigger_has_an_event_happen(mock: Running) -> None:
    done = outbound_mock("trigger", "draft.replied", "--url", mock.url)
    assert (done.returncode, done.stderr) == (0, "")
    headers = {"Authorization": f"Bearer {mock.key}"}
    newest = patient_http.get(f"{mock.url}/api/v1/events?limit=1", headers=headers).json()["data"][0]
    assert (newest["id"], newest["eventType"]) == (done.stdout.strip(), "draft.replied")


def test_an_event_of_a_type_that_is_not_documented_happens_if_it_is_meant(mock: Running) -> None:
    done = outbound_mock("trigger", "draft.snoozed", "--undocumented", "--url", mock.url)
    assert (done.returncode, done.stdout[:4], done.stderr) == (0, "evt_", "")


def test_a_certificate_that_is_not_trusted_is_told_with_the_remedy(tmp_path: Path) -> None:
    with running(tmp_path, "--tls", str(tmp_path / "authority.pem")) as started:
        done = outbound_mock("logs", "--url", started.url)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "its certificate is not trusted" in done.stderr
    assert "SSL_CERT_FILE=" in done.stderr


def test_advance_moves_the_clock(mock: Running) -> None:
    before = patient_http.get(f"{mock.url}/_mock/clock").json()["time"]
    done = outbound_mock("advance", "86400", "--url", mock.url)
    assert done.returncode == 0
    assert done.stdout.strip()[:10] > before[:10]


def test_logs_show_what_was_asked_and_why_it_was_refused(mock: Running) -> None:
    ask(mock, "/api/v1/contacts?limit=500")
    done = outbound_mock("logs", "--last", "1", "--url", mock.url)
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    assert " 400 GET /api/v1/contacts?limit=500 [" in line
    assert mock.key not in line
    assert "\x1b" not in line


def test_logs_can_be_followed_until_they_are_interrupted(mock: Running) -> None:
    command = [sys.executable, "-u", "-m", "mockserver", "logs", "-f", "--last", "1", "--url", mock.url]
    ask(mock, "/api/v1/me")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as following:
        try:
            assert following.stdout is not None
            assert "/api/v1/me" in following.stdout.readline()
            ask(mock, "/api/v1/lists")
            assert "/api/v1/lists" in following.stdout.readline()
            following.send_signal(signal.SIGINT)
            _, errors = following.communicate(timeout=PATIENCE)
        finally:
            following.kill()
    assert (following.returncode, "Traceback" in errors) == (130, False)


def test_logs_that_are_followed_end_with_their_reader_though_no_request_comes(mock: Running) -> None:
    command = [sys.executable, "-u", "-m", "mockserver", "logs", "-f", "--last", "1", "--url", mock.url]
    ask(mock, "/api/v1/me")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as following:
        try:
            assert following.stdout is not None
            assert following.stderr is not None
            assert "/api/v1/me" in following.stdout.readline()
            following.stdout.close()
            following.wait(PATIENCE)
            assert (following.returncode, following.stderr.read()) == (-signal.SIGPIPE, "")
        finally:
            following.kill()


def test_a_world_can_be_meant(mock: Running) -> None:
    world = patient_http.post(f"{mock.url}/_mock/worlds", json={"address": "prefix"}).json()
    assert outbound_mock("advance", "5", "--url", world["baseUrl"]).returncode == 0
    assert outbound_mock("logs", "--url", world["baseUrl"] + "/").stdout == ""


def test_logs_end_quietly_if_nobody_reads_on(mock: Running) -> None:
    for _ in range(3):
        ask(mock, "/api/v1/me")
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "mockserver", "logs", "--url", mock.url]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
    os.close(writing)
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("trigger", "nothing.happened", "--undocumented"), 1, "eventType must begin with"),
        (
            ("trigger", "nothing.happened"),
            1,
            "eventType: the documentation names no nothing.happened; there are contact.",
        ),
        (
            ("trigger", "draft.repled"),
            1,
            "names no draft.repled; did you mean draft.replied? (with `undocumented` it happens)",
        ),
        (("trigger",), 4, "EVENT"),
        (("trigger", ""), 4, "EVENT': its value is missing"),
        (("logs", "--url", ""), 4, "its value is missing"),
        (("advance", "1e30"), 1, "advance"),
        *(
            (("advance", text), 4, f"'{text}' is no number of seconds")
            for text in ("-5", "-.5", "1h", "nan", "-inf", "")
        ),
        (("advance", "5", "--ulr", "http://127.0.0.1:1"), 4, "Did you mean '--url'?"),
        (("triger",), 4, "no command 'triger'; did you mean trigger?"),
        (("serve",), 4, "there are grade, trigger, advance, logs"),
        (("logs", "--url", "nowhere"), 4, "no address"),
        (("logs", "--url", "http://127.0.0.1:1"), 1, "no answer from http://127.0.0.1:1"),
        (("logs", "--url", "http://127.0.0.1:x"), 4, "no address"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(mock: Running, arguments: tuple[str, ...], code: int, told: str) -> None:
    done = outbound_mock(*arguments, OUTBOUND_MOCK_URL=mock.url)
    assert done.returncode == code
    (line,) = done.stderr.splitlines()
    assert line.startswith("outbound-mock: ")
    assert told in line


def test_the_help_of_the_mock_names_them() -> None:
    told = outbound_mock("--help").stdout
    assert all(f"outbound-mock {command}" in told for command in ("grade", "trigger", "advance", "logs"))
