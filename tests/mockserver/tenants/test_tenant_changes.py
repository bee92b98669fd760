"""How an addition, a removal and a copy affect the rest of a tenant."""

from __future__ import annotations

import pytest

from mockserver.clock import utc
from mockserver.tenants import resource_types
from mockserver.tenants.collection import Collection
from mockserver.tenants.index import Index
from mockserver.tenants.seed.organizations import seed
from mockserver.tenants.tenant import Organization, Tenant
from spec import contract
from tests.support.mock_client import START
from tests.support.store_model import (
    walk,
)


def test_a_removed_contact_takes_its_drafts_and_research_along() -> None:
    tenant = Tenant(Organization("org_1", "One", utc(0)))
    gone, stays = tenant.add_contact(1.0)["id"], tenant.add_contact(1.0)["id"]
    for contact_id in (gone, stays):
        tenant.research.put({"contactId": contact_id})
        for number in range(3):
            tenant.drafts.put(
                {"id": f"drf_{contact_id}_{number}", "contactId": contact_id, "status": "x", "createdAt": utc(5)}
            )
    assert tenant.contacts.remove(gone)
    assert tenant.contacts.get(gone) is None
    assert tenant.research.get(gone) is None
    assert tenant.research.get(stays) is not None
    assert {draft["contactId"] for draft in walk(tenant.drafts, {}, 2)} == {stays}
    assert tenant.drafts.page({"contactId": gone}, None, 5).items == []
    assert not tenant.research.remove(gone)


def test_an_added_contact_is_the_newest_and_whole() -> None:
    tenant = Tenant(Organization("org_1", "One", utc(0)))
    tenant.lists.put({"id": "lst_1", "contactCount": 0, "archivedAt": None, "createdAt": utc(0)})
    first = tenant.add_contact(1.0, firstName="Ann")
    second = tenant.add_contact(2.0, listIds=["lst_1"], qualificationStatus="qualified")
    assert walk(tenant.contacts, {}, 50) == [second, first]
    assert list(first) == list(contract().schema("Contact")["properties"])
    assert first["createdAt"] == first["updatedAt"] == utc(1000)
    assert (tenant.lists.read("lst_1") or {})["contactCount"] == 1


def test_an_added_event_is_the_newest_and_whole() -> None:
    tenant = Tenant(Organization("org_1", "One", utc(0)))
    first = tenant.add_event(1.0, "draft.sent", "drf_1", {"ö": 1})
    second = tenant.add_event(2.0, "list.created", "lst_1", {})
    assert walk(tenant.events, {}, 50) == [second, first]
    assert set(first) == set(contract().schema("Event")["properties"])
    assert first["resource"] == {"type": "draft", "id": "drf_1"}
    assert walk(tenant.events, {"eventType": "draft.sent"}, 50) == [first]


def test_a_copy_copies_what_is_changed_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    (tenant,) = seed(1, 1, 60, START)
    copied: list[Index] = []
    copy = Index.copy

    def counted(index: Index) -> Index:
        copied.append(index)
        return copy(index)

    monkeypatch.setattr(Index, "copy", counted)
    twin = tenant.copy()
    twin.contacts.page({}, None, 50)
    assert not copied
    twin.add_contact(START, lastName="New")
    of_contact = len(copied)
    assert 0 < of_contact < 5
    twin.add_contact(START, lastName="Newer")
    assert len(copied) == of_contact


def test_drafts_events_and_dossiers_of_a_copy_are_its_own() -> None:
    tenant = Tenant(Organization("org_1", "One", utc(0)))
    contact_id = tenant.add_contact(1.0)["id"]
    tenant.research.put({"contactId": contact_id})
    tenant.drafts.put({"id": "drf_1", "contactId": contact_id, "status": "x", "createdAt": utc(5)})
    twin, other = tenant.copy(), tenant.copy()
    twin.contacts.remove(contact_id)
    assert (len(twin.contacts), len(twin.drafts), len(twin.research)) == (0, 0, 0)
    assert (len(tenant.contacts), len(tenant.drafts), len(tenant.research)) == (1, 1, 1)
    event = tenant.add_event(2.0, "draft.sent", "drf_1", {})
    assert walk(twin.events, {}, 5) == []
    assert other.add_event(2.0, "draft.sent", "drf_1", {}) == event


def test_a_resource_without_a_time_is_refused_and_leaves_no_trace() -> None:
    collection = Collection(resource_types.EVENTS)
    with pytest.raises(ValueError, match="not a time"):
        collection.put({"id": "evt_1", "eventType": "x", "createdAt": "yesterday"})
    assert len(collection) == 0
    assert collection.get("evt_1") is None
