"""The stores agree with a model that filters and sorts everything again each time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mockserver.clock import utc
from mockserver.tenants import resource_types
from mockserver.tenants.collection import Collection
from mockserver.tenants.cursor import Position
from mockserver.tenants.tenant import Organization, Tenant
from spec import contract
from tests.support.store_model import (
    LIST_IDS,
    NEEDLES,
    Resource,
    contact_filters,
    contact_of,
    contacts_of,
    holds,
    lets_through,
    limits,
    moments,
    newest_first,
    small_blocks,
    walk,
)


class TenantMachine(RuleBasedStateMachine):
    """A tenant that is changed and read in any order, and two dictionaries that are changed and read in the same way."""

    def __init__(self) -> None:
        super().__init__()
        self.monkeypatch = pytest.MonkeyPatch()
        small_blocks(self.monkeypatch)
        self.tenant = Tenant(Organization("org_1", "One", utc(0)))
        self.contacts: dict[str, Resource] = {}
        self.lists: dict[str, Resource] = {}
        self.original: tuple[Tenant, list[Resource], list[Resource]] | None = None
        self.numbers = count()

    def teardown(self) -> None:
        self.monkeypatch.undo()

    @initialize(contacts=st.lists(contacts_of("con"), unique_by=lambda contact: contact["id"]))
    def extend(self, contacts: Sequence[Resource]) -> None:
        self.tenant.contacts.extend(contacts)
        self.contacts.update({contact["id"]: contact for contact in contacts})

    @rule(contact=contacts_of("con"))
    def put_contact(self, contact: Resource) -> None:
        self.tenant.contacts.put(contact)
        self.contacts[contact["id"]] = contact

    @rule(number=st.integers(0, 25))
    def remove_contact(self, number: int) -> None:
        contact_id = f"con_{number:02}"
        there = self.contacts.pop(contact_id, None) is not None
        assert self.tenant.contacts.remove(contact_id) == there

    @rule(list_id=st.sampled_from(LIST_IDS), archived=st.booleans(), created=moments)
    def put_list(self, list_id: str, archived: bool, created: str) -> None:
        self.lists[list_id] = {
            "id": list_id,
            "contactCount": -1,
            "archivedAt": created if archived else None,
            "createdAt": created,
        }
        self.tenant.lists.put(self.lists[list_id])

    @rule(list_id=st.sampled_from(LIST_IDS))
    def remove_list(self, list_id: str) -> None:
        there = self.lists.pop(list_id, None) is not None
        assert self.tenant.lists.remove(list_id) == there
        for contact in self.contacts.values() if there else ():
            contact["listIds"] = [other for other in contact["listIds"] if other != list_id]

    @rule(to_the_copy=st.booleans())
    def copy(self, to_the_copy: bool) -> None:
        tenants = self.tenant, self.tenant.copy()
        self.tenant, other = reversed(tenants) if to_the_copy else tenants
        self.original = other, walk(other.contacts, {}, 5), walk(other.lists, {"includeArchived": "1"}, 5)

    @invariant()
    def what_changes_in_a_copy_does_not_show_in_the_original_nor_the_other_way_round(self) -> None:
        if self.original:
            other, contacts, lists = self.original
            assert walk(other.contacts, {}, 5) == contacts
            assert walk(other.lists, {"includeArchived": "1"}, 5) == lists
            for needle in NEEDLES[:6]:
                assert walk(other.contacts, {"q": needle}, 5) == [each for each in contacts if holds(each, needle)]

    @rule(filters=contact_filters, limit=limits)
    def walk_contacts(self, filters: dict[str, str], limit: int) -> None:
        expected = newest_first(contact for contact in self.contacts.values() if lets_through(filters, contact))
        assert walk(self.tenant.contacts, filters, limit) == expected
        if "q" not in filters:
            assert len(self.tenant.contacts.rows(filters)) == len(expected)

    @rule(filters=contact_filters, limit=limits, contact=contact_of(st.just("")))
    def walk_while_contacts_are_added(self, filters: dict[str, str], limit: int, contact: Resource) -> None:
        before = newest_first(contact for contact in self.contacts.values() if lets_through(filters, contact))

        def add() -> None:
            number = next(self.numbers)
            self.put_contact({**contact, "id": f"con_new_{number}", "createdAt": utc(9 + number)})

        assert walk(self.tenant.contacts, filters, limit, add) == before

    @invariant()
    def lists_count_their_contacts(self) -> None:
        expected = [
            {**each, "contactCount": sum(each["id"] in contact["listIds"] for contact in self.contacts.values())}
            for each in newest_first(self.lists.values())
        ]
        assert walk(self.tenant.lists, {"includeArchived": "1"}, 2) == expected
        assert walk(self.tenant.lists, {}, 2) == [each for each in expected if not each["archivedAt"]]

    @invariant()
    def single_contacts_are_those_of_the_list(self) -> None:
        assert len(self.tenant.contacts) == len(self.contacts)
        for contact_id, contact in self.contacts.items():
            assert self.tenant.contacts.read(contact_id) == contact


TestTenant = TenantMachine.TestCase

TestTenant.settings = settings(max_examples=80, stateful_step_count=30)


@given(
    st.lists(contacts_of("con"), unique_by=lambda contact: contact["id"]),
    contact_filters,
    st.tuples(st.integers(-1, 4), st.sampled_from(["", "con_", "con_05", "con_05x", "con_13", "con_99", "\U0010ffff"])),
    limits,
)
def test_a_page_begins_after_any_position_whether_it_exists_or_not(
    contacts: list[Resource], filters: dict[str, str], after: tuple[int, str], limit: int
) -> None:
    collection = Collection(resource_types.CONTACTS)
    collection.extend(contacts)
    older = [
        contact
        for contact in newest_first(contacts)
        if lets_through(filters, contact) and (contact["createdAt"], contact["id"]) < (utc(after[0]), after[1])
    ]
    page = collection.page(filters, Position(*after), limit)
    assert list(map(json.loads, page.items)) == older[:limit]
    assert (page.next is None) == (len(older) <= limit)


@given(
    st.lists(contacts_of("con"), unique_by=lambda contact: contact["id"], max_size=9),
    st.lists(contacts_of("con"), max_size=12),
    contact_filters,
)
def test_many_at_once_are_put_as_one_by_one(
    before: list[Resource], contacts: list[Resource], filters: dict[str, str]
) -> None:
    at_once, one_by_one = Collection(resource_types.CONTACTS), Collection(resource_types.CONTACTS)
    for collection in (at_once, one_by_one):
        collection.extend(before)
    at_once.extend(contacts)
    for contact in contacts:
        one_by_one.put(contact)
    assert walk(at_once, filters, 4) == walk(one_by_one, filters, 4)
    assert len(at_once) == len(one_by_one)
    assert list(at_once.singles()) == list(one_by_one.singles())


drafts = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.integers(0, 99).map("drf_{:02}".format),
            "contactId": st.sampled_from(["con_1", "con_2"]),
            "status": st.sampled_from(["sent", "draft", "x"]),
            "body": st.text(max_size=3),
            "createdAt": moments,
        }
    ),
    unique_by=lambda draft: draft["id"],
)


@given(
    drafts,
    st.fixed_dictionaries(
        {},
        optional={
            "status": st.sampled_from(["sent", "draft", "", "nothing"]),
            "contactId": st.sampled_from(["con_1", "con_2", "con_3"]),
        },
    ),
    limits,
)
def test_drafts_are_filtered_by_status_and_contact_and_listed_without_their_body(
    resources: list[Resource], filters: dict[str, str], limit: int
) -> None:
    collection = Collection(resource_types.DRAFTS)
    for draft in resources:
        collection.put(draft)
    expected = [draft for draft in newest_first(resources) if filters.items() <= draft.items()]
    items = walk(collection, filters, limit)
    assert items == [{name: value for name, value in draft.items() if name != "body"} for draft in expected]
    assert [json.loads(collection.get(draft["id"]) or "") for draft in expected] == expected


events = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.integers(0, 99).map("evt_{:02}".format),
            "eventType": st.sampled_from(["draft.sent", "draft.opened", "list.created"]),
            "createdAt": moments,
        }
    ),
    unique_by=lambda event: event["id"],
)


@given(
    events,
    st.none() | st.lists(st.sampled_from(["draft.sent", "draft.opened", "list.created", "draft", "", "x.y"])),
    limits,
)
def test_events_of_several_types_are_their_union_each_once(
    resources: list[Resource], wanted: list[str] | None, limit: int
) -> None:
    collection = Collection(resource_types.EVENTS)
    collection.extend(resources)
    filters = {} if wanted is None else {"eventType": ",".join(wanted)}
    expected = [event for event in newest_first(resources) if wanted is None or event["eventType"] in wanted]
    assert walk(collection, filters, limit) == expected
    assert len(collection.rows(filters)) == len(expected)


@pytest.mark.parametrize("value", ["0", "", "true", "2", "11"])
def test_archived_lists_show_with_the_one_documented_value_alone(value: str) -> None:
    collection = Collection(resource_types.LISTS)
    collection.put({"id": "lst_1", "archivedAt": None, "createdAt": utc(1)})
    collection.put({"id": "lst_2", "archivedAt": utc(2), "createdAt": utc(1)})
    assert [each["id"] for each in walk(collection, {"includeArchived": "1"}, 5)] == ["lst_2", "lst_1"]
    assert [each["id"] for each in walk(collection, {"includeArchived": value}, 5)] == ["lst_1"]


@pytest.mark.parametrize(
    ("kind", "operation"),
    [
        (resource_types.CONTACTS, "listContacts"),
        (resource_types.LISTS, "listLists"),
        (resource_types.DRAFTS, "listDrafts"),
        (resource_types.EVENTS, "listEvents"),
    ],
)
def test_the_filters_are_those_of_the_document(kind: resource_types.Kind, operation: str) -> None:
    assert {*kind.filters, *(("q",) if kind.text else ())} == set(contract().operations[operation].filters)
