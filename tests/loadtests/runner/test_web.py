"""Locust's web page: the scenarios' options are fields on it, and what is begun there comes to a verdict."""

from __future__ import annotations

import csv
import json
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import patient_http
from tests.support.free_ports import free_port
from tests.support.load_runs import outbound_load
from tests.support.warm_load import Begun, outbound_load_begun
from tests.support.warm_mocks import WarmMock

_WITHIN = 120.0


@pytest.fixture(scope="module")
def healthy() -> Iterator[WarmMock]:
    with WarmMock("--contacts 20") as started:
        yield started


@contextmanager
def _served(target: WarmMock, folder: Path, *further: str) -> Iterator[tuple[Begun, httpx.Client]]:
    port = free_port()
    words = [*further, "--web", f"--web-port={port}", f"--target={target.description}", f"--report={folder}"]
    with (
        outbound_load_begun(*words, folder=folder) as running,
        patient_http.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        _eventually(lambda: _is_up(client))
        yield running, client


@pytest.fixture
def page(healthy: WarmMock, tmp_path: Path) -> Iterator[httpx.Client]:
    with _served(healthy, tmp_path) as (_, client):
        yield client


def _is_up(client: httpx.Client) -> bool:
    try:
        return client.get("/").is_success
    except httpx.TransportError:
        return False


def _eventually(true: Callable[[], bool]) -> None:
    until = time.monotonic() + _WITHIN
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)


def _state(page: httpx.Client) -> str:
    """What the runner is doing at this moment: unlike Locust's statistics, its page is made anew each time."""
    found = re.search(r'"state": "([^"]+)"', page.get("/").text)
    assert found is not None
    return found[1]


def _is_under_load(page: httpx.Client) -> bool:
    """Whether a run has sent something: once it is running, what the run before it sent is no longer counted."""
    if _state(page) != "running":
        return False
    *_, total = csv.DictReader(page.get("/stats/requests/csv").text.splitlines())
    return int(total["Request Count"]) > 0


def _start(page: httpx.Client, **fields: str) -> None:
    host = re.search(r'"host": "([^"]+)"', page.get("/").text)
    assert host is not None
    assert page.post("/swarm", data={"host": host[1], **fields}).json()["success"]


def _run(page: httpx.Client, folder: Path, stop: bool = False, **fields: str) -> dict[str, Any]:
    """Begin a run with these fields, stop it if so wanted, and read its report."""
    report = folder / "load.json"
    report.unlink(missing_ok=True)
    _start(page, **fields)
    if stop:
        _eventually(lambda: _is_under_load(page))
        page.post("/stop")
    _eventually(lambda: report.exists() and _state(page) == "stopped")
    found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return found


def test_options_are_fields_and_runs_come_to_a_verdict_one_after_another(page: httpx.Client, tmp_path: Path) -> None:
    fields = page.get("/").text
    for name in ("scenario", "minutes", "real_time", "rested", "strict", "crowd_rate", "crowd_p99", "rate_reading"):
        assert f'"{name}": {{"choices"' in fields
    assert '"target": {"choices"' not in fields
    assert "obk_live_" not in fields

    burst = _run(page, tmp_path, scenario="burst")
    assert (burst["scenario"], burst["verdict"]) == ("burst", "held")
    assert "burst" in page.get("/load.html").text

    steady = _run(page, tmp_path, scenario="steady", minutes="3")
    assert (steady["scenario"], steady["verdict"]) == ("steady", "held")
    assert steady["requests"]["total"] == 4 * (3 * 60 + 2 * 93)


def test_a_run_that_the_page_stops_is_reported_as_interrupted(page: httpx.Client, tmp_path: Path) -> None:
    stopped = _run(page, tmp_path, stop=True, scenario="steady", real_time="true", rested="true")
    assert stopped["notes"]["ended early"] == "interrupted"
    assert stopped["verdict"] != "held"


def test_keys_that_a_run_has_used_are_not_believed_to_be_rested(page: httpx.Client, tmp_path: Path) -> None:
    assert _run(page, tmp_path, scenario="burst", rested="true")["verdict"] == "held"
    crowd = _run(page, tmp_path, scenario="crowd", minutes="0.1", rested="true")
    assert crowd["verdict"] == "held", crowd["findings"]


def test_a_host_that_was_not_allowed_gets_no_load_and_the_page_says_why(page: httpx.Client, tmp_path: Path) -> None:
    _run(page, tmp_path, scenario="burst")
    (tmp_path / "load.json").unlink()
    page.post("/swarm", data={"host": "http://staging.example", "scenario": "burst"})
    _eventually(lambda: "--allow-host staging.example" in page.get("/logs").text)
    _eventually(lambda: _state(page) == "stopped")
    # Nor is the run before it begun once more.
    assert not (tmp_path / "load.json").exists()
    assert (tmp_path / "out").read_text("utf-8").count("verdict:") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
def test_a_signal_during_a_run_from_the_page_tells_what_was_measured(
    number: signal.Signals, healthy: WarmMock, tmp_path: Path
) -> None:
    with _served(healthy, tmp_path) as (running, page):
        _start(page, scenario="steady", real_time="true", rested="true")
        _eventually(lambda: _is_under_load(page))
        done = running.ended_by(number)
    assert done.returncode == 130
    assert "ended early: interrupted" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_page_on_which_nothing_runs_is_closed_by_an_interrupt(healthy: WarmMock, tmp_path: Path) -> None:
    with _served(healthy, tmp_path) as (running, _):
        assert running.ended_by(signal.SIGINT).returncode == 0


def test_a_master_starts_once_a_worker_is_there_though_it_was_told_to_before(healthy: WarmMock, tmp_path: Path) -> None:
    port = f"--master-port={free_port()}"
    with ThreadPoolExecutor(1) as pool, _served(healthy, tmp_path, "--master", port) as (_, page):
        _start(page, scenario="burst")
        _eventually(lambda: "no worker is there" in page.get("/logs").text)
        pool.submit(outbound_load, "--worker", port, f"--target={healthy.description}")
        _eventually(lambda: bool(page.get("/stats/requests").json()["workers"]))
        assert _run(page, tmp_path, scenario="burst")["verdict"] == "held"
