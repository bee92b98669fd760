"""`grade --har FILE`: what a browser took from a cache, or answered by itself, is no request of the client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.graded_archives import CONTACTS, entry, recorded, statuses

UNSENT: dict[str, dict[str, Any]] = {
    "chrome-memory": {"_fromCache": "memory"},
    "chrome-disk": {"_fromCache": "disk"},
    "safari-memory": {"_fetchType": "Memory Cache"},
    "safari-disk": {"_fetchType": "Disk Cache"},
    "safari-worker": {"_fetchType": "Service Worker"},
    "safari-override": {"_fetchType": "Inspector Override"},
    "firefox": {"cache": {"afterRequest": {"lastFetched": "2026-05-01T11:00:00Z", "fetchCount": 3}}},
}
SENT: dict[str, dict[str, Any]] = {
    "chrome": {"_fromCache": None},
    "safari": {"_fetchType": "Network Load"},
    "empty-cache": {"cache": {}},
    "firefox": {"cache": {"afterRequest": None}},
    "odd": {"cache": "none"},
}
REFUSED = entry(0, CONTACTS, 429, Retry_After="30")


@pytest.mark.parametrize("mark", UNSENT.values(), ids=UNSENT)
def test_an_answer_from_a_cache_is_no_request(tmp_path: Path, mark: dict[str, Any]) -> None:
    run = recorded(tmp_path, REFUSED, *(entry(at, CONTACTS, body={}) | mark for at in range(1, 7)))
    assert len(run.exchanges) == 1
    assert (statuses(run)["PACE-1"], statuses(run)["COST-1"]) == ("kept", "not-seen")


@pytest.mark.parametrize("mark", SENT.values(), ids=SENT)
def test_an_answer_from_the_network_is_a_request(tmp_path: Path, mark: dict[str, Any]) -> None:
    run = recorded(tmp_path, REFUSED, entry(1, CONTACTS, body={}) | mark)
    assert statuses(run)["PACE-1"] == "broken"


def test_an_answer_that_the_api_confirmed_is_a_request(tmp_path: Path) -> None:
    confirmed = entry(1, CONTACTS, 304, body={}) | UNSENT["firefox"]
    confirmed["request"]["headers"].append({"name": "If-None-Match", "value": '"a"'})
    assert statuses(recorded(tmp_path, REFUSED, confirmed))["PACE-1"] == "broken"


@pytest.mark.parametrize(
    "mark", [{"_fetchedViaServiceWorker": True}, {"_serviceWorkerResponseSource": "cache-storage"}]
)
def test_an_answer_of_a_service_worker_is_no_request(tmp_path: Path, mark: dict[str, Any]) -> None:
    answered = entry(1, CONTACTS, 401)
    answered["response"] |= mark
    assert len(recorded(tmp_path, REFUSED, answered).exchanges) == 1


def test_a_redirect_that_the_browser_made_is_no_request(tmp_path: Path) -> None:
    redirect = entry(1, CONTACTS, 307, Non_Authoritative_Reason="HSTS")
    assert statuses(recorded(tmp_path, REFUSED, redirect))["PACE-1"] == "kept"


def test_a_cached_page_gives_its_cursor(tmp_path: Path) -> None:
    first = entry(0, CONTACTS, body={"data": [], "nextCursor": "abc"})
    cached = entry(1, f"{CONTACTS}?limit=9", body={"data": [], "nextCursor": "def"}) | UNSENT["chrome-disk"]
    taken = recorded(tmp_path, first, cached, entry(2, f"{CONTACTS}?cursor=def"))
    made_up = recorded(tmp_path, first, cached, entry(2, f"{CONTACTS}?cursor=xyz"))
    assert (statuses(taken)["WALK-1"], statuses(made_up)["WALK-1"]) == ("kept", "broken")


def test_a_cursor_may_come_from_a_cached_page_without_its_body(tmp_path: Path) -> None:
    first = entry(0, CONTACTS, body={"data": [], "nextCursor": "abc"})
    cached = entry(1, f"{CONTACTS}?limit=9") | UNSENT["chrome-disk"]
    run = recorded(tmp_path, first, cached, entry(2, f"{CONTACTS}?cursor=def"))
    assert statuses(run)["WALK-1"] == "not-seen"
