"""`outbound-load`: what it says before any load, what it refuses, and how it ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from loadtests.scenarios import scenarios
from loadtests.setup import Options, UsageError, prepare
from spec.target import load
from tests.support import warm_load
from tests.support.load_runs import outbound_load
from tests.support.warm_mocks import WarmMock

_KEY = "obk_live_" + "x" * 32
_ME = b'{"apiKey": {"id": "key_1"}, "organization": {"id": "org_1"}}'


@pytest.fixture(scope="module")
def healthy() -> Iterator[WarmMock]:
    with WarmMock("--contacts 20") as started:
        yield started


class Answering(ThreadingHTTPServer):
    asked: list[str]
    status: list[int]


@pytest.fixture
def answering() -> Iterator[Answering]:
    """A server that answers everything with the status in its `answer`, and counts in `asked`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status[0])
            self.send_header("Content-Length", str(len(_ME)))
            self.end_headers()
            self.wfile.write(_ME)

        def log_message(self, *_: object) -> None:
            pass

    asked: list[str] = []
    status = [401]
    server = Answering(("127.0.0.1", 0), Handler)
    server.asked, server.status = asked, status
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def _target(folder: Path, base_url: str, more: str = "") -> str:
    path = folder / "target.toml"
    path.write_text(f'base_url = "{base_url}"\n[organizations.primary]\napi_keys = ["{_KEY}"]\n{more}', "utf-8")
    return f"--target={path}"


def test_the_list_names_every_scenario_with_its_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = outbound_load("--list")
    assert done.code == 0
    told = " ".join(done.out.split())
    assert all(f"{scenario.name} {scenario.claim}" in told for scenario in scenarios().values())
    assert max(map(len, done.out.splitlines())) <= 80


def test_the_help_and_the_version_are_told() -> None:
    assert "--allow-host" in outbound_load("--help").out
    assert outbound_load("--version").out.startswith("outbound-load ")


def test_a_dry_run_counts_what_a_run_then_sends(healthy: WarmMock, tmp_path: Path) -> None:
    told = outbound_load("burst", f"--target={healthy.description}", "--dry-run")
    assert told.code == 0
    done = outbound_load("burst", f"--target={healthy.description}", folder=tmp_path)
    assert f"{done.report['requests']['total']:,} requests at the most" in told.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nonsense"], "nonsense"),
        ([], "name a scenario"),
        (["burst", "--minutes=-1"], "--minutes"),
        (["burst", "--base-url=http://127.0.0.1:1"], "no API key"),
        (["burst", "--base-url=http://staging.example", "--api-key=" + _KEY], "--allow-host staging.example"),
        (["burst", "--base-url=ftp://127.0.0.1", "--api-key=" + _KEY], "base_url"),
        (["burst", "--target=missing.toml"], "missing.toml"),
        (["burst", "--keys=missing.txt", "--base-url=http://127.0.0.1:1"], "missing.txt"),
        (["burst", "--mock-options=--fault nonsense"], "nonsense"),
        (["burst", "--master", "--worker"], "exclude one another"),
        (["--worker", "--web"], "--web belongs to the master"),
        (["steady", "--minutes=inf"], "positive numbers"),
        (["crowd", "--crowd-rate=nan"], "positive numbers"),
        (["crowd", "--crowd-p99=nan"], "positive numbers"),
        (["burst", "--report="], "--report: its value is missing"),
        (["burst", "--base-url="], "--base-url: its value is missing"),
        (["burst", "--api-key="], "--api-key: its value is missing"),
        (["burst", "--allow-host", "a", "--allow-host="], "--allow-host: its value is missing"),
        (
            ["burst", "--base-url=http://127.0.0.1:1", "--api-key=env:NO_SUCH"],
            "environment variable NO_SUCH is not set",
        ),
        (["burst", "--report=/dev/null/report"], "--report: Not a directory"),
        (["neighbours", "--base-url=http://127.0.0.1:1", "--api-key=" + _KEY], "neighbours needs 2 API keys"),
    ],
)
def test_what_a_user_gets_wrong_is_one_line_and_exit_code_4(words: list[str], told: str) -> None:
    done = outbound_load(*words)
    assert done.code == 4
    assert told in done.err
    assert done.err.count("\n") == 1
    assert _KEY not in done.out + done.err


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("https_proxy", "http://user:secret@proxy.example:3128", "through the proxy http://proxy.example:3128"),
        ("ALL_PROXY", "socks5://proxy.example:1080", "socks5:// proxies are not supported"),
    ],
)
def test_load_is_not_sent_through_a_proxy(
    variable: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    address = "https://staging.example"
    options = Options("burst", base_url=address, allow_hosts=("staging.example",))
    monkeypatch.setenv("OUTBOUND_API_KEY", _KEY)
    with pytest.raises(UsageError, match=told) as refused:
        prepare(options)
    assert "secret" not in str(refused.value)
    monkeypatch.setenv("no_proxy", "staging.example")
    assert prepare(options).target.base_url == address


def test_a_target_that_does_not_answer_cannot_be_judged(tmp_path: Path) -> None:
    done = outbound_load("burst", _target(tmp_path, "http://127.0.0.1:1"))
    assert done.code == 3
    assert done.err == "outbound-load: connection refused by http://127.0.0.1:1\n"
    assert "Traceback" not in done.err


@pytest.mark.parametrize(("status", "code"), [(401, 4), (403, 3), (500, 3), (404, 3)])
def test_a_target_that_does_not_serve_the_key_gets_no_load(
    status: int, code: int, answering: Answering, tmp_path: Path
) -> None:
    answering.status[0] = status
    done = outbound_load("burst", _target(tmp_path, f"http://127.0.0.1:{answering.server_port}"))
    assert done.code == code
    assert str(status) in done.err
    assert _KEY not in done.err
    assert len(answering.asked) <= 6


def test_a_clock_that_cannot_be_moved_leaves_the_target_unjudged(answering: Answering, tmp_path: Path) -> None:
    answering.status[0] = 200
    hooks = '[hooks]\nadvance_clock = "false {seconds}"\n'
    done = outbound_load(
        "burst", _target(tmp_path, f"http://127.0.0.1:{answering.server_port}", hooks), folder=tmp_path
    )
    assert done.code == 3
    assert "advance_clock" in done.report["reason"]


def test_an_interrupt_reports_what_was_measured(healthy: WarmMock, tmp_path: Path) -> None:
    words = ["steady", f"--target={healthy.description}", "--real-time", "--rested", f"--report={tmp_path}"]
    with warm_load.outbound_load_begun(*words, folder=tmp_path) as running:
        # The first line of progress comes while requests are sent.
        first = running.error("steady: at the limit (1 of 3)")
        done = running.ended_by(signal.SIGINT)
    assert "left" in first
    assert done.returncode == 130
    assert "ended early: interrupted" in done.stdout
    assert (tmp_path / "load.json").exists()
    assert "Traceback" not in done.stderr


def test_no_key_is_told_by_a_run_and_its_report(healthy: WarmMock, tmp_path: Path) -> None:
    done = outbound_load("burst", f"--target={healthy.description}", "--processes=1", folder=tmp_path)
    text = done.out + done.err + "".join(path.read_text("utf-8") for path in tmp_path.iterdir())
    for secret in load(healthy.description).secrets():
        assert secret not in text
        assert secret[9:] not in text


def test_settings_of_other_load_tests_do_not_change_a_run(healthy: WarmMock, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.locust]\nhost = "http://127.0.0.1:9"\n', "utf-8")
    (tmp_path / "locust.conf").write_text("logfile = locust.log\n", "utf-8")
    words = ("burst", f"--target={healthy.description}")
    done = warm_load.outbound_load(*words, within=300, folder=tmp_path, LOCUST_HTML="locust.html")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"pyproject.toml", "locust.conf"}
