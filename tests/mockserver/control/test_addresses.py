"""Addresses in answers begin with the address that the client used: in a world, and behind a proxy that removes a prefix."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest

from tests.support.mock_client import FULL, Client, new_mock

PROXY = {"host": "mock.example", "x_forwarded_proto": "https", "x_forwarded_prefix": "/prefix/"}


@pytest.mark.parametrize("path", ["/api-docs/openapi.json", "/_mock/openapi.json"])
def test_a_document_names_the_address_that_was_asked(path: str) -> None:
    mock = new_mock(contacts=0)
    world_id, _ = mock.worlds.add()
    for home in ("", f"/_worlds/{world_id}"):
        document = Client(mock).get(f"{home}{path}", host="localhost:8080").json
        assert document["servers"][0]["url"] == f"http://localhost:8080{home}"


def test_a_document_names_the_address_before_the_proxy() -> None:
    answer = Client(new_mock(contacts=0)).get("/api-docs/openapi.json", **PROXY)
    assert answer.json["servers"][0]["url"] == "https://mock.example/prefix"


@pytest.mark.parametrize("path", ["/api-docs", "/api-docs/"])
def test_the_documentation_of_a_world_is_made_of_files_of_that_world(path: str) -> None:
    mock = new_mock(contacts=0)
    world_id, _ = mock.worlds.add()
    here = f"/_worlds/{world_id}{path}"
    parts = re.findall(r'(?:src|href)="([^"#]+)"', Client(mock).get(here).body.decode())
    assert len(parts) > 4
    for part in parts:
        target = urljoin(here, part)
        assert (target.startswith(f"/_worlds/{world_id}/"), Client(mock).get(target).status) == (True, 200)


@pytest.mark.parametrize("suffix", ["", "/"])
def test_the_root_leads_a_browser_to_the_console(suffix: str) -> None:
    mock = new_mock(contacts=0)
    world_id, _ = mock.worlds.add()
    for home in (f"/_worlds/{world_id}{suffix}", "/"):
        answer = Client(mock).get(home, accept="text/html,*/*")
        target = urljoin(home, answer.headers["location"])
        assert (answer.status, Client(mock).get(target).status) == (303, 200)
        assert target == f"{home.rstrip('/')}/admin"


def test_the_root_is_nothing_to_a_client_of_the_api() -> None:
    assert Client(new_mock(contacts=0), FULL).get("/", accept="application/json").kind == "not-found"


def test_an_archive_of_a_world_has_the_addresses_of_that_world() -> None:
    mock = new_mock(contacts=0)
    world_id, _ = mock.worlds.add()
    Client(mock, FULL).get(f"/_worlds/{world_id}/api/v1/me")
    archive = Client(mock).get(f"/_worlds/{world_id}/_mock/requests.har").json
    assert archive["log"]["entries"][0]["request"]["url"] == f"http://127.0.0.1/_worlds/{world_id}/api/v1/me"
