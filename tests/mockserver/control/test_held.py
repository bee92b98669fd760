"""A request is held until a test releases it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockserver.app import Mock
from tests.support import patient_http
from tests.support.mock_client import FULL, NEIGHBOUR, Client, Response, new_mock
from tests.support.warm_mocks import running


class Scene:
    """A mock, its concurrent requests, and its control API."""

    def __init__(self) -> None:
        self.mock: Mock = new_mock(contacts=3)

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = await self.mock.control.call(self.mock.world, method, f"/_mock/{path}", body)
        return answer if status < 300 else status

    def ask(self, path: str, key: Any = FULL) -> asyncio.Task[Response]:
        """A request under way in this event loop."""
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"authorization", f"Bearer {key.secret}".encode())],
            "client": None,
        }
        return asyncio.ensure_future(Client(self.mock)._exchange(scope, b""))


def told(story: Callable[[Scene], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(story(Scene()), 30))


def test_it_waits_and_goes_on_when_it_is_released() -> None:
    async def story(scene: Scene) -> None:
        hold = await scene.call("POST", "switches", {"hold": True, "operation": "getMe", "requests": 2})
        asked = [scene.ask("/api/v1/me") for _ in range(3)]
        held = (await scene.call("GET", "held?wait=20&count=2"))["data"]
        assert [(each["path"], each["switch"], each["key"]) for each in held] == [
            ("/api/v1/me", hold["id"], FULL.id)
        ] * 2
        assert (await asked[2]).status == 200
        await scene.call("POST", f"held/{held[1]['id']}/release")
        assert (await asked[1]).status == 200
        assert not asked[0].done()
        await scene.call("DELETE", f"switches/{hold['id']}")
        assert (await asked[0]).status == 200
        assert (await scene.call("GET", "switches"))["data"] == []

    told(story)


def test_what_changes_meanwhile_is_seen_by_a_held_request() -> None:
    async def story(scene: Scene) -> None:
        await scene.call("POST", "switches", {"hold": True, "key": FULL.id})
        asked = scene.ask("/api/v1/me")
        assert (await scene.ask("/api/v1/me", NEIGHBOUR)).status == 200
        (held,) = (await scene.call("GET", "held?wait=20"))["data"]
        await scene.call("POST", f"keys/{FULL.id}/revoke")
        await scene.call("POST", f"held/{held['id']}/release")
        assert (await asked).status == 401

    told(story)


@pytest.mark.parametrize("way", ["DELETE switches", "POST reset"])
def test_everything_goes_on_when_all_is_switched_off(way: str) -> None:
    async def story(scene: Scene) -> None:
        await scene.call("POST", "switches", {"hold": True})
        asked = scene.ask("/api/v1/me")
        await scene.call("GET", "held?wait=20")
        await scene.call(*way.split())
        assert (await asked).status == 200

    told(story)


@pytest.mark.parametrize(
    "body",
    [{"hold": False}, {"hold": True, "fault": "x"}, {"hold": True, "key": "key_x"}, {"hold": True, "operation": "x"}],
)
def test_what_cannot_be_held_is_refused(body: Any) -> None:
    async def story(scene: Scene) -> None:
        assert await scene.call("POST", "switches", body) == 400
        assert await scene.call("POST", "held/held_9/release") == 404

    told(story)


def test_a_request_over_the_wire_is_held_too(tmp_path: Path) -> None:
    with running(tmp_path) as mock, ThreadPoolExecutor(1) as pool:
        patient_http.post(f"{mock.url}/_mock/switches", json={"hold": True, "operation": "getMe", "requests": 1})
        headers = {"authorization": f"Bearer {mock.key}"}
        asked = pool.submit(patient_http.get, f"{mock.url}/api/v1/me", headers=headers)
        (held,) = patient_http.get(f"{mock.url}/_mock/held?wait=30").json()["data"]
        assert not asked.done()
        patient_http.post(f"{mock.url}/_mock/held/{held['id']}/release")
        assert asked.result().status_code == 200


def test_a_request_whose_client_leaves_is_held_no_longer(tmp_path: Path) -> None:
    with running(tmp_path) as mock:
        patient_http.post(f"{mock.url}/_mock/switches", json={"hold": True, "operation": "getMe", "requests": 1})
        with socket.create_connection((urlsplit(mock.url).hostname, urlsplit(mock.url).port or 80)) as client:
            client.sendall(f"GET /api/v1/me HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {mock.key}\r\n\r\n".encode())
            (held,) = patient_http.get(f"{mock.url}/_mock/held?wait=30").json()["data"]
        (logged,) = patient_http.get(f"{mock.url}/_mock/requests?operation=getMe&wait=30").json()["data"]
        assert logged["status"] == 200
        assert patient_http.get(f"{mock.url}/_mock/held").json()["data"] == []
        assert patient_http.post(f"{mock.url}/_mock/held/{held['id']}/release").status_code == 404
