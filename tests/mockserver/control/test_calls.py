"""Every call in the control API's document is made at least once, and answered as the document says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from openapi_spec_validator import validate

from mockserver.app import Mock
from mockserver.control.document import document, operations
from mockserver.control.handlers import HANDLERS
from spec import contract
from tests.support.control_calls import OPERATIONS, Session
from tests.support.mock_client import FULL, Client, Response, new_mock


async def keys(call: Session) -> None:
    own = {"perMinute": 5, "burst": 6, "burstWindow": 7}
    key = await call("mintKey", {"name": "CI", "scopes": ["lists.read"], "expiresIn": 60, "limits": own})
    assert key["limits"] == own
    assert key["usage"] == {"sustained": {"used": 0, "most": 6}, "window": {"used": 0, "most": 6}}
    listed = await call("listKeys")
    assert key["secret"] not in json.dumps(listed)
    shown = await call("getKey", id=key["id"])
    assert shown == {name: value for name, value in key.items() if name != "secret"}
    changed = await call("patchKey", {"limits": None, "scopes": [], "expiresIn": None, "name": "New"}, id=key["id"])
    assert (changed["limits"], changed["scopes"], changed["expiresAt"], changed["name"]) == (None, [], None, "New")
    revoked = await call("revokeKey", id=key["id"])
    assert revoked["revokedAt"]
    assert await call("revokeKey", id=key["id"]) == revoked
    await call("deleteKey", id=key["id"])
    assert key["id"] not in json.dumps(await call("listKeys"))


async def organizations(call: Session) -> None:
    added = await call("addOrganization", {"name": "Cinder", "contacts": 40})
    assert added["contacts"] == 40
    assert await call("getOrganization", id=added["id"]) == added
    key = await call("mintKey", {"organization": added["id"], "name": "Its own", "scopes": []})
    assert [each["id"] for each in (await call("listKeys", query=f"?organization={added['id']}"))["data"]] == [
        key["id"]
    ]
    await call("deleteOrganization", id=added["id"])
    assert len((await call("listOrganizations"))["data"]) == 2
    assert key["id"] not in json.dumps(await call("listKeys"))


async def data(call: Session) -> None:
    of = FULL.organization_id
    contact = await call("addContact", {"firstName": "<script>", "lastName": "Ü"}, id=of)
    for one, members, change in (
        ("Contact", {"firstName": "A"}, {"companyName": "B"}),
        ("List", {"name": "A"}, {"description": "B"}),
        ("Draft", {"contactId": contact["id"], "body": "A"}, {"status": "sent"}),
        ("Event", {"eventType": "a.b", "resource": {"type": "contact", "id": contact["id"]}}, {"data": {"a": 1}}),
    ):
        await call("changeClock", {"advance": 1})
        added = await call(f"add{one}", members, id=of)
        place = {"id": of, "resourceId": added["id"]}
        assert await call(f"read{one}", **place) == added
        page = await call(f"browse{one}s", query="?limit=1", id=of)
        assert page["data"][0]["id"] == added["id"]
        following = await call(f"browse{one}s", query=f"?limit=1&cursor={page['nextCursor']}", id=of)
        assert following["data"][0]["id"] != added["id"]
        changed = await call(f"patch{one}", change, **place)
        assert {name: changed[name] for name in change} == change
        await call(f"delete{one}", **place)
    found = await call("browseContacts", query="?q=%3Cscript%3E", id=of)
    assert [each["id"] for each in found["data"]] == [contact["id"]]
    assert (await call("makeUpContact"))["firstName"] == "Added"


async def state(call: Session) -> None:
    await call("registerWebhook", {"url": "http://127.0.0.1:9/"})
    exported = await call("exportState")
    await call("reset", {"seed": 9, "contacts": 3, "organizations": 1})
    assert [each["contacts"] for each in (await call("listOrganizations"))["data"]] == [3]
    await call("importState", exported)
    assert await call("exportState") == exported
    assert Client(call.mock, FULL)


async def clock(call: Session) -> None:
    before = await call("getClock")
    assert before["frozen"]
    assert (await call("changeClock", {"advance": 1.5}))["now"] == before["now"] + 1.5
    assert (await call("changeClock", {"set": "2030-01-01T00:00:00+01:00"}))["time"] == "2029-12-31T23:00:00.000Z"
    assert (await call("changeClock", {"set": before["now"]}))["now"] == before["now"]
    assert not (await call("changeClock", {"resume": True}))["frozen"]
    assert (await call("changeClock", {"freeze": True}))["frozen"]


async def activity(call: Session) -> None:
    (event,) = (await call("stepActivity"))["data"]
    assert await call("readEvent", id=FULL.organization_id, resourceId=event["id"])
    assert (await call("startActivity", {"rate": 6000}))["rate"] == 6000
    while (await call("getActivity"))["steps"] < 3:
        await asyncio.sleep(0.005)
    await call("stopActivity")
    stopped = await call("getActivity")
    await asyncio.sleep(0.05)
    assert await call("getActivity") == stopped
    assert stopped["rate"] is None


async def held_request(mock: Mock) -> Response:
    headers = [(b"authorization", f"Bearer {FULL.secret}".encode())]
    scope = {"type": "http", "method": "GET", "path": "/api/v1/me", "query_string": b"", "headers": headers}
    return await Client(mock)._exchange(scope, b"")


async def switches(call: Session) -> None:
    catalogue = (await call("getCatalogue"))["data"]
    assert {each["kind"] for each in catalogue} == {"fault", "variant", "hardship"}
    for each in catalogue:
        # A modification of deliveries takes no condition.
        some = {"operation": "getMe", "requests": 1} if each["appliesTo"] == "requests" else {}
        switch = await call("switchOn", {each["kind"]: each["name"], **some})
        assert (switch["kind"], switch["left"]) == (each["kind"], some.get("requests"))
        await call("switchOff", id=switch["id"])
    await call("switchOn", {"hold": True, "operation": "getMe"})
    waiting = asyncio.ensure_future(held_request(call.mock))
    (request,) = (await call("listHeld", query="?wait=10"))["data"]
    assert await call("releaseHeld", id=request["id"]) == request
    await waiting
    await call("switchAllOff")
    await call("switchOn", {"fault": "default-of-49", "key": FULL.id})
    assert len((await call("listSwitches"))["data"]) == 1
    await call("switchAllOff")
    assert (await call("listSwitches"))["data"] == []


async def requests(call: Session) -> None:
    asked = Client(call.mock, FULL)
    for target in ("/api/v1/me", "/api/v1/contacts?limit=x"):
        await asyncio.to_thread(asked.get, target)
    listed = await call("listRequests")
    assert [each["status"] for each in listed["data"]] == [200, 400]
    assert listed["data"][1]["problem"]["kind"] == "invalid-parameter"
    (only,) = (await call("listRequests", query="?problem=invalid-parameter&status=4xx&method=get&path=cont"))["data"]
    assert await call("getRequest", number=only["number"])
    assert (await call("listRequests", query=f"?after={listed['last']}"))["data"] == []
    await call("exportRequests")
    assert [each["key"] for each in (await call("getGrade"))["data"]] == [FULL.id]
    await call("clearRequests")
    assert (await call("listRequests"))["data"] == []


async def webhooks(call: Session) -> None:
    made = await call("registerWebhook", {"url": "http://127.0.0.1:9/"})
    rotated = await call("rotateWebhook", id=made["id"])
    assert rotated["secret"] != made["secret"]
    for answer in (await call("listWebhooks"), await call("getWebhook", id=made["id"])):
        assert made["secret"] not in json.dumps(answer)
        assert rotated["secret"] not in json.dumps(answer)
    event = await call("makeEventHappen", {"eventType": "contact.created", "data": {"ü": 1}})
    (delivery,) = (await call("listDeliveries", query=f"?endpoint={made['id']}"))["data"]
    assert event["deliveries"] == [delivery["id"]]
    while (await call("getDelivery", id=delivery["id"]))["state"] != "given up":
        await call("patchWebhook", {"enabled": False}, id=made["id"])
        await call("changeClock", {"advance": 3600})
        await asyncio.sleep(0.02)
    for form in ("sent", "tampered", "stale"):
        await call("redeliver", {"as": form}, id=delivery["id"])
        while (await call("getDelivery", id=delivery["id"]))["state"] != "given up":
            await asyncio.sleep(0.01)
    await call("deleteWebhook", id=made["id"])


async def others(call: Session) -> None:
    assert (await call("getHealth"))["status"] == "ok"
    assert (await call("getDocument"))["openapi"].startswith("3.1")
    question = {"secret": "whsec_1", "timestamp": "1", "body": "{}", "signature": "t=1,v1=00"}
    assert not (await call("explainSignature", question))["valid"]
    world = await call(
        "addWorld", {"contacts": 7, "rateReading": "strict", "hardships": ["latency:seconds=0"], "timeToLive": 60}
    )
    (listed,) = (await call("listWorlds"))["data"]
    assert listed == {
        name: value for name, value in world.items() if name not in ("apiKey", "apiKeyId", "organization")
    }
    await call("dropWorld", id=world["id"])
    assert (await call("listWorlds"))["data"] == []


STORIES = (keys, organizations, data, state, clock, activity, switches, requests, webhooks, others)


@cache
def told(story: Callable[[Session], Any]) -> set[str]:
    async def telling() -> set[str]:
        session = Session(new_mock())
        try:
            async with asyncio.timeout(20):
                await story(session)
        finally:
            session.mock.world.close()
        return session.made

    return asyncio.run(telling())


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_calls_are_answered_as_documented(story: Callable[[Session], Any]) -> None:
    assert told(story)


def test_the_stories_make_every_call() -> None:
    made = set().union(*(told(story) for story in STORIES))
    assert made == set(OPERATIONS)


def test_the_document_is_valid_and_has_a_handler_for_each_operation() -> None:
    validate(document())
    assert set(HANDLERS) == set(OPERATIONS)


def test_the_apis_schemas_are_those_of_the_contract() -> None:
    assert document()["components"]["schemas"]["Contact"] == contract().schema("Contact")


def test_the_document_describes_each_operation_under_a_tag_that_it_describes() -> None:
    tags = {tag["name"] for tag in document()["tags"] if tag["description"]}
    for operation in operations(document()).values():
        assert operation["description"], operation["operationId"]
        assert tags.issuperset(operation["tags"]), operation["operationId"]


def test_the_document_has_no_component_that_it_does_not_lead_to() -> None:
    text = json.dumps(document())
    for kind in ("schemas", "parameters", "responses"):
        for name in document()["components"][kind]:
            assert f'"#/components/{kind}/{name}"' in text, name
