"""The delivery log says what the mock did to a delivery, and whether its receiver was right."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from mockserver.app import Mock
from mockserver.webhooks.sending import Outgoing, Reply
from mockserver.webhooks.signing import HEADER
from mockserver.webhooks.steps import STALE
from tests.support.mock_client import FULL, new_mock


class Story:
    """A mock whose first organization has an endpoint that answers every delivery with `status`."""

    def __init__(self, **settings: Any) -> None:
        self.mock: Mock = new_mock(contacts=5, **settings)
        self.status = 200

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = await self.mock.control.call(self.mock.world, method, f"/_mock/{path}", body)
        assert status < 300, answer
        return answer

    async def begin(self) -> None:
        await self.call("POST", "webhooks", {"url": "http://127.0.0.1:9/"})

        async def transmit(_outgoing: Outgoing) -> Reply:
            return Reply(self.status, b"")

        self.mock.state.webhooks.steps.transmit = transmit

    async def delivered(self, count: int = 1) -> Any:
        await self.call("POST", "events", {"eventType": "list.created"})
        return (await self.call("GET", f"deliveries?state=delivered&wait=30&count={count}"))["data"]


def told(story: Any) -> Any:
    return asyncio.run(asyncio.wait_for(story(), 30))


@pytest.mark.parametrize(
    ("status", "verdict"), [(200, "accepted"), (400, "refused what must be accepted"), (503, "failed")]
)
def test_a_good_delivery_must_be_accepted(status: int, verdict: str) -> None:
    async def story() -> Any:
        scene = Story()
        scene.status = status
        await scene.begin()
        await scene.call("POST", "events", {})
        while not (found := (await scene.call("GET", "deliveries"))["data"][0])["attempts"]:
            await asyncio.sleep(0.01)
        scene.mock.world.close()
        return found["attempts"][0]

    attempt = told(story)
    assert (attempt["flaw"], attempt["verdict"]) == (None, verdict)


@pytest.mark.parametrize(("form", "flaw"), [("tampered", "changed body"), ("stale", "old timestamp")])
@pytest.mark.parametrize(("status", "verdict"), [(200, "accepted what must be refused"), (400, "refused")])
def test_a_spoilt_delivery_must_be_refused(form: str, flaw: str, status: int, verdict: str) -> None:
    async def story() -> Any:
        scene = Story()
        await scene.begin()
        (good,) = await scene.delivered()
        scene.status = status
        await scene.call("POST", f"deliveries/{good['id']}/redeliver", {"as": form})
        while len((found := await scene.call("GET", f"deliveries/{good['id']}"))["attempts"]) < 2:
            await asyncio.sleep(0.01)
        return found["attempts"][1]

    attempt = told(story)
    assert (attempt["flaw"], attempt["verdict"]) == (flaw, verdict)


@pytest.mark.parametrize(
    ("part", "flaw"),
    [
        ("body", "changed body"),
        ("signature", "changed signature or timestamp"),
        ("timestamp", "changed signature or timestamp"),
        ("missing", "no signature"),
        ("stale", "old timestamp"),
    ],
)
def test_what_a_hardship_spoils_is_said(part: str, flaw: str) -> None:
    async def story() -> Any:
        scene = Story()
        body = {"hardship": "tampered-deliveries", "parameters": {"probability": 1, "part": part}}
        await scene.call("POST", "switches", body)
        await scene.begin()
        return (await scene.delivered())[0]["attempts"][0]["flaw"]

    assert told(story) == flaw


def test_duplicates_and_delays_are_said() -> None:
    async def story() -> Any:
        scene = Story()
        await scene.call("POST", "switches", {"hardship": "duplicate-deliveries", "parameters": {"probability": 1}})
        await scene.call("POST", "switches", {"hardship": "late-deliveries", "parameters": {"seconds": 5, "spread": 0}})
        await scene.begin()
        await scene.call("POST", "events", {})
        await scene.call("POST", "clock", {"advance": 5})
        second, first = (await scene.call("GET", "deliveries?state=delivered&wait=30&count=2"))["data"]
        return first["duplicateOf"], second["duplicateOf"] == first["id"], first["lateBy"]

    assert told(story) == (None, True, 5.0)


@pytest.mark.parametrize(("form", "flaw"), [("sent", None), ("stale", "old timestamp")])
def test_signatures_have_real_time_if_asked_for_wherever_the_clock_was_moved(form: str, flaw: str | None) -> None:
    async def story() -> Any:
        scene = Story(real_time_signatures=True)
        await scene.begin()
        await scene.call("POST", "clock", {"advance": 3_600})
        (delivery,) = await scene.delivered()
        await scene.call("POST", f"deliveries/{delivery['id']}/redeliver", {"as": form})
        while len(scene.mock.state.webhooks.log[0].attempts) < 2:
            await asyncio.sleep(0.01)
        attempt = scene.mock.state.webhooks.log[0].attempts[1]
        (endpoint,) = scene.mock.state.webhooks.endpoints
        signature = attempt.sent.headers[HEADER]
        question = {"secret": endpoint.secret, "body": attempt.sent.body.decode(), "signature": signature}
        explained = await scene.call("POST", "signatures", question)
        shown = (await scene.call("GET", f"deliveries/{delivery['id']}"))["attempts"][1]
        return time.time() - int(explained["timestamp"]), explained["valid"], shown["flaw"]

    age, valid, said = told(story)
    assert abs(age - (STALE if form == "stale" else 0)) < 60
    assert (valid, said) == (flaw is None, flaw)


def test_a_rotated_secret_does_not_make_earlier_deliveries_wrong() -> None:
    async def story() -> Any:
        scene = Story()
        await scene.begin()
        (delivery,) = await scene.delivered()
        for _ in range(2):
            await scene.call("POST", f"webhooks/{delivery['endpointId']}/rotate")
        return (await scene.call("GET", f"deliveries/{delivery['id']}"))["attempts"][0]["flaw"]

    assert told(story) is None


def test_data_that_is_changed_makes_its_event_which_is_delivered() -> None:
    async def story() -> Any:
        scene = Story()
        await scene.begin()
        home = f"organizations/{FULL.organization_id}"
        contact = await scene.call("POST", f"{home}/contacts", {"lastName": "A"})
        await scene.call("PATCH", f"{home}/contacts/{contact['id']}", {"qualificationStatus": "qualified"})
        draft = await scene.call("POST", f"{home}/drafts", {"contactId": contact["id"]})
        await scene.call("PATCH", f"{home}/drafts/{draft['id']}", {"status": "sent"})
        made = await scene.call("POST", f"{home}/lists", {"name": "L"})
        await scene.call("PATCH", f"{home}/lists/{made['id']}", {"archivedAt": "2026-01-01T00:00:00.000Z"})
        await scene.call("PATCH", f"{home}/lists/{made['id']}", {"name": "M"})
        await scene.call("POST", f"{home}/events", {"eventType": "a.b", "resource": {"type": "list", "id": made["id"]}})
        found = (await scene.call("GET", "deliveries?state=delivered&wait=30&count=7"))["data"]
        return [each["eventType"] for each in reversed(found)]

    assert told(story) == [
        "contact.created",
        "contact.qualified",
        "draft.created",
        "draft.sent",
        "list.created",
        "list.archived",
        "a.b",
    ]
