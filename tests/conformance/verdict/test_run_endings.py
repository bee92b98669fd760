"""How an interrupted run ends, and how a run looks on other terminals."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conformance.verdict.interrupts import Interrupts
from tests.support.warm_mocks import WarmMock
from tests.support.watched_gate import (
    HELD,
    Run,
    finish,
    gate,
    gate_anew,
    hold_before,
    let_go,
    reported,
    wait_for_checks,
)

NOT_JUDGED, INTERRUPTED = 3, 2
KEY = "obk_live_0123456789abcdefghijABCDEFGHIJ01"


def test_a_target_that_dies_is_reported_as_far_as_it_was_judged(tmp_path: Path) -> None:
    mortal = WarmMock()
    options = ("-v", "--target", str(mortal.description), "--only", "AUTH-1,SCOPE", "--report", str(tmp_path))
    try:
        # Checks before SCOPE-4 meet the silence: SCOPE-2 at the latest, because it sends new requests.
        with gate(*options, *HELD, **hold_before("SCOPE-2", tmp_path)) as process:
            wait_for_checks(process, 6)
            mortal.stop()
            let_go(tmp_path)
            run = reported(tmp_path, *finish(process))
    finally:
        mortal.stop()
    assert (run.exit_code, run.verdict) == (NOT_JUDGED, "unreachable"), run.output
    assert "Could not be judged: the target stopped answering" in run.output
    assert "AUTH-1" in run.ids("passed")
    reasons = {row["reason"] for row in run.report["requirements"] if row["id"] == "SCOPE-4"}
    assert all(reason.startswith("could not be judged: the target stopped answering") for reason in reasons)


class _Flagging(BaseHTTPRequestHandler):
    """Serves a few requests; after that only those without a key, and closes the connection of all others."""

    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        if "Authorization" not in self.headers:
            self.send_error(401)
        elif self.asked <= 5:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


def test_a_target_that_hardly_answers_is_not_asked_for_long(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Flagging) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        options = ("--base-url", f"http://127.0.0.1:{server.server_port}", "--api-key", KEY, "--only", "PAGE,OP")
        with gate(*options, "--report", str(tmp_path)) as process:
            run = reported(tmp_path, *finish(process))
        server.shutdown()
    assert run.exit_code == NOT_JUDGED, run.output
    assert "the target stopped answering" in run.output
    assert _Flagging.asked < 40


@pytest.mark.parametrize(
    ("started", "ending"), [(gate_anew, signal.SIGINT), (gate, signal.SIGTERM), (gate, signal.SIGHUP)]
)
def test_an_interrupted_run_is_reported_and_leaves_no_mock_behind(
    started: Callable[..., AbstractContextManager[Run]], ending: signal.Signals, tmp_path: Path
) -> None:
    options = ("-v", "--only", "AUTH-1,SCOPE", "--report", str(tmp_path))
    with started(*options, *HELD, **hold_before("SCOPE-4", tmp_path)) as process:
        begun = wait_for_checks(process, 6)
        process.send_signal(ending)
        sent = time.monotonic()
        run = reported(tmp_path, *finish(process))
    assert run.exit_code == INTERRUPTED, run.output
    assert time.monotonic() - sent < 60
    assert "Interrupted: the report has what was judged before that." in run.output
    assert run.output.splitlines()[-1].startswith("verdict: partial (interrupted), ")
    assert "AUTH-1" in run.ids("passed")
    assert {row["reason"] for row in run.report["requirements"] if row["id"] == "SCOPE-4"} == {
        "the run was interrupted before it"
    }
    host, _, port = begun.split("target: http://")[1].split(",")[0].partition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=1)


def test_an_interrupt_that_is_lost_on_its_way_comes_again() -> None:
    interrupts = Interrupts()
    give_back = interrupts.heed()
    try:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            interrupts.pytest_runtest_logstart()
        interrupts.pytest_keyboard_interrupt()
        interrupts.pytest_runtest_logstart()
    finally:
        give_back()


def test_a_second_interrupt_does_not_cut_the_reports_and_a_third_ends_the_run() -> None:
    interrupts = Interrupts()
    give_back = interrupts.heed()
    try:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        interrupts.pytest_keyboard_interrupt()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    finally:
        give_back()


@pytest.mark.parametrize("environment", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_a_terminal_without_unicode_shows_the_verdict(environment: dict[str, str], mock: Path) -> None:
    with gate_anew("--target", str(mock), "--only", "SCOPE-3", PYTHONCOERCECLOCALE="0", **environment) as process:
        code, output = finish(process)
    assert code == 0, output
    assert "SCOPE     +" in output
    assert "Traceback" not in output
    assert output.splitlines()[-1] == "verdict: conformant, 1 of 1 requirement passed"


def test_piped_output_has_no_colour_and_fits_80_columns(mock: Path) -> None:
    with gate("--target", str(mock), "--only", "SCOPE,TENANT-8", "--depth", "quick", COLUMNS="80") as process:
        _, output = finish(process)
    assert "\x1b" not in output
    ours = output[output.index(" requirements =") :].splitlines()
    assert [line for line in ours if len(line) > 80] == []


def test_a_verbose_run_names_the_requirement_of_every_check(mock: Path) -> None:
    with gate("-v", "--target", str(mock), "--only", "SCOPE-3", COLUMNS="120") as process:
        _, output = finish(process)
    checks = [line for line in output.splitlines() if "::" in line]
    assert checks
    assert all(" SCOPE-3 passed " in line for line in checks)
