"""Worlds through the control API: what a test gets, what it may ask for, and a port for each world."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.app import Mock
from tests.support.mock_client import FULL, START, Client, new_mock
from tests.support.warm_mocks import running


def made(mock: Mock, **options: Any) -> Any:
    answer = Client(mock).ask("POST", "/_mock/worlds", json.dumps(options).encode())
    assert answer.status == 201, answer.body
    return answer.json


def test_its_key_opens_it_and_no_other_world() -> None:
    mock = new_mock()
    one, other = made(mock), made(mock)
    bearer = f"Bearer {one['apiKey']}"
    paths = [f"/_worlds/{one['id']}/api/v1/me", f"/_worlds/{other['id']}/api/v1/me", "/api/v1/me"]
    assert [Client(mock).get(path, authorization=bearer).status for path in paths] == [200, 401, 401]
    assert Client(mock, FULL).get(paths[0]).status == 401
    me = Client(mock).get(paths[0], authorization=bearer).json
    assert one["organization"]["id"] in json.dumps(me)


def test_a_copy_has_a_valid_key_with_every_scope_or_is_refused() -> None:
    mock = new_mock()
    full = [key for key in mock.state.keys if key.scopes == FULL.scopes and key.is_valid_at(START)]
    for key in full[:-1]:
        Client(mock).ask("POST", f"/_mock/keys/{key.id}/revoke")
    world = made(mock)
    assert world["organization"]["id"] == full[-1].organization_id
    assert (
        Client(mock).get(f"/_worlds/{world['id']}/api/v1/me", authorization=f"Bearer {world['apiKey']}").status == 200
    )
    Client(mock).ask("POST", f"/_mock/keys/{full[-1].id}/revoke")
    refused = Client(mock).ask("POST", "/_mock/worlds", b"{}")
    assert (refused.status, "mint one first" in refused.json["detail"]) == (409, True)
    assert list(mock.worlds.copies) == [world["id"]]
    assert made(mock, contacts=3)["apiKey"]


def test_it_is_a_copy_unless_data_is_asked_for() -> None:
    mock = new_mock(contacts=9)
    Client(mock).ask("POST", "/_mock/contacts")
    choices: list[dict[str, Any]] = [{}, {"rateReading": "strict"}, {"contacts": 4, "organizations": 3}, {"seed": 5}]
    sizes = []
    for options in choices:
        health = Client(mock).get(f"/_worlds/{made(mock, **options)['id']}/_mock/health").json
        sizes.append([organization["contacts"] for organization in health["organizations"]])
    assert sizes == [[10, 9], [10, 9], [4, 4, 4], [9, 9]]


def test_hardships_and_variants_are_on_from_the_start() -> None:
    mock = new_mock()
    world = mock.worlds.copies[made(mock, hardships=["latency:seconds=0"], variants=["short-pages"])["id"]]
    assert [switch.name for switch in world.switches] == ["latency"]
    assert len(world.settings.modifications) == 1


@pytest.mark.parametrize(
    "options", [{"variants": ["nothing"]}, {"hardships": ["nothing"]}, {"contacts": 100_000, "organizations": 9}]
)
def test_what_cannot_be_made_is_refused(options: dict[str, Any]) -> None:
    mock = new_mock(contacts=0)
    assert Client(mock).ask("POST", "/_mock/worlds", json.dumps(options).encode()).status == 400
    assert not mock.worlds.copies


def test_it_has_a_port_of_its_own_until_it_is_dropped(tmp_path: Path) -> None:
    with running(tmp_path, "--contacts", "3") as mock:
        world = httpx.post(f"{mock.url}/_mock/worlds").json()
        headers = {"authorization": f"Bearer {world['apiKey']}"}
        assert httpx.URL(world["baseUrl"]).path == "/"
        assert httpx.get(httpx.URL(world["baseUrl"]).join("/api/v1/me"), headers=headers).status_code == 200
        assert httpx.get(f"{mock.url}/_worlds/{world['id']}/api/v1/me", headers=headers).status_code == 200
        document = httpx.get(world["documentUrl"]).json()
        assert document["servers"][0]["url"] == world["baseUrl"]
        assert httpx.get(f"{world['controlUrl']}/requests").json()["last"] == 3
        assert httpx.get(world["consoleUrl"]).status_code == 200
        httpx.delete(f"{mock.url}/_mock/worlds/{world['id']}")
        with pytest.raises(httpx.ConnectError):
            httpx.get(world["baseUrl"])
        prefixed = httpx.post(f"{mock.url}/_mock/worlds", json={"address": "prefix"}).json()
        assert prefixed["baseUrl"] == f"{mock.url}/_worlds/{prefixed['id']}"


def test_its_port_is_on_the_addresses_that_the_mock_listens_on(tmp_path: Path) -> None:
    with running(tmp_path, "--contacts", "0", "--host", "::") as mock:
        for host in ("127.0.0.1", "[::1]"):
            world = httpx.post(f"http://{host}:{httpx.URL(mock.url).port}/_mock/worlds").json()
            assert httpx.URL(world["baseUrl"]).host == host.strip("[]")
            assert httpx.get(f"{world['controlUrl']}/health").status_code == 200
