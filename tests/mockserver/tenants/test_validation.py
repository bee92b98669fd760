"""Data that a person adds, patches, deletes, exports and loads stays consistent, even if a change is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from mockserver.api.response import json_bytes
from mockserver.clock import utc
from mockserver.tenants.seed.organizations import seed
from mockserver.tenants.tenant import Organization, Tenant
from spec import contract
from tests.support.tenant_data import (
    COLLECTIONS,
    NOW,
    assert_drafts_are_consistent,
    assert_lists_are_consistent,
    assert_valid,
    listed,
    of,
    text_of,
)

SCHEMAS = {"contacts": "Contact", "lists": "ContactList", "drafts": "Draft", "events": "Event", "research": "Research"}


@pytest.fixture
def tenant() -> Tenant:
    """One contact on one list, with a draft, an event and a dossier."""
    tenant = Tenant(Organization("org_1", "One", utc(0)))
    tenant.add("lists", {"id": "lst_1", "name": "Leads"}, 1.0)
    tenant.add("contacts", {"id": "con_1", "listIds": ["lst_1"], "email": "ann@one.example"}, 2.0)
    tenant.add("drafts", {"id": "drf_1", "contactId": "con_1", "body": "Dear  Ann,\nwelcome."}, 3.0)
    tenant.add("events", {"id": "evt_1", "eventType": "x.y", "resource": {"type": "x", "id": "x_1"}}, 4.0)
    tenant.add("research", {"contactId": "con_1", "summary": "Ann."}, 5.0)
    return tenant


def read(tenant: Tenant, collection: str, resource_id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(tenant.single(collection, resource_id) or "{}")
    return found


def exported(tenant: Tenant) -> Any:
    """The state of a tenant as a client gets it."""
    return json.loads(json_bytes(tenant.export()))


def key_of(collection: str) -> str:
    return {"research": "con_1", "contacts": "con_1", "lists": "lst_1", "drafts": "drf_1", "events": "evt_1"}[
        collection
    ]


@pytest.mark.parametrize("collection", SCHEMAS)
def test_what_is_added_is_whole_and_served_as_answered(tenant: Tenant, collection: str) -> None:
    found = read(tenant, collection, key_of(collection))
    assert_valid(SCHEMAS[collection], [found])
    if collection != "drafts":
        assert list(found) == list(contract().schema(SCHEMAS[collection])["properties"])
    minimal = {"lists": {"name": ""}, "drafts": {"contactId": "con_1"}, "research": None}
    event = {"eventType": "contact.created", "resource": {"type": "contact", "id": "con_1"}}
    members: Mapping[str, Any] | None = {**minimal, "contacts": {}, "events": event}[collection]
    if members is not None:
        added = tenant.add(collection, members, 6.0)
        assert added["createdAt"] == utc(6000)
        assert read(tenant, collection, added["id"]) == added
        assert listed(getattr(tenant, collection))[0]["id"] == added["id"]


def test_what_follows_from_other_members_is_filled_in(tenant: Tenant) -> None:
    draft = read(tenant, "drafts", "drf_1")
    assert (draft["snippet"], draft["status"], draft["sentAt"]) == ("Dear Ann, welcome.", "draft", None)
    sent = tenant.patch("drafts", "drf_1", {"status": "sent", "body": "Hello"}, 7.0) or {}
    assert (sent["snippet"], sent["sentAt"], sent["updatedAt"]) == ("Hello", utc(7000), utc(7000))
    assert sent["engagement"] == [{"type": "sent", "occurredAt": utc(7000)}]
    early = tenant.add("contacts", {"createdAt": "1970-01-01T00:00:00.5Z"}, 9.0)
    assert early["createdAt"] == utc(500)
    assert early["updatedAt"] == "1970-01-01T00:00:00.5Z"
    assert [each["id"] for each in listed(tenant.contacts)] == ["con_1", early["id"]]


def test_a_patch_merges_members_and_moves_updated_at(tenant: Tenant) -> None:
    before = read(tenant, "contacts", "con_1")
    after = tenant.patch("contacts", "con_1", {"firstName": "Ann", "email": None, "x": [1]}, 8.25)
    assert after == {**before, "firstName": "Ann", "email": None, "x": [1], "updatedAt": utc(8250)}
    assert read(tenant, "contacts", "con_1") == after
    assert [each["id"] for each in listed(tenant.contacts, q="ann")] == ["con_1"]
    assert listed(tenant.contacts, q="one.example") == []
    assert tenant.patch("contacts", "con_2", {}, 9.0) is None
    unchanged = {"id": "con_1", "createdAt": before["createdAt"]}
    assert (tenant.patch("contacts", "con_1", unchanged, 9.0) or {})["updatedAt"] == utc(9000)


def test_lists_count_their_contacts_whatever_they_are_told(tenant: Tenant) -> None:
    assert read(tenant, "lists", "lst_1")["contactCount"] == 1
    assert (tenant.patch("lists", "lst_1", {"contactCount": 7, "name": "New"}, 6.0) or {})["contactCount"] == 1
    assert tenant.add("lists", {"name": "Empty", "contactCount": 7}, 6.0)["contactCount"] == 0
    tenant.add("contacts", {"listIds": ["lst_1"]}, 6.0)
    assert read(tenant, "lists", "lst_1")["contactCount"] == 2
    tenant.patch("contacts", "con_1", {"listIds": []}, 6.0)
    assert read(tenant, "lists", "lst_1")["contactCount"] == 1
    assert_lists_are_consistent(tenant)


def test_a_deleted_list_is_taken_off_its_contacts_and_a_contact_takes_along_what_is_its_own(tenant: Tenant) -> None:
    assert tenant.delete("lists", "lst_1")
    assert read(tenant, "contacts", "con_1")["listIds"] == []
    assert tenant.delete("contacts", "con_1")
    assert (len(tenant.drafts), len(tenant.research), len(tenant.events)) == (0, 0, 1)
    assert not any(tenant.delete(collection, key_of(collection)) for collection in SCHEMAS if collection != "events")


@pytest.mark.parametrize("collection", ["drafts", "events", "research"])
def test_what_nothing_depends_on_is_deleted_alone(tenant: Tenant, collection: str) -> None:
    assert tenant.delete(collection, key_of(collection))
    assert tenant.single(collection, key_of(collection)) is None
    assert [len(getattr(tenant, each)) for each in SCHEMAS if each != collection] == [1, 1, 1, 1]


DEEP: Any = 0
for _ in range(100_000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("collection", "members", "reason"),
    [
        ("contacts", {"firstName": 5}, "firstName: 5 is not of types"),
        ("contacts", {"qualificationScore": 101}, "qualificationScore: 101 is greater"),
        ("contacts", {"listIds": ["lst_2"]}, "there is no list lst_2"),
        ("contacts", {"listIds": ["lst_1", "lst_1"]}, "twice"),
        ("contacts", {"listIds": ["x" * 5_000]}, "there is no list"),
        ("contacts", {"email": "\ud800"}, "JSON"),
        ("contacts", {"x": DEEP}, "JSON|recursion|deep"),
        ("contacts", {"x": object()}, "JSON"),
        ("contacts", {"id": ""}, "id: "),
        ("contacts", {"createdAt": "2026-05-23T10:00:00+02:00"}, "createdAt"),
        ("contacts", {"createdAt": "yesterday"}, "createdAt"),
        ("contacts", {"createdAt": None}, "createdAt"),
        ("contacts", ["id"], "object"),
        ("lists", {"name": None}, "name: null"),
        ("lists", {"archivedAt": "soon"}, "archivedAt: "),
        ("drafts", {"contactId": "con_2"}, "there is no contact con_2"),
        ("drafts", {"contactId": "con_1", "body": 5}, "body: 5"),
        ("drafts", {"contactId": "con_1", "engagement": [{"type": "sent"}]}, "engagement.0: "),
        ("events", {"eventType": 1}, "eventType: 1"),
        ("events", {"resource": "con_1"}, "resource: "),
        ("research", {"contactId": "con_1", "summary": {}}, "summary: "),
    ],
)
def test_what_the_schema_does_not_allow_is_refused_in_one_line_and_changes_nothing(
    tenant: Tenant, collection: str, members: Any, reason: str
) -> None:
    before = text_of(tenant)
    whole = {**read(tenant, collection, key_of(collection)), "id": "unused"}
    with pytest.raises(ValueError, match=reason) as refused:
        tenant.add(collection, {**whole, **members} if isinstance(members, dict) else members, 9.0)
    assert len(str(refused.value).splitlines()) == 1
    assert len(str(refused.value)) < 6_000
    if not {"id", "createdAt"} & set(members):
        with pytest.raises(ValueError, match=reason):
            tenant.patch(collection, key_of(collection), members, 9.0)
    assert text_of(tenant) == before


def test_an_id_is_given_once_and_kept(tenant: Tenant) -> None:
    before = text_of(tenant)
    with pytest.raises(ValueError, match="id is taken: con_1"):
        tenant.add("contacts", {"id": "con_1"}, 9.0)
    with pytest.raises(ValueError, match="contactId is taken: con_1"):
        tenant.add("research", {"contactId": "con_1", "summary": ""}, 9.0)
    for members in ({"id": "con_2"}, {"createdAt": utc(7)}):
        with pytest.raises(ValueError, match="cannot be changed"):
            tenant.patch("contacts", "con_1", members, 9.0)
    with pytest.raises(ValueError, match="contactId cannot be changed"):
        tenant.patch("research", "con_1", {"contactId": "con_2"}, 9.0)
    for write in (tenant.add, lambda *arguments: tenant.patch("organization", *arguments)):
        with pytest.raises(KeyError):
            write("organization", {}, 9.0)
    assert text_of(tenant) == before


def test_an_exported_state_loads_as_the_same_data() -> None:
    (original,) = seed(3, 1, 120, NOW)
    state = exported(original)
    loaded = Tenant.load(state, NOW + 1)
    assert hash(text_of(loaded)) == hash(text_of(original))
    assert hash(json.dumps(exported(loaded))) == hash(json.dumps(state))
    assert listed(loaded.contacts, q="an") == listed(original.contacts, q="an")
    ids = {each["id"] for each in of("contacts", original)}
    assert loaded.add_contact(NOW + 2)["id"] not in ids
    assert_lists_are_consistent(loaded)


def test_added_contacts_get_other_ids_after_a_state_was_loaded_again(tenant: Tenant) -> None:
    for number in range(3):
        tenant.add_contact(10.0 + number)
        tenant = Tenant.load(exported(tenant), 20.0)
    assert len(tenant.contacts) == 4


def test_a_state_is_exported_without_decoding_its_resources(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("a resource was decoded")

    contact = tenant.single("contacts", "con_1")
    monkeypatch.setattr("msgspec.json.decode", refused)
    assert contact is not None
    assert contact in json_bytes(tenant.export())


def test_a_state_written_by_hand_needs_no_more_than_a_name() -> None:
    state = {
        "organization": {"name": "Acme"},
        "lists": [{"id": "vip", "name": "VIP"}],
        "contacts": [{"id": "ann", "firstName": "Ann", "listIds": ["vip"]}, {}],
        "drafts": [{"contactId": "ann", "status": "sent", "body": "Hi"}],
    }
    tenant = Tenant.load(state, NOW)
    assert tenant.organization.id.startswith("org_")
    assert tenant.organization.created_at == utc(int(NOW * 1000))
    assert read(tenant, "lists", "vip")["contactCount"] == 1
    assert len(tenant.contacts) == 2
    assert_drafts_are_consistent(tenant)
    for name, schema in COLLECTIONS.items():
        assert_valid(schema, of(name, tenant))
    assert Tenant.load(state, NOW).organization == tenant.organization


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"organization": {}}, '"name" is a required'),
        ({"organization": None}, "object"),
        ({"organization": {"name": 5}}, "name: 5"),
        ({"contacts": {}}, "contacts must be an array"),
        ({"contacts": [{"id": "a"}, {"id": "a"}]}, r"contacts\.1: id is taken: a"),
        ({"contacts": [{"listIds": ["lst_9"]}]}, r"contacts\.0: .*no list lst_9"),
        ({"contacts": [5]}, r"contacts\.0: .*object"),
        ({"drafts": [{"contactId": "con_9"}]}, r"drafts\.0: .*no contact con_9"),
        ({"events": [{}]}, r"events\.0: "),
        ({"contact": []}, r"contact is no collection; did you mean contacts\?"),
    ],
)
def test_a_state_that_cannot_be_is_refused_with_the_resource_named(change: Mapping[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Tenant.load({"organization": {"name": "Acme"}, **change}, NOW)


def test_of_the_log_the_oldest_events_go(monkeypatch: pytest.MonkeyPatch, tenant: Tenant) -> None:
    monkeypatch.setattr("mockserver.tenants.tenant._LOG", 3)
    for number in range(5):
        tenant.add_event(10.0 + number, "draft.sent", "drf_1", {"number": number})
    assert [each["data"]["number"] for each in listed(tenant.events)] == [4, 3, 2]
