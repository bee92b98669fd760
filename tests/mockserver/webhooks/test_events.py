"""Events happen to existing resources, and users of the mock trigger events and manage endpoints."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from conformance.webhooks.receiver import Receiver as HttpReceiver
from mockserver.clock import utc
from mockserver.tenants.seed.organizations import seed
from mockserver.webhooks.events import EVENT_TYPES, happen
from tests.support.mock_client import START, Client, new_mock
from tests.support.mock_process import PATIENCE
from tests.support.warm_mocks import running
from tests.support.warm_programs import outbound_mock


@pytest.mark.parametrize("contacts", [0, 60])
@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_what_an_event_reports_has_happened(event_type: str, contacts: int) -> None:
    (tenant,) = seed(1, 1, contacts, START)
    kind, _, what = event_type.partition(".")
    event = happen(tenant, START, event_type)
    assert event == tenant.events.read(event["id"])
    resource = getattr(tenant, f"{kind}s").read(event["resource"]["id"])
    told: Mapping[str, Any] = {
        "created": resource.get("createdAt") == utc(int(START * 1000)),
        "qualified": resource.get("qualificationStatus") == "qualified",
        "archived": resource.get("archivedAt"),
        "approved": resource.get("status") == "approved",
        "sent": resource.get("status") == "sent" and resource.get("sentAt"),
    }
    engaged = [each["type"] for each in resource.get("engagement", ())]
    assert told.get(what) or engaged[-1] == what
    if what in ("replied", "bounced"):
        assert resource["status"] == what


def test_the_events_of_one_type_happen_to_one_after_the_other() -> None:
    (tenant,) = seed(1, 1, 60, START)
    for event_type in ("draft.replied", "contact.qualified", "list.archived"):
        ids = [happen(tenant, START, event_type)["resource"]["id"] for _ in range(3)]
        assert len(set(ids)) == 3, event_type


def test_an_event_can_name_its_resource() -> None:
    (tenant,) = seed(1, 1, 60, START)
    contact = tenant.contacts.rows({})[0].id
    draft = tenant.add("drafts", {"contactId": contact}, START)
    happen(tenant, START, "draft.replied", resource_id=draft["id"])
    replied = tenant.drafts.read(draft["id"]) or {}
    assert (replied["status"], bool(replied["sentAt"])) == ("replied", True)
    assert [each["type"] for each in replied["engagement"]] == ["sent", "delivered", "opened", "replied"]
    with pytest.raises(ValueError, match="there is no contact with this id"):
        happen(tenant, START, "contact.qualified", resource_id=draft["id"])


def test_an_event_of_nothing_that_there_is_cannot_happen() -> None:
    (tenant,) = seed(1, 1, 0, START)
    with pytest.raises(ValueError, match="kinds: contact, list, draft"):
        happen(tenant, START, "invoice.paid")


def test_every_other_event_is_beyond_ascii_and_the_types_take_turns() -> None:
    (tenant,) = seed(1, 1, 60, START)
    events = [happen(tenant, START) for _ in EVENT_TYPES]
    assert {event["eventType"] for event in events} == set(EVENT_TYPES)
    ascii_ones = [json.dumps(event, ensure_ascii=False).isascii() for event in events]
    assert all(one != following for one, following in pairwise(ascii_ones))


class TestControl:
    """The control API's routes."""

    def ask(self, method: str, path: str, **body: Any) -> Any:
        return self.client.ask(method, f"/_mock{path}", json.dumps(body).encode())

    @pytest.fixture(autouse=True)
    def _client(self) -> None:
        self.client = Client(new_mock())

    def test_an_endpoint_is_registered_listed_rotated_and_removed(self) -> None:
        organization = list(self.client.mock.state.tenants)[1]
        made = self.ask("POST", "/webhooks", organization=organization, url="http://127.0.0.1:9/").json
        assert made["secret"].startswith("whsec_")
        (listed,) = self.ask("GET", "/webhooks").json["data"]
        assert (listed["id"], listed["organization"]) == (made["id"], organization)
        assert listed["secretHint"] == f"whsec_…{made['secret'][-4:]}"
        rotated = self.ask("POST", f"/webhooks/{made['id']}/rotate").json
        assert rotated["secret"] not in ("", made["secret"])
        assert self.ask("DELETE", f"/webhooks/{made['id']}").status == 204
        assert self.ask("DELETE", f"/webhooks/{made['id']}").status == 404
        assert self.ask("GET", "/webhooks").json == {"data": []}

    def test_an_event_happens_and_is_logged_with_its_deliveries(self) -> None:
        self.ask("POST", "/webhooks", url="http://127.0.0.1:9/")
        event = self.ask("POST", "/events", eventType="list.created", data={"name": "Ü"}).json
        tenant = next(iter(self.client.mock.state.tenants.values()))
        assert (tenant.events.read(event["id"]) or {})["data"] == {"name": "Ü"}
        (delivery,) = self.ask("GET", "/deliveries").json["data"]
        assert [delivery["id"]] == event["deliveries"]
        assert delivery["eventId"] == event["id"]

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/webhooks", {}),
            ("/webhooks", {"url": 1}),
            ("/webhooks", {"url": "ftp://127.0.0.1/"}),
            ("/webhooks", {"url": "http://127.0.0.1/", "organization": "org_unknown"}),
            ("/events", {"eventType": "invoice.paid", "undocumented": True}),
            ("/events", {"eventType": "draft.repled"}),
            ("/events", {"eventType": 1}),
            ("/events", {"data": []}),
            ("/webhooks", {"id": "whk_1", "url": "http://127.0.0.1/"}),
        ],
    )
    def test_what_cannot_be_taken_is_refused_in_one_line(self, path: str, body: dict[str, Any]) -> None:
        answer = self.ask("POST", path, **body)
        assert answer.status == 400
        assert "\n" not in answer.json["detail"]


def test_an_endpoint_of_the_command_line_gets_events_that_its_printed_secret_verifies(tmp_path: Path) -> None:
    receiver = HttpReceiver("127.0.0.1:0", lambda: 0.0)
    endpoint = receiver.endpoint("primary")
    try:
        with running(tmp_path, "--webhook", endpoint.url) as mock:
            assert mock.hook("webhooks", "trigger").returncode == 0
            assert receiver.wait(lambda: bool(endpoint.arrived), PATIENCE)
            printed, _ = mock.interrupt()
    finally:
        receiver.close()
    endpoint.secret = re.findall(r"whsec_[0-9a-f]+", printed)[0]
    assert endpoint.deliveries[0].verified


def test_an_endpoint_that_cannot_be_is_a_usage_error() -> None:
    done = outbound_mock("--port", "0", "--contacts", "0", "--webhook", "ftp://127.0.0.1/")
    assert done.returncode == 4
    assert re.fullmatch(r"outbound-mock: [^\n]*--webhook[^\n]*\n", done.stderr)
