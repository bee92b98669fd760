"""Names that the control API refuses because no request could name them; and addresses that are this machine."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from tests.support.mock_client import ANYONE, FULL, Client, new_mock

OWN = f"/_mock/organizations/{FULL.organization_id}"
BAD_IDS = ["a/b", "a?b", "a#b", "a\\b", "a b", "a\nb", "", ".", ".."]


@pytest.mark.parametrize("name", BAD_IDS)
@pytest.mark.parametrize("collection", ["contacts", "lists"])
def test_an_id_that_no_path_can_hold_is_refused(name: str, collection: str) -> None:
    answer = ANYONE.ask("POST", f"{OWN}/{collection}", json.dumps({"id": name, "name": "N"}).encode())
    assert answer.status == 400
    assert "id" in answer.json["detail"]


@pytest.mark.parametrize("name", ["con-1", "con.1", "ü~1", "100%", "a:b@c!$&'()*+,;="])
def test_any_other_id_can_be_read_again(name: str) -> None:
    mock = new_mock(contacts=1)
    assert Client(mock).ask("POST", f"{OWN}/contacts", json.dumps({"id": name}).encode()).status == 201
    assert Client(mock, FULL).get(f"/api/v1/contacts/{quote(name, safe='')}").json["id"] == name


@pytest.mark.parametrize(
    "event_type", ["draft.\N{SNOWMAN}", "draft.\u00e9", "draft.a b", "draft.a,b", "draft.\r\nX: y"]
)
def test_an_event_type_that_no_header_can_hold_is_refused(event_type: str) -> None:
    answer = ANYONE.ask("POST", "/_mock/events", json.dumps({"eventType": event_type}).encode())
    assert answer.status == 400
    assert "eventType" in answer.json["detail"]


def test_ids_of_an_imported_state_are_looked_at_too() -> None:
    mock = new_mock(contacts=1)
    state = Client(mock).get("/_mock/state").json
    for where in ("keys", "webhooks"):
        state["webhooks"] = [
            {
                "id": "whk_1",
                "organization": FULL.organization_id,
                "url": "http://localhost:9/",
                "signingSecret": "whsec_1" * 5,
            }
        ]
        changed = {**state, where: [{**state[where][0], "id": "a/b"}]}
        answer = Client(mock).ask("PUT", "/_mock/state", json.dumps(changed).encode())
        assert (answer.status, "slash" in answer.json["detail"]) == (400, True)


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_known_by_all_its_addresses(peer: str) -> None:
    assert Client(ANYONE.mock, peer=peer).get("/_mock/health").status == 200


@pytest.mark.parametrize("peer", ["192.0.2.1", "::ffff:192.0.2.1", "::"])
def test_other_machines_are_not(peer: str) -> None:
    assert Client(ANYONE.mock, peer=peer).get("/_mock/health").status == 403
