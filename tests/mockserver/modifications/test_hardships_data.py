"""How hardships change the data that a client gets: short pages, unknown members and values, cursors that expire."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver.modifications import hardships
from tests.support.hardship_mocks import CONTACTS, EVENTS, ME, hard, is_signed, sent_to_endpoints, walked
from tests.support.mock_client import FULL, Client, new_mock


def ids(pages: list[list[Any]]) -> list[str]:
    return [item["id"] for page in pages for item in page]


class TestData:
    def test_small_pages_lead_to_everything(self) -> None:
        mock = hard("small-pages", probability=0.6, smallest=0.1)
        pages = walked(mock, 10)
        sizes = [len(page) for page in pages]
        assert ids(pages) == ids(walked(new_mock(), 10))
        assert sizes[0] == 10
        assert min(sizes) > 0
        assert {size < 10 for size in sizes[1:-1]} == {True, False}
        assert pages == walked(mock, 10)

    def test_unknown_members_are_in_every_object(self) -> None:
        mock = hard("unknown-members")
        client = Client(mock, FULL)
        me, page, problem = (client.get(path).json for path in (ME, CONTACTS, "/api/v1/nothing"))
        for told in (me, me["apiKey"], me["organization"], page, page["data"][0], problem):
            assert told["experimental"] is True
        (outgoing,) = sent_to_endpoints(mock, 1)
        assert json.loads(outgoing.body)["resource"]["experimental"] is True
        assert is_signed(mock, outgoing)

    @pytest.mark.parametrize(
        ("collection", "member", "unknown", "known"),
        [
            ("contacts", "qualificationStatus", "under_review", "qualified"),
            ("drafts", "status", "snoozed", "sent"),
            ("events", "eventType", "sequence.step_reached", "draft.sent,contact.created"),
        ],
    )
    def test_unknown_values_are_filtered_by_as_they_are_shown(
        self, collection: str, member: str, unknown: str, known: str
    ) -> None:
        mock = hard("unknown-enum-values", probability=0.3)
        path = f"/api/v1/{collection}"
        everything = [item for page in walked(mock, 50, path=path) for item in page]
        assert [item["id"] for item in everything] == ids(walked(new_mock(), 50, path=path))
        assert unknown in {item[member] for item in everything}
        for wanted in (unknown, known, "nonsense"):
            shown = [item for item in everything if item[member] in wanted.split(",")]
            pages = walked(mock, 5, f"&{member}={wanted}", path)
            assert [item for page in pages for item in page] == shown
            assert all(len(page) == 5 for page in pages[:-1])
            assert pages[-1] or not shown
        if collection != "events":
            changed = next(item for item in everything if item[member] == unknown)
            alone = Client(mock, FULL).get(f"{path}/{changed['id']}").json
            assert changed == {name: alone[name] for name in changed}

    def test_an_unknown_event_type_is_delivered_as_the_feed_has_it(self) -> None:
        mock = hard("unknown-enum-values", probability=0.5)
        outgoing = sent_to_endpoints(mock, 20)
        feed = {event["id"]: event["eventType"] for page in walked(mock, 200, path=EVENTS) for event in page}
        delivered = [json.loads(one.body) for one in outgoing]
        assert [event["eventType"] for event in delivered] == [feed[event["id"]] for event in delivered]
        assert [one.headers["X-Outbound-Event"] for one in outgoing] == [event["eventType"] for event in delivered]
        assert "sequence.step_reached" in {event["eventType"] for event in delivered}
        assert all(is_signed(mock, one) for one in outgoing)

    def test_a_cursor_expires_with_time(self) -> None:
        mock = new_mock()
        client = Client(mock, FULL)
        old = client.get(f"{CONTACTS}?limit=5").json["nextCursor"]
        mock.world.switch_on(hardships.made("expiring-cursors", {"seconds": 10}))
        page = client.get(f"{CONTACTS}?limit=5").json
        following = f"{CONTACTS}?limit=5&cursor={page['nextCursor']}"
        mock.state.clock.advance(10)
        assert client.get(following).json["data"] == client.get(f"{CONTACTS}?limit=5&cursor={old}").json["data"]
        mock.state.clock.advance(0.1)
        refused = client.get(following)
        assert (refused.status, refused.kind) == (400, "invalid-cursor")
        assert "expired" in refused.json["detail"]
        for altered in (
            following + "1",
            following + "x",
            following[:-14] + ".",
            following.replace("cursor=e", "cursor=f"),
        ):
            assert client.get(altered).kind == "invalid-cursor"

    def test_a_cursor_expires_with_use(self) -> None:
        mock = hard("expiring-cursors", uses=2)
        client = Client(mock, FULL)
        following = f"{CONTACTS}?limit=5&cursor={client.get(f'{CONTACTS}?limit=5').json['nextCursor']}"
        assert [client.get(following).status for _ in range(4)] == [200, 200, 400, 400]
