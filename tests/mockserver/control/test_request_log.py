"""The request log shows everything that was sent, except secrets, and facts that a client is not told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver.modifications.faults import named
from mockserver.worlds.request_log import KEPT, KEPT_DOCUMENTATION
from tests.support.mock_client import FULL, KEYS, Client, new_mock

CONTACTS = "/api/v1/contacts"


def rows(client: Client, query: str = "") -> list[Any]:
    found: list[Any] = client.get(f"/_mock/requests{query}").json["data"]
    return found


class TestNothingElseIsShortened:
    def test_cursors_and_problem_types_read_as_they_were_sent(self) -> None:
        client = Client(new_mock(), FULL)
        following = client.get(f"{CONTACTS}?limit=5").json["nextCursor"]
        client.get(f"{CONTACTS}?limit=5&cursor={following}")
        client.get(f"{CONTACTS}?limit=x")
        first, second, refused = rows(client)
        assert second["query"] == f"limit=5&cursor={following}"
        assert json.loads(client.get(f"/_mock/requests/{first['number']}").json["body"])["nextCursor"] == following
        body = client.get(f"/_mock/requests/{refused['number']}").json["body"]
        assert json.loads(body)["type"] == client.get(f"{CONTACTS}?limit=x").json["type"]

    @pytest.mark.parametrize(
        "secret", ["whsec_0123456789abcdef0123456789abcdef", "v1=" + "0123456789abcdef" * 4, "sha256=" + "ab" * 32]
    )
    def test_signing_secrets_and_signatures_are(self, secret: str) -> None:
        client = Client(new_mock(), FULL)
        client.get(f"{CONTACTS}?q={secret}", x_note=f"see {secret}", x_signature=secret.rpartition("=")[2])
        everything = client.get("/_mock/requests/1").body + client.get("/_mock/requests.har").body
        assert secret.rpartition("=")[2].encode() not in everything


class TestWhatAClientIsNotTold:
    @pytest.mark.parametrize(
        ("authorization", "reason"),
        [
            ("", "malformed"),
            ("Basic abc", "malformed"),
            ("Bearer obk_live_unknown", "unknown"),
            (f"Bearer {KEYS['revoked'][0].secret}", "revoked"),
            (f"Bearer {KEYS['expired'][0].secret}", "expired"),
            (f"Bearer {FULL.secret}", None),
        ],
    )
    def test_why_a_key_was_refused(self, authorization: str, reason: str | None) -> None:
        client = Client(new_mock())
        client.get(CONTACTS, authorization=authorization)
        assert rows(client)[0]["unauthorized"] == reason

    def test_that_there_was_no_key(self) -> None:
        client = Client(new_mock())
        client.get(CONTACTS)
        assert rows(client)[0]["unauthorized"] == "missing"

    def test_where_keys_were(self) -> None:
        client = Client(new_mock(), FULL)
        client.get(f"{CONTACTS}?api_key=obk%5Flive%5F1", x_api_key=FULL.secret)
        assert sorted(rows(client)[0]["keyFoundIn"]) == ["authorization", "query", "x-api-key"]

    def test_what_was_ignored_or_is_unknown(self) -> None:
        client = Client(new_mock(), FULL)
        client.get(f"{CONTACTS}?page=2&limit=5&qualificationStatus=good&per_page=9")
        client.get("/api/v1/events?eventType=draft.sent,draft.lost")
        contacts, events = rows(client)
        assert contacts["ignoredParameters"] == ["page", "per_page"]
        assert contacts["unknownValues"] == ["qualificationStatus=good"]
        assert (events["ignoredParameters"], events["unknownValues"]) == ([], ["eventType=draft.lost"])


def test_a_row_has_the_agent_the_wait_and_the_names_of_what_was_on() -> None:
    mock = new_mock(rate_limited=True)
    client = Client(mock, FULL)
    mock.world.switch_on(named("default-of-49"))
    while client.get("/api/v1/me", user_agent="suite/1").status == 200:
        pass
    (row,) = rows(client, "?status=429")
    assert (row["userAgent"], row["switches"]) == ("suite/1", ["default-of-49"])
    assert int(row["retryAfter"]) > 0


class TestFilters:
    def test_by_the_text_of_the_query(self) -> None:
        client = Client(new_mock(), FULL)
        for query in ("q=ada", "q=bob", ""):
            client.get(f"{CONTACTS}?{query}")
        assert [row["query"] for row in rows(client, "?query=ada")] == ["q=ada"]

    def test_the_documentation_is_left_out_unless_it_is_asked_for(self) -> None:
        client = Client(new_mock(), FULL)
        client.get("/api-docs/swagger-ui-bundle.js")
        client.get("/api/v1/me")
        assert [row["path"] for row in rows(client)] == ["/api/v1/me"]
        assert len(rows(client, "?documentation=1")) == 2
        assert client.get("/_mock/requests/1").json["body"] == ""


def test_the_documentation_takes_no_room_from_the_api() -> None:
    mock = new_mock(contacts=0)
    client = Client(mock, FULL)
    client.get("/api/v1/me")
    for _ in range(KEPT_DOCUMENTATION + 3):
        client.get("/api-docs")
    assert len(mock.world.request_log) == KEPT_DOCUMENTATION + 1
    for _ in range(KEPT + 3):
        client.get("/api/v1/lists")
    kept = list(mock.world.request_log)
    assert len(kept) == KEPT + KEPT_DOCUMENTATION
    assert sum(entry.is_documentation for entry in kept) == KEPT_DOCUMENTATION
