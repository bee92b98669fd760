"""`outbound-mock grade` as a person runs it, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mockserver.grading.receiver import listens
from tests.support.free_ports import free_port
from tests.support.project import ROOT
from tests.support.waiting import until
from tests.support.warm_mocks import forked
from tests.support.warm_programs import outbound_mock

PATIENCE = 90.0
GRADE = ("grade", "--contacts", "60")
ENVIRONMENT = {"NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
CLIENT = (sys.executable, "-m", "tests.clients")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = outbound_mock(*GRADE, *arguments, within=PATIENCE, **ENVIRONMENT)
    assert "Traceback" not in done.stderr or "mockserver/grading" not in done.stderr, done.stderr
    return done


def test_a_hardship_is_on_in_every_run(tmp_path: Path) -> None:
    hardship = ("--hardship", "ordinary-day:seed=16")
    done = run(*hardship, "--trials", "none", "--report", str(tmp_path), "--", *CLIENT, "sequential")
    assert done.returncode == 0, done.stdout
    entries = json.loads((tmp_path / "requests.har").read_text("utf-8"))["log"]["entries"]
    assert 503 in {entry["response"]["status"] for entry in entries}


def test_a_hardship_that_there_is_not_is_one_line_and_4() -> None:
    done = run("--hardship", "ordinary-dya", "--", *CLIENT, "sequential")
    assert (done.returncode, len(done.stderr.splitlines())) == (4, 1)
    assert "did you mean ordinary-day?" in done.stderr


def test_a_right_client_ends_with_0_and_its_requests_are_told(tmp_path: Path) -> None:
    done = run("--trials", "none", "--report", str(tmp_path), "--", *CLIENT, "sequential")
    assert done.returncode == 0, done.stderr
    assert "verdict: good" in done.stdout
    told = json.loads((tmp_path / "grade.json").read_text("utf-8"))
    assert told["verdict"] == "good"
    assert told["runs"][0]["requests"] > 3
    assert {file.name for file in tmp_path.iterdir()} == {
        "grade.html",
        "grade.json",
        "junit.xml",
        "summary.md",
        "requests.har",
    }


def test_a_wrong_client_ends_with_1_and_its_requirement_is_named() -> None:
    done = run("--trials", "none", "--", *CLIENT, "wants-five-hundred-a-page")
    assert done.returncode == 1, done.stderr
    assert "✗ WALK-5" in done.stdout
    assert "limit=500" in done.stdout


def test_a_should_that_is_broken_counts_under_strict_alone() -> None:
    arguments = ("--trials", "none", "--", *CLIENT, "asks-for-undefined")
    assert run(*arguments).returncode == 0
    assert run("--strict", *arguments).returncode == 1


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("/does/not/exist",), "cannot start '/does/not/exist': No such file or directory"),
        (("npm run test",), "leave out the quotes, or have a shell run it: sh -c 'npm run test'"),
        (("true",), "made no request"),
    ],
    ids=["cannot be started", "is quoted as a whole", "asks nothing"],
)
def test_what_cannot_be_graded_ends_with_3(command: tuple[str, ...], reason: str) -> None:
    done = run("--", *command)
    assert done.returncode == 3
    assert reason in done.stdout
    assert "HOOK-R7" not in done.stdout, "what was not seen is not told, rule by rule, where nothing was seen"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            (
                "--trial",
                "one-429",
            ),
            "name the command",
        ),
        (("--trial", "one-430", "--", "true"), "did you mean one-429?"),
        (("--timeout", "soon", "--", "true"), "'soon' is not a valid float"),
        (("--report", "/dev/null/x", "--", "true"), "cannot write to /dev/null/x"),
        (("--report=", "--", "true"), "its value is missing"),
        (("--receiver=", "--", "true"), "'--receiver': its value is missing"),
        (("--", ""), "name the command"),
        (("--har", "pyproject.toml"), "is no HTTP Archive"),
        (("--har", "pyproject.toml", "--", "true"), "--har grades a recording, and runs nothing"),
        (("--receiver", "localhost", "--", "true"), "is no http(s) URL"),
        (("--receiver", "http://a..b:80", "--", "true"), "is no http(s) URL"),
    ],
    ids=[
        "no command",
        "an unknown trial",
        "no number",
        "no folder",
        "an empty folder",
        "an empty URL",
        "an empty command",
        "no archive",
        "an archive and a command",
        "no URL",
        "no host",
    ],
)
def test_wrong_use_ends_with_4_and_one_line(arguments: tuple[str, ...], reason: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (4, "")
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_port_that_is_taken_is_wrong_use_and_no_broken_must() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("--port", str(taken.getsockname()[1]), "--", "true")
    assert (done.returncode, done.stdout) == (4, "")
    assert "cannot listen on port" in done.stderr


def test_a_report_that_cannot_be_written_any_more_is_no_broken_must(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    spoil = f"rm -rf {folder} && touch {folder}"
    done = run("--trials", "none", "--report", str(folder), "--", "sh", "-c", spoil)
    assert done.returncode == 4, done.stderr
    assert "cannot write" in done.stderr


def test_recorded_traffic_is_graded_without_a_command(tmp_path: Path) -> None:
    request = {"method": "GET", "url": "https://api.example/api/v1/contacts?limit=500", "headers": []}
    answer = {"status": 400, "headers": [], "content": {}}
    entry = {"startedDateTime": "2026-05-01T12:00:00Z", "time": 5, "request": request, "response": answer}
    file = tmp_path / "traffic.har"
    file.write_text(json.dumps({"log": {"entries": [entry]}}), "utf-8")
    done = run("--har", str(file))
    assert done.returncode == 1, done.stderr
    assert "✗ WALK-5" in done.stdout


def test_a_receiver_is_started_delivered_to_and_ended(tmp_path: Path) -> None:
    port = free_port()
    command = (sys.executable, "-m", "tests.clients.receivers", "HasAllTheTimeInTheWorld", str(port))
    done = run("--receiver", f"http://127.0.0.1:{port}/hook", "--report", str(tmp_path), "--", *command)
    assert done.returncode == 1, done.stderr
    assert "✗ HOOK-R3" in done.stdout
    assert "✓ HOOK-R2" in done.stdout
    assert "signed ten minutes ago: answered 204" in (tmp_path / "grade.html").read_text("utf-8")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_receiver_that_does_not_listen_is_not_graded() -> None:
    done = run("--receiver", f"http://127.0.0.1:{free_port()}/hook", "--", "true")
    assert done.returncode == 3
    assert "did not listen" in done.stdout


def test_the_answers_of_another_one_at_the_receivers_url_are_not_held_against_the_command() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        url = f"http://127.0.0.1:{other.getsockname()[1]}/hook"
        done = run("--receiver", url, "--", "true")
    assert (done.returncode, done.stdout) == (4, "")
    assert f"something listens at {url} already" in done.stderr


def test_a_receiver_that_runs_already_is_graded_by_the_secret_of_the_environment() -> None:
    port, secret = free_port(), {"OUTBOUND_WEBHOOK_SECRET": "whsec_" + "0123456789abcdef" * 2}
    command = (sys.executable, "-m", "tests.clients.receivers", "Right", str(port))
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **secret}) as receiver:
        try:
            url = f"http://127.0.0.1:{port}/hook"
            assert listens(url, lambda: receiver.poll() is None)
            waiting = ("--receiver", url, "--", "sleep", "60")
            done = outbound_mock(*GRADE, *waiting, within=PATIENCE, **ENVIRONMENT, **secret)
        finally:
            receiver.kill()
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("module", ["tests.clients", "tests.clients.receivers"])
def test_a_client_of_an_unknown_name_is_one_line_and_2(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "no-such-client"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "'no-such-client'" in done.stderr


def test_a_command_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"sleep 300 & echo $! >> {pids}; setsid sleep 300 & echo $! >> {pids}; sleep 300"
    done = run("--timeout", "1", "--", "sh", "-c", script)
    assert done.returncode == 3
    assert "did not end in time" in done.stdout
    assert [pid for pid in pids.read_text().split() if is_alive(pid)] == []


def test_nothing_is_left_of_a_command_that_hides_what_it_starts(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    script = (
        "import pathlib, subprocess\n"
        "hidden = subprocess.Popen(['sleep', '300'], env={}, start_new_session=True)\n"
        f"pathlib.Path({str(file)!r}).write_text(str(hidden.pid))\n"
    )
    assert run("--", sys.executable, "-c", script).returncode == 3
    assert not is_alive(file.read_text())


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_and_what_was_seen_is_reported(tmp_path: Path, ending: signal.Signals) -> None:
    asked = tmp_path / "asked"
    script = (
        "import os, pathlib, time, urllib.request as u\n"
        "request = u.Request(os.environ['OUTBOUND_BASE_URL'] + '/api/v1/lists?limit=500')\n"
        "request.add_header('Authorization', 'Bearer ' + os.environ['OUTBOUND_API_KEY'])\n"
        "try: u.urlopen(request)\n"
        "except OSError: pass\n"
        f"pathlib.Path({str(asked)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(300)"
    )
    with forked(*GRADE, "--", sys.executable, "-c", script, **ENVIRONMENT) as process:
        asyncio.run(until(lambda: asked.exists() and asked.read_text()))
        process.send_signal(ending)
        assert process.wait(PATIENCE) == 130
        out = process.stdout.read()
    assert "✗ WALK-5" in out
    assert "interrupted" in out
    assert not is_alive(asked.read_text())


def test_a_reader_that_leaves_does_not_change_the_exit_code() -> None:
    command = [
        sys.executable,
        "-m",
        "mockserver",
        *GRADE,
        "--trials",
        "none",
        "--",
        *CLIENT,
        "wants-five-hundred-a-page",
    ]
    environment, pipe = {**os.environ, **ENVIRONMENT}, subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()
        assert process.wait(PATIENCE) == 1
    assert "BrokenPipe" not in told


def test_the_list_names_every_rule_and_trial() -> None:
    done = run("--list")
    assert done.returncode == 0
    for name in ("KEY-1", "HOOK-R7", "redirect-elsewhere", "sparse-data"):
        assert name in done.stdout


def is_alive(pid: str) -> bool:
    """Whether a process is there and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
