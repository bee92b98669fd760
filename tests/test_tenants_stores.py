"""The stores against a model that filters and sorts everything anew each time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mockserver.clock import utc
from mockserver.tenants import kinds, search
from mockserver.tenants.collection import Collection
from mockserver.tenants.cursor import Position
from mockserver.tenants.index import Row
from mockserver.tenants.tenant import Organization, Tenant
from spec import contract

reproducible = settings(derandomize=True, deadline=None)

Resource = dict[str, Any]

WORDS = ["Anna", "ANNE", "Straße", "İpek", "ΟΔΥΣΣΕΥΣ", "李", "🦊", "a\x1fb", "O'B", "", None]
NEEDLES = [
    "a",
    "nn",
    "anna",
    "ANNA ANNE",
    "ss",
    "STRASSE",
    "i̇",
    "δυς",
    "李",
    "🦊",
    "\x1f",
    "@",
    "e@x",
    "zzz",
    " ",
    "o'b",
]
LIST_IDS = ["lst_1", "lst_2", "lst_3"]
STATUSES = ["qualified", "pending"]

moments = st.integers(0, 3).map(utc)
words = st.sampled_from(WORDS)
limits = st.integers(1, 7)


def contact_of(contact_id: str) -> st.SearchStrategy[Resource]:
    return st.fixed_dictionaries(
        {
            "id": st.just(contact_id),
            "firstName": words,
            "lastName": words,
            "email": st.sampled_from(["anne@x.example", "Bob@Y.example", None]),
            "companyName": words,
            "qualificationStatus": st.sampled_from(STATUSES),
            "listIds": st.lists(st.sampled_from(LIST_IDS), unique=True),
            "createdAt": moments,
        }
    )


def contacts_of(prefix: str) -> st.SearchStrategy[Resource]:
    return st.integers(0, 25).flatmap(lambda number: contact_of(f"{prefix}_{number * 7 % 26:02}"))


contact_filters = st.fixed_dictionaries(
    {},
    optional={
        "listId": st.sampled_from([*LIST_IDS, "lst_none", ""]),
        "qualificationStatus": st.sampled_from([*STATUSES, "other"]),
        "q": st.sampled_from(NEEDLES),
    },
)


def holds(contact: Resource, needle: str) -> bool:
    """The reading of `q`, word for word."""
    first, last = contact["firstName"], contact["lastName"]
    fields = [first, last, contact["email"], contact["companyName"], f"{first} {last}" if first and last else None]
    wanted = needle.replace("\x1f", " ").casefold()
    return any(wanted in field.replace("\x1f", " ").casefold() for field in fields if field)


def lets_through(filters: Mapping[str, str], contact: Resource) -> bool:
    return (
        ("listId" not in filters or filters["listId"] in contact["listIds"])
        and filters.get("qualificationStatus", contact["qualificationStatus"]) == contact["qualificationStatus"]
        and ("q" not in filters or holds(contact, filters["q"]))
    )


def newest_first(resources: Iterable[Resource]) -> list[Resource]:
    return sorted(resources, key=lambda resource: (resource["createdAt"], resource["id"]), reverse=True)


def walk(
    collection: Collection, filters: Mapping[str, str], limit: int, between: Callable[[], None] = lambda: None
) -> list[Resource]:
    """All items, page by page; no page but the last is shorter than the limit, and none is empty unless all are."""
    items: list[Resource] = []
    after: Position | None = None
    for number in count():
        page = collection.page(filters, after, limit)
        assert len(page.items) == limit or page.next is None
        assert page.items or number == 0
        items += map(json.loads, page.items)
        if page.next is None:
            return items
        after = page.next
        between()
    raise AssertionError


def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a handful of rows is many blocks to a search."""
    for name, value in {"_BLOCK": 2, "_BLOCKS": 3, "_FEW": 0, "_WORN": 2}.items():
        monkeypatch.setattr(search, name, value)


class TenantMachine(RuleBasedStateMachine):
    """A tenant, changed and read in any order, beside two dictionaries that are changed and read alike."""

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

    @rule(filters=contact_filters, limit=limits, contact=contact_of(""))
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
TestTenant.settings = settings(reproducible, max_examples=80, stateful_step_count=30)


@reproducible
@given(
    st.lists(contacts_of("con"), unique_by=lambda contact: contact["id"]),
    contact_filters,
    st.tuples(st.integers(-1, 4), st.sampled_from(["", "con_", "con_05", "con_05x", "con_13", "con_99", "\U0010ffff"])),
    limits,
)
def test_a_page_begins_after_any_position_whether_it_exists_or_not(
    contacts: list[Resource], filters: dict[str, str], after: tuple[int, str], limit: int
) -> None:
    collection = Collection(kinds.CONTACTS)
    collection.extend(contacts)
    older = [
        contact
        for contact in newest_first(contacts)
        if lets_through(filters, contact) and (contact["createdAt"], contact["id"]) < (utc(after[0]), after[1])
    ]
    page = collection.page(filters, Position(*after), limit)
    assert list(map(json.loads, page.items)) == older[:limit]
    assert (page.next is None) == (len(older) <= limit)


@reproducible
@given(
    st.lists(contacts_of("con"), unique_by=lambda contact: contact["id"], max_size=9),
    st.lists(contacts_of("con"), max_size=12),
    contact_filters,
)
def test_many_at_once_are_put_as_one_by_one(
    before: list[Resource], contacts: list[Resource], filters: dict[str, str]
) -> None:
    at_once, one_by_one = Collection(kinds.CONTACTS), Collection(kinds.CONTACTS)
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


@reproducible
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
    collection = Collection(kinds.DRAFTS)
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


@reproducible
@given(
    events,
    st.none() | st.lists(st.sampled_from(["draft.sent", "draft.opened", "list.created", "draft", "", "x.y"])),
    limits,
)
def test_events_of_several_types_are_their_union_each_once(
    resources: list[Resource], wanted: list[str] | None, limit: int
) -> None:
    collection = Collection(kinds.EVENTS)
    collection.extend(resources)
    filters = {} if wanted is None else {"eventType": ",".join(wanted)}
    expected = [event for event in newest_first(resources) if wanted is None or event["eventType"] in wanted]
    assert walk(collection, filters, limit) == expected
    assert len(collection.rows(filters)) == len(expected)


@pytest.mark.parametrize("value", ["0", "", "true", "2", "11"])
def test_archived_lists_show_with_the_one_documented_value_alone(value: str) -> None:
    collection = Collection(kinds.LISTS)
    collection.put({"id": "lst_1", "archivedAt": None, "createdAt": utc(1)})
    collection.put({"id": "lst_2", "archivedAt": utc(2), "createdAt": utc(1)})
    assert [each["id"] for each in walk(collection, {"includeArchived": "1"}, 5)] == ["lst_2", "lst_1"]
    assert [each["id"] for each in walk(collection, {"includeArchived": value}, 5)] == ["lst_1"]


@pytest.mark.parametrize(
    ("kind", "operation"),
    [
        (kinds.CONTACTS, "listContacts"),
        (kinds.LISTS, "listLists"),
        (kinds.DRAFTS, "listDrafts"),
        (kinds.EVENTS, "listEvents"),
    ],
)
def test_the_filters_are_those_of_the_document(kind: kinds.Kind, operation: str) -> None:
    assert {*kind.filters, *(("q",) if kind.text else ())} == set(contract().operations[operation].filters)


@reproducible
@given(st.lists(st.integers(0, 40), unique=True), st.integers(0, 40), st.sets(st.integers(0, 40)), st.data())
def test_a_search_finds_each_contact_in_whatever_order_they_were_put(
    numbers: list[int], loaded: int, renamed: set[int], data: st.DataObject
) -> None:
    def contact(number: int, name: str) -> Resource:
        return data.draw(contact_of(f"con_{number:02}")) | {"createdAt": utc(number // 2), "firstName": name}

    names = {number: f"w{number:02}" for number in numbers}
    collection = Collection(kinds.CONTACTS)
    with pytest.MonkeyPatch.context() as monkeypatch:
        small_blocks(monkeypatch)
        collection.extend(contact(number, names[number]) for number in numbers[:loaded])
        for number in numbers[loaded:]:
            collection.put(contact(number, names[number]))
        for number in renamed & names.keys():
            names[number] = f"v{number:02}"
            collection.put(contact(number, names[number]))
        for number, name in names.items():
            assert [found["id"] for found in walk(collection, {"q": name}, 1)] == [f"con_{number:02}"]
            assert walk(collection, {"q": name.translate({118: "w", 119: "v"})}, 1) == []


def row(number: int, text: str) -> Row:
    return Row(number, f"con_{number}", b"", b"", text)


def counted_segments(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of rows of each segment that is made from now on."""
    made: list[int] = []
    healthy = search._Segment.__init__

    def counting(self: Any, rows: Sequence[Row]) -> None:
        made.append(len(rows))
        healthy(self, rows)

    monkeypatch.setattr(search._Segment, "__init__", counting)
    return made


def test_a_search_of_which_much_has_changed_is_made_anew_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(number, f"text {number}") for number in range(20_000)]
    searched = search.Search(rows)
    made = counted_segments(monkeypatch)
    for number in range(5_000):
        searched.add(row(7_000, f"other text {number}"), rows)
        searched.add(row(9_000, "text 9000"), rows)
    assert 2 <= len(made) <= 5
    assert max(made) <= 64 * 60


def test_new_rows_and_known_texts_wear_no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[Row] = []
    searched = search.Search(rows)
    made = counted_segments(monkeypatch)
    for number in range(20_000):
        rows.append(row(number, f"text {number}"))
        searched.add(rows[-1], rows)
        searched.add(rows[-1], rows)
    assert made == [1] * -(-20_000 // (64 * 60))
    assert [found.id for found in searched.newest(rows, 20_000, 2, "text 77")] == ["con_7799", "con_7798"]


def test_a_search_forgets_what_was_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"_BLOCK": 2, "_BLOCKS": 3, "_FEW": 0, "_WORN": 2}.items():
        monkeypatch.setattr(search, name, value)
    rows: list[Row] = []
    searched = search.Search(rows)
    for number in range(500):
        rows.append(row(number, f"<{number}>"))
        searched.add(rows[-1], rows)
        if len(rows) > 20:
            searched.remove(rows.pop(5).position, rows)
    assert len(searched._segments) < 12
    assert sum(len(segment._texts) for segment in searched._segments) < 40
    for number in (0, 4, 490, 499):
        assert [found.id for found in searched.newest(rows, len(rows), 2, f"<{number}>")] == [f"con_{number}"]


def test_a_search_over_many_blocks_finds_what_is_rare_and_what_is_common() -> None:
    collection = Collection(kinds.CONTACTS)
    nobody = dict.fromkeys(("firstName", "lastName", "email", "companyName"))
    rare = {3, 70, 1999}
    collection.extend(
        {
            **nobody,
            "id": f"con_{number:04}",
            "firstName": "Zoë" if number in rare else "Zo",
            "companyName": "ëx" if number % 50 == 0 else "Acme",
            "qualificationStatus": "pending",
            "listIds": [],
            "createdAt": utc(number // 9),
        }
        for number in range(2000)
    )
    assert {int(each["id"][4:]) for each in walk(collection, {"q": "zoë"}, 50)} == rare
    assert len(walk(collection, {"q": "ZO"}, 50)) == 2000
    assert len(walk(collection, {"q": "ë"}, 7)) == 40 + 3
    assert walk(collection, {"q": "zoëx"}, 50) == []


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
    collection = Collection(kinds.EVENTS)
    with pytest.raises(ValueError, match="not a time"):
        collection.put({"id": "evt_1", "eventType": "x", "createdAt": "yesterday"})
    assert len(collection) == 0
    assert collection.get("evt_1") is None
