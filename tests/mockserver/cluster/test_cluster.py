"""Several processes are one mock: limits count for all of them, and all of them see changes. With a real Redis server."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import httpx
import pytest
import redis

from spec import contract
from spec.target import Target, load
from tests.support import patient_http, warm_mocks
from tests.support.redis_server import redis_server
from tests.support.warm_mocks import ForkedCommand
from tests.support.warm_programs import outbound_mock

ME = contract().operations["getMe"].path
CONTACTS = contract().operations["listContacts"].path
LIMITS = contract().rate_limits
PATIENCE = 60.0
STRICT = ("--rate-reading", "strict")


@contextmanager
def running(url: str, folder: Path, *options: str) -> Iterator[tuple[ForkedCommand, Target]]:
    """A mock of three processes, once it serves, with its description."""
    with warm_mocks.running(folder, "--contacts", "60", "--state", url, "--workers", "3", *options) as mock:
        assert isinstance(mock.process, ForkedCommand)
        try:
            yield mock.process, load(mock.file)
        finally:
            mock.process.send_signal(signal.SIGTERM)
            mock.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Target]]:
    """A mock of three processes for the tests that leave it as able as they find it, with the URL of its own Redis server."""
    folder = tmp_path_factory.mktemp("shared")
    with redis_server(folder) as url, running(url, folder, *STRICT) as (_, target):
        yield url, target


@contextmanager
def receiver() -> Iterator[tuple[str, Queue[str]]]:
    """An endpoint for webhooks: its URL, and the ids of the events that it gets."""
    received: Queue[str] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.put(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["id"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook", received
        finally:
            server.shutdown()
            thread.join()


def statuses(target: Target, requests: int) -> Counter[int]:
    """The statuses of N requests with a key, each on its own connection, eight at once."""
    headers = {"authorization": f"Bearer {target.organizations.primary.api_keys[0]}"}
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(
            lambda _: patient_http.get(f"{target.base_url}{ME}", headers=headers).status_code, range(requests)
        )
        return Counter(answers)


def everywhere(target: Target, path: str) -> list[Any]:
    """The answers for a path over several connections, so that each process is asked."""
    headers = {"authorization": f"Bearer {target.organizations.primary.api_keys[1]}"}
    return [patient_http.get(f"{target.base_url}{path}", headers=headers).json() for _ in range(12)]


def control(target: Target, method: str, path: str, body: Any = None) -> Any:
    answer = patient_http.request(method, f"{target.base_url}/_mock/{path}", json=body or {})
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def without_progress(errors: str) -> list[str]:
    """The lines that a mock printed, but for those of a start that took longer than two seconds."""
    return [line for line in errors.splitlines() if not line.startswith("seeding:")]


class TestWorkers:
    def test_a_limit_holds_exactly_over_all_and_the_clock_moves_for_all(self, shared: tuple[str, Target]) -> None:
        _, target = shared
        assert statuses(target, 90) == {200: LIMITS.per_minute, 429: 90 - LIMITS.per_minute}
        control(target, "POST", "clock", {"advance": 60})
        assert statuses(target, 90) == {200: LIMITS.per_minute, 429: 90 - LIMITS.per_minute}

    def test_a_clock_that_is_set_back_stops_no_key(self, shared: tuple[str, Target]) -> None:
        _, target = shared
        before = control(target, "POST", "clock", {"advance": 60})["now"]
        control(target, "POST", "clock", {"advance": 3_600})
        assert statuses(target, 90) == {200: LIMITS.per_minute, 429: 90 - LIMITS.per_minute}
        control(target, "POST", "clock", {"set": before})
        control(target, "POST", "clock", {"advance": 60})
        assert statuses(target, 90) == {200: LIMITS.per_minute, 429: 90 - LIMITS.per_minute}

    def test_a_change_is_seen_everywhere_and_is_the_same_there(self, shared: tuple[str, Target]) -> None:
        _, target = shared
        added = control(target, "POST", "contacts")
        pages = everywhere(target, f"{CONTACTS}?limit=1")
        assert pages[0]["data"][0]["id"] == added["id"]
        assert pages == [pages[0]] * len(pages)

    def test_a_write_that_the_api_refuses_counts_once_in_a_world_too(self, server: str, tmp_path: Path) -> None:
        with running(server, tmp_path) as (_, target):
            control(target, "POST", "clock", {"freeze": True})
            world = control(target, "POST", "worlds")
            key = patient_http.post(f"{world['controlUrl']}/keys", json={"name": "CI", "scopes": []}).json()
            headers = {"authorization": f"Bearer {key['secret']}"}
            assert patient_http.post(f"{world['baseUrl']}{ME}", headers=headers).status_code == 405
            usage = patient_http.get(f"{world['controlUrl']}/keys/{key['id']}").json()["usage"]
        assert usage["window"]["used"] == 1

    def test_another_mock_joins_with_what_has_changed(self, shared: tuple[str, Target], tmp_path: Path) -> None:
        url, target = shared
        added = control(target, "POST", "contacts")
        with running(url, tmp_path, *STRICT) as (_, other):
            assert everywhere(other, f"{CONTACTS}?limit=1")[0]["data"][0]["id"] == added["id"]

    def test_an_event_is_delivered_once(self, shared: tuple[str, Target]) -> None:
        _, target = shared
        with receiver() as (url, received):
            control(target, "POST", "webhooks", {"url": url})
            events = [control(target, "POST", "events")["id"] for _ in range(3)]
            delivered = [received.get(timeout=PATIENCE) for _ in events]
        assert sorted(delivered) == sorted(events)
        assert received.empty()

    def test_each_process_shows_what_became_of_a_delivery(self, shared: tuple[str, Target]) -> None:
        _, target = shared
        with receiver() as (url, _):
            endpoint = control(target, "POST", "webhooks", {"url": url})["id"]
            control(target, "POST", "events")
            for attempts in range(1, 5):
                logs = everywhere(target, f"/_mock/deliveries?endpoint={endpoint}&state=delivered&wait=5")
                assert logs == [logs[0]] * len(logs)
                (delivery,) = logs[0]["data"]
                assert [attempt["status"] for attempt in delivery["attempts"]] == [204] * attempts
                control(target, "POST", f"deliveries/{delivery['id']}/redeliver")
        control(target, "DELETE", f"webhooks/{endpoint}")

    def test_each_process_shows_when_a_delivery_is_tried_again(self, shared: tuple[str, Target]) -> None:
        _, target = shared
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
            endpoint = control(target, "POST", "webhooks", {"url": url})["id"]
            control(target, "POST", "clock", {"freeze": True})
            control(target, "POST", "events")
            until = time.monotonic() + PATIENCE
            while not all(
                log["data"][0]["attempts"] for log in everywhere(target, f"/_mock/deliveries?endpoint={endpoint}")
            ):
                assert time.monotonic() < until, "a process has not seen the attempt"
            logs = everywhere(target, f"/_mock/deliveries?endpoint={endpoint}")
        assert logs == [logs[0]] * len(logs)
        assert logs[0]["data"][0]["nextAttemptAt"] > logs[0]["data"][0]["attempts"][0]["at"]
        control(target, "POST", "clock", {"resume": True})
        control(target, "DELETE", f"webhooks/{endpoint}")

    def test_ctrl_c_ends_all(self, server: str, tmp_path: Path) -> None:
        with running(server, tmp_path) as (process, target):
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 130
            with pytest.raises(httpx.ConnectError):
                patient_http.get(target.base_url)

    def test_a_server_that_goes_is_told_and_one_that_comes_back_is_used(self, tmp_path: Path) -> None:
        (tmp_path / "state").mkdir()
        with redis_server(tmp_path / "state") as url, running(url, tmp_path) as (process, target):
            with redis.Redis.from_url(url) as client, suppress(redis.ConnectionError):
                client.shutdown(nosave=True)
            answer = patient_http.post(f"{target.base_url}/_mock/contacts", json={})
            assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
            assert "the shared state cannot be reached" in answer.json()["detail"]
            assert set(statuses(target, 3)) == {503}
            with redis_server(tmp_path / "state"):
                until = time.monotonic() + PATIENCE
                # The processes look for the server once a second.
                while not (answer := patient_http.post(f"{target.base_url}/_mock/contacts", json={})).is_success:
                    assert time.monotonic() < until, "no process has seen the server"
                added = answer.json()["id"]
                while {page["data"][0]["id"] for page in everywhere(target, f"{CONTACTS}?limit=1")} != {added}:
                    assert time.monotonic() < until, "not every process has seen the change"
                process.send_signal(signal.SIGTERM)
                errors = process.errors(PATIENCE)
        told = Counter(
            re.sub(".*(cannot be reached|can be reached again|was lost).*", r"\1", line)
            for line in without_progress(errors)
        )
        assert set(told) == {"cannot be reached", "can be reached again", "was lost"}
        assert max(told.values()) <= 3, "each process logs each line once"

    def test_a_process_that_dies_takes_the_others_with_it(self, server: str, tmp_path: Path) -> None:
        with running(server, tmp_path) as (process, _):
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            os.kill(int(children[0]), signal.SIGKILL)
            assert process.wait(PATIENCE) == 1
            assert "a worker was ended by SIGKILL, so all end" in process.errors(PATIENCE)

    def test_processes_end_with_the_one_that_started_them(self, server: str, tmp_path: Path) -> None:
        with running(server, tmp_path) as (process, _):
            process.send_signal(signal.SIGKILL)
            errors = process.errors(PATIENCE)
        assert without_progress(errors) == []

    def test_a_stopped_process_does_not_keep_the_others_from_ending(self, server: str, tmp_path: Path) -> None:
        with running(server, tmp_path) as (process, _):
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            os.kill(int(children[0]), signal.SIGSTOP)
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 130

    @pytest.mark.parametrize(
        ("options", "code", "words"),
        [
            (["--workers", "2"], 4, "--state"),
            (["--state", "nonsense"], 4, "--state nonsense: not the URL of a Redis server"),
            (
                ["--state", "redis://me:secret@127.0.0.1:1/0"],
                1,
                "--state redis://…@127.0.0.1:1/0: no Redis server answers",
            ),
        ],
    )
    def test_what_cannot_be_shared_is_one_line(self, options: list[str], code: int, words: str) -> None:
        done = outbound_mock("--port", "0", *options)
        assert done.returncode == code
        assert words in done.stderr
        assert done.stderr.count("\n") == 1
