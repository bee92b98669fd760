"""The request log judges clients by key and by the rules of the grade, and never guesses."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import quote

import pytest

from mockserver.grading import live
from mockserver.worlds.request_log import KEPT
from tests.support.console_client import Visitor, text
from tests.support.mock_client import FULL, KEYS, Client, new_mock

CONTACTS = "/api/v1/contacts"


def graded(client: Client) -> dict[str, Any]:
    """The requirements of the only key that has sent requests, by id."""
    (only,) = client.get("/_mock/grade").json["data"]
    return {row["id"]: row for row in only["requirements"]}


def test_an_unasked_mock_has_no_grade() -> None:
    assert Client(new_mock()).get("/_mock/grade").json == {"data": [], "last": 0}


def test_a_client_that_does_all_right_is_good() -> None:
    client = Client(new_mock(), FULL)
    following = client.get(f"{CONTACTS}?limit=50").json["nextCursor"]
    client.get(f"{CONTACTS}?limit=50&cursor={following}")
    (only,) = client.get("/_mock/grade").json["data"]
    assert (only["verdict"], only["requests"], only["key"]) == ("good", 2, FULL.id)
    kept = {row["id"] for row in only["requirements"] if row["status"] == "kept"}
    assert kept == {"KEY-1", "WALK-1", "WALK-2", "WALK-4", "WALK-5", "ASK-1", "ASK-2"}


def test_what_is_broken_names_its_requests() -> None:
    client = Client(new_mock(), FULL)
    client.get(CONTACTS)
    client.get(f"{CONTACTS}?limit=500")
    row = graded(client)["WALK-5"]
    assert row["status"] == "broken"
    assert [finding["numbers"] for finding in row["evidence"]] == [[2]]


def test_each_key_has_a_grade_of_its_own() -> None:
    mock = new_mock()
    other = KEYS["primary"][1]
    Client(mock, FULL).get(f"{CONTACTS}?page=2")
    Client(mock, other).get(CONTACTS)
    verdicts = {each["key"]: each["verdict"] for each in Client(mock).get("/_mock/grade").json["data"]}
    assert verdicts == {FULL.id: "broken", other.id: "good"}


def test_a_key_in_the_query_is_found_and_not_shown() -> None:
    for spelling in (FULL.secret, quote(FULL.secret).replace("obk_", "obk%5F")):
        client = Client(new_mock())
        client.get(f"{CONTACTS}?api_key={spelling}")
        answer = client.get("/_mock/grade")
        assert graded(client)["KEY-1"]["status"] == "broken"
        assert FULL.secret not in answer.body.decode()
        assert spelling not in answer.body.decode()


class TestWaits:
    def test_who_asks_too_early_breaks_pace_1(self) -> None:
        client = Client(new_mock(rate_limited=True), FULL)
        clock = client.mock.state.clock
        while client.get("/api/v1/me").status == 200:
            pass
        clock.advance(0.5)
        client.get("/api/v1/me")
        assert graded(client)["PACE-1"]["status"] == "broken"

    def test_who_waits_by_the_clock_of_the_mock_keeps_it(self) -> None:
        client = Client(new_mock(rate_limited=True), FULL)
        clock = client.mock.state.clock
        while (refused := client.get("/api/v1/me")).status == 200:
            pass
        clock.advance(float(refused.headers["retry-after"]))
        client.get("/api/v1/me")
        assert graded(client)["PACE-1"]["status"] == "kept"

    def test_no_wait_is_cut_by_a_clock_that_was_set_back(self) -> None:
        client = Client(new_mock(rate_limited=True), FULL)
        clock = client.mock.state.clock
        while client.get("/api/v1/me").status == 200:
            pass
        clock.set(clock.now() - 100)
        client.get("/api/v1/me")
        clock.advance(100.5)
        client.get("/api/v1/me")
        assert graded(client)["PACE-1"]["status"] == "kept"


class TestAClockThatStandsStill:
    def test_growing_waits_grow(self) -> None:
        client = frozen()
        fails(client, wait=0)
        tried(client, 0, 0.1, 0.3, 0.9)
        assert graded(client)["FAIL-2"]["evidence"] == []

    def test_five_tries_within_one_second_are_told(self) -> None:
        client = frozen()
        fails(client, wait=0)
        tried(client, 0, 0, 0, 0, 0)
        assert graded(client)["FAIL-2"]["status"] == "broken"

    def test_a_pause_still_ends_a_run_of_the_script(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(live, "QUIET", 0.05)
        client = frozen()
        for _ in range(3):
            client.get(f"{CONTACTS}/none")
            time.sleep(0.06)
        assert graded(client)["FAIL-1"]["status"] == "kept"

    @pytest.mark.parametrize(("runs", "status"), [(True, "broken"), (False, "not-seen")])
    def test_a_limit_that_never_becomes_available_again_shows_no_pace(self, runs: bool, status: str) -> None:
        client = Client(new_mock(rate_limited=True), FULL)
        clock = client.mock.state.clock
        wait = clock.advance if runs else time.sleep
        if runs:
            clock.resume()
        while client.get("/api/v1/me").status == 200:
            pass
        for _ in range(4):
            wait(0.3)
            client.get("/api/v1/me")
        assert graded(client)["PACE-3"]["status"] == status

    def test_a_wait_by_the_clock_counts_too(self) -> None:
        client = frozen()
        fails(client, wait=5)
        client.get(CONTACTS)
        client.mock.state.clock.advance(5)
        client.get(CONTACTS)
        assert graded(client)["FAIL-2"]["evidence"] == []


class TestNotGuessed:
    def test_what_needs_connections_or_trials_is_not_seen(self) -> None:
        client = Client(new_mock(), FULL)
        page = client.get(f"{CONTACTS}?limit=1").json["nextCursor"]
        for _ in range(12):
            client.get(f"{CONTACTS}?limit=1&cursor={page}")
        rows = graded(client)
        for requirement in ("WALK-3", "COST-1", "COST-3", "KEY-4", "FAIL-4", "OPEN-1", "HOOK-R1"):
            assert rows[requirement]["status"] == "not-seen", requirement

    def test_a_script_that_is_started_again_repeats_nothing(self) -> None:
        client = Client(new_mock(rate_limited=True), FULL)
        clock = client.mock.state.clock
        for _ in range(3):
            client.get(f"{CONTACTS}/none")
            clock.advance(20)
        assert graded(client)["FAIL-1"]["status"] == "kept"

    def test_the_same_within_one_run_does(self) -> None:
        client = Client(new_mock(), FULL)
        for _ in range(3):
            client.get(f"{CONTACTS}/none")
        assert graded(client)["FAIL-1"]["status"] == "broken"


class TestPage:
    def test_it_leads_to_the_requests(self) -> None:
        mock = new_mock()
        Client(mock, FULL).get(f"{CONTACTS}?limit=500")
        page = Visitor(mock).get("/grade").body.decode()
        assert 'data-live="/admin/grade/now"' in page
        assert 'href="/admin/requests/1"' in page

    def test_its_part_is_what_the_page_refreshes_itself_with(self) -> None:
        mock = new_mock()
        Client(mock, FULL).get(f"{CONTACTS}?limit=500")
        assert "WALK-5" in text(Visitor(mock).get("/grade/now"))

    def test_it_says_that_nothing_was_asked(self) -> None:
        assert "Nothing has been asked yet" in text(Visitor(new_mock()).get("/grade"))


class TestCursors:
    def test_one_that_no_answer_gave_breaks_walk_1(self) -> None:
        client = Client(new_mock(), FULL)
        second = client.get(f"{CONTACTS}?limit=50").json["data"][20]
        client.get(f"{CONTACTS}?limit=50&cursor={built(second)}")
        assert graded(client)["WALK-1"]["evidence"][0]["numbers"] == [2]

    def test_one_that_another_key_of_the_organization_was_given_is_allowed(self) -> None:
        mock = new_mock()
        following = Client(mock, KEYS["primary"][1]).get(f"{CONTACTS}?limit=20").json["nextCursor"]
        client = Client(mock, FULL)
        client.get(f"{CONTACTS}?limit=50")
        client.get(f"{CONTACTS}?limit=50&cursor={following}")
        rows = {each["key"]: each["requirements"] for each in client.get("/_mock/grade").json["data"]}[FULL.id]
        assert [row["evidence"] for row in rows if row["id"] in ("WALK-1", "WALK-2")] == [[], []]

    def test_one_that_was_kept_since_before_the_log_began_is_allowed(self) -> None:
        client = Client(new_mock(), FULL)
        following = client.get(f"{CONTACTS}?limit=50").json["nextCursor"]
        client.mock.world.request_log.clear()
        client.get(f"{CONTACTS}?limit=50&cursor={following}")
        assert graded(client)["WALK-1"]["status"] == "not-seen"

    def test_one_under_other_filters_breaks_walk_2(self) -> None:
        client = Client(new_mock(), FULL)
        following = client.get(f"{CONTACTS}?limit=1&qualificationStatus=qualified").json["nextCursor"]
        client.get(f"{CONTACTS}?limit=1&cursor={following}")
        assert graded(client)["WALK-2"]["evidence"][0]["numbers"] == [1, 2]

    def test_nothing_is_said_once_the_log_has_dropped_an_answer(self) -> None:
        client = Client(new_mock(), FULL)
        second = client.get(f"{CONTACTS}?limit=50").json["data"][20]
        for _ in range(KEPT):
            client.get("/api/v1/me")
        client.get(f"{CONTACTS}?limit=50")
        client.get(f"{CONTACTS}?limit=50&cursor={built(second)}")
        assert graded(client)["WALK-1"]["status"] == "not-seen"


class TestFailures:
    def test_a_503_that_is_not_waited_for_breaks_fail_2(self) -> None:
        client = Client(new_mock(), FULL)
        fails(client)
        client.get(CONTACTS)
        client.get(CONTACTS)
        assert graded(client)["FAIL-2"]["evidence"][0]["numbers"] == [1, 2]

    def test_one_that_was_not_tried_again_yet_says_nothing(self) -> None:
        client = Client(new_mock(), FULL)
        fails(client)
        client.get(CONTACTS)
        assert graded(client)["FAIL-2"]["evidence"] == []


def built(contact: dict[str, Any]) -> str:
    """A cursor in the form of the documentation's example, made by hand."""
    content = json.dumps({"id": contact["id"], "t": contact["createdAt"]}, separators=(",", ":"))
    return urlsafe_b64encode(content.encode()).decode().rstrip("=")


def frozen() -> Client:
    """The client of a mock whose clock stands still."""
    client = Client(new_mock(), FULL)
    assert client.mock.state.clock.is_frozen
    return client


def tried(client: Client, *waits: float) -> None:
    """Ask for the same again and again, after these waits in real seconds."""
    for wait in waits:
        time.sleep(wait)
        client.get(CONTACTS)


def fails(client: Client, wait: int = 5) -> None:
    """Make the API answer 503 from now on, with a Retry-After of so many seconds."""
    body = {"hardship": "server-errors", "parameters": {"probability": 1, "status": "503", "wait": wait}}
    assert client.ask("POST", "/_mock/switches", json.dumps(body).encode()).status == 201
