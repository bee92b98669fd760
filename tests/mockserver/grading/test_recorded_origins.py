"""`grade --har FILE`: which of the recorded requests ask the API, and which API they ask."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mockserver.grading import report
from mockserver.grading.verdict import recording_graded
from tests.support.graded_archives import CONTACTS, entry, recorded, statuses

OTHERS = [
    "https://other.example/api/v1/users",
    "https://other.example/api/v1/contacts?page=2",
    "https://stats.example/api/collect",
    "https://api.example/api/v2/track",
    "https://api.example/app.js",
    "wss://api.example/api/v1/socket",
]
PAGE: dict[str, Any] = {"data": [{}], "nextCursor": None}


@pytest.mark.parametrize("url", OTHERS)
def test_what_asks_something_else_is_left_out(tmp_path: Path, url: str) -> None:
    assert len(recorded(tmp_path, entry(0, CONTACTS), entry(1, url, key="")).exchanges) == 1


def test_a_tunnel_and_a_web_socket_are_left_out(tmp_path: Path) -> None:
    tunnel = entry(1, "https://api.example:443")
    tunnel["request"]["method"] = "CONNECT"
    socket = entry(2, "https://api.example/api/v1/socket", 101)
    assert len(recorded(tmp_path, entry(0, CONTACTS), tunnel, socket).exchanges) == 1


@pytest.mark.parametrize("key", ["", "obk_live_…wwke"])
def test_an_undocumented_path_of_the_api_is_found(tmp_path: Path, key: str) -> None:
    run = recorded(tmp_path, entry(0, CONTACTS, key=key), entry(1, "https://api.example:443/api/v1/users", key=""))
    assert statuses(run)["ASK-1"] == "broken"


@pytest.mark.parametrize("url", ["https://other.example/api/v1/users", "https://stats.example/collect"])
def test_a_request_with_the_key_counts_wherever_it_goes(tmp_path: Path, url: str) -> None:
    assert statuses(recorded(tmp_path, entry(0, CONTACTS), entry(1, url)))["ASK-1"] == "broken"


@pytest.mark.parametrize("key", ["", "obk_live_…wwke"])
def test_the_api_may_lie_below_another_path(tmp_path: Path, key: str) -> None:
    gateway = "https://gw.example/outbound/api/v1"
    run = recorded(tmp_path, entry(0, f"{gateway}/contacts?page=2", key=key), entry(1, f"{gateway}/api/v1/me", key=key))
    assert [exchange.path for exchange in run.exchanges] == ["/api/v1/contacts", "/api/v1/api/v1/me"]
    assert (statuses(run)["ASK-1"], statuses(run)["ASK-2"]) == ("broken", "broken")


def lists_of(folder: Path, *hosts: str, key: str, status: int = 200) -> dict[str, str]:
    asked = [entry(number, f"https://{host}/api/v1/lists", status, PAGE, key=key) for number, host in enumerate(hosts)]
    return statuses(recorded(folder, *asked))


@pytest.mark.parametrize("key", ["", "obk_live_…wwke"])
def test_each_api_is_its_own(tmp_path: Path, key: str) -> None:
    several = ("h1.example", "h2.example", "h3.example", "h4.example")
    assert lists_of(tmp_path, *several, key=key)["COST-1"] == "kept"
    assert lists_of(tmp_path, *several[:1] * 4, key=key)["COST-1"] == "broken"
    assert lists_of(tmp_path, *several, key=key, status=401)["KEY-3"] == "kept"
    assert lists_of(tmp_path, *several[:1] * 4, key=key, status=401)["KEY-3"] == "broken"


def test_a_wait_counts_for_the_api_that_asked_for_it(tmp_path: Path) -> None:
    refused = entry(0, CONTACTS, 429, Retry_After="5")
    elsewhere = CONTACTS.replace("api.example", "staging.example")
    assert statuses(recorded(tmp_path, refused, entry(1, elsewhere)))["PACE-1"] == "kept"


def test_the_end_of_a_list_is_that_of_its_api(tmp_path: Path) -> None:
    elsewhere = CONTACTS.replace("api.example", "staging.example")
    last = entry(0, CONTACTS, body=PAGE)
    assert statuses(recorded(tmp_path, last, entry(1, f"{elsewhere}?cursor=")))["WALK-4"] == "kept"
    assert statuses(recorded(tmp_path, last, entry(1, f"{CONTACTS}?cursor=")))["WALK-4"] == "broken"
    assert statuses(recorded(tmp_path, last, entry(1, f"{elsewhere}?cursor=abc")))["WALK-1"] == "not-seen"


def test_a_report_keeps_apart_what_asked_several_apis(tmp_path: Path) -> None:
    elsewhere = "https://gw.example/outbound/api/v1/contacts"
    result = recording_graded("x.har", recorded(tmp_path, entry(0, CONTACTS), entry(1, elsewhere)), strict=False)
    entries = json.loads(report.FILES["requests.har"](result))["log"]["entries"]
    assert [entry["request"]["url"] for entry in entries] == [CONTACTS, elsewhere]
