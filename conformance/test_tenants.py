"""TENANT: whatever it asks, a key is shown nothing of another organization. Both organizations' lists are known from walks."""

from __future__ import annotations

from functools import partial

import pytest

import spec
from conformance.cases.concurrency import volley
from conformance.cases.dataset import Dataset, next_cursor, whole
from conformance.cases.expected_pages import LARGEST, asked_of, unknown_value, values_of
from conformance.cases.interleaving import Party, take_turns
from conformance.cases.resource_ids import collection_of, resembling, unknown_id
from conformance.cases.sampling import cases, each
from conformance.cases.tenant_escapes import Theirs, tricks
from conformance.checks import NotJudged, expect, items, not_tested, requirement, sound
from conformance.oracles.ownership import Identity, foreign, identities, private
from conformance.oracles.problems import same_answer
from conformance.target.client import Client, Headers, target
from conformance.target.exchange import Exchange

LISTS = spec.LIST_OPERATIONS
_SINGLE = ("getContact", "getContactResearch", "getList", "getDraft")
_SECONDARY = "organizations.secondary"
# Requests that both make in turn, and clients of each that ask at once.
_TURNS = 6
_AT_ONCE = 3
# What each client asks: the first opens its connection, and it takes open ones for requests to arrive together.
_ASKED = ("getMe", "listContacts", "listDrafts")
# A limit that no other check asks for, so that nothing has been kept of the address.
_SHARED_LIMIT = 11


@pytest.fixture(scope="module")
def theirs(dataset: Dataset, neighbour: Dataset) -> frozenset[Identity]:
    """What identifies the secondary organization's data."""
    return foreign(dataset, neighbour)


@pytest.fixture(scope="module")
def ours(dataset: Dataset, neighbour: Dataset) -> frozenset[Identity]:
    """What identifies the primary organization's data."""
    return foreign(neighbour, dataset)


@requirement("TENANT-1")
def test_lists_share_no_id(dataset: Dataset, neighbour: Dataset) -> None:
    """The whole lists of two organizations have no id in common."""

    def look(operation: str) -> None:
        own, other = dataset.walk(operation), neighbour.walk(operation)
        if not own.ids or not other.ids:
            not_tested(f"{operation} is empty for one of the organizations")
        shared = set(own.ids) & set(other.ids)
        for page in [page for page in own.pages if shared & {item["id"] for item in items(page)}][:1]:
            expect(False, f"{operation} shows {len(shared)} ids to both organizations: {sorted(shared)[:1]}", page)

    each(LISTS, look)


@requirement("TENANT-1", whole_run=True)
def test_no_list_shows_what_is_foreign(client: Client, theirs: frozenset[Identity], ours: frozenset[Identity]) -> None:
    """No list of the whole run, under any filter or parameter, shows an id of the other organization to a key."""
    for exchange in cases(client, _list_by_known_key):
        private(exchange, ours if _of_secondary(exchange) else theirs)


@requirement("TENANT-2")
def test_a_foreign_id_is_as_good_as_none(dataset: Dataset, neighbour: Dataset, seed: int) -> None:
    """What one organization is served by id, another is answered as if nobody had it."""

    def attack(operation: str) -> None:
        dataset.served(listing := collection_of(operation) or "listContacts")
        neighbour.served(operation)
        foreign_id = neighbour.parameters(operation)["id"]
        nobodys = unknown_id(dataset, operation, seed)
        if nobodys in neighbour.walk(listing).ids:
            nobodys = resembling(foreign_id, neighbour.walk(listing).ids, operation)
        hidden = dataset.caller.get(operation, id=foreign_id)
        expect(hidden.status >= 300, f"{hidden.line()}: it is the other organization's", hidden)
        unknown = dataset.asked(operation, id=nobodys)
        difference = same_answer(hidden, unknown, (foreign_id, nobodys))
        message = f"{operation} answers a foreign id and an unknown one differently: {difference}"
        expect(difference is None, message, hidden, unknown)

    each(_SINGLE, attack)


@requirement("TENANT-3")
def test_a_foreign_id_as_a_filter(dataset: Dataset, neighbour: Dataset, theirs: frozenset[Identity]) -> None:
    """An id under which its own organization is shown something shows another nothing of it, and no more than an unknown id."""

    def attack(operation: str, name: str) -> None:
        value = next((value for item in neighbour.walk(operation).items for value in asked_of(name, item)), None)
        if value is None:
            not_tested(f"nothing in {operation} of the secondary organization has a {name}")
        dataset.served(operation)
        if not neighbour.walked(operation, limit=LARGEST, most_pages=1, **{name: value}).items:
            raise NotJudged(f"{operation} shows the secondary organization nothing by its own {name}")
        unknown = unknown_value(dataset, operation, name)
        by_foreign, by_unknown = (dataset.asked(operation, **{name: id_}) for id_ in (value, unknown))
        private(by_foreign, theirs)
        difference = same_answer(by_foreign, by_unknown, (value, unknown))
        message = f"{name} answers a foreign id and an unknown one differently: {difference}"
        expect(difference is None, message, by_foreign, by_unknown)

    each((("listContacts", "listId"), ("listDrafts", "contactId")), lambda case: attack(*case))


@requirement("TENANT-4")
def test_a_foreign_cursor(dataset: Dataset, neighbour: Dataset, theirs: frozenset[Identity]) -> None:
    """A cursor that leads its own organization to a second page leads another to nothing of it."""

    def attack(operation: str) -> None:
        dataset.served(operation)
        pages = neighbour.walk(operation).pages
        if len(pages) < 2:
            pages = neighbour.walked(operation, limit=1, most_pages=2, **whole(operation)).pages
        cursor = next_cursor(pages[0])
        if cursor is None or not identities(pages[1].json, operation) & theirs:
            not_tested(f"{operation} of the secondary organization has no second page")
        private(dataset.caller.get(operation, cursor=cursor, limit=LARGEST, **whole(operation)), theirs)

    each(LISTS, attack)


@requirement("TENANT-5")
def test_no_trick_moves_a_key(dataset: Dataset, neighbour: Dataset, theirs: frozenset[Identity]) -> None:
    """Parameters, headers, paths and repetitions that name another organization or its resources show nothing of it."""
    goal = Theirs(
        organization=neighbour.organization(),
        contact=neighbour.one("listContacts")["id"],
        contact_list=_list_with_contacts(neighbour),
    )
    neighbour.served("getContact")
    for operation in ("getMe", *LISTS):
        dataset.served(operation)
    for trick in tricks(goal, dataset.one("listContacts")["id"], dataset.one("listLists")["id"]):
        private(dataset.caller.send("GET", trick.path, headers=trick.headers), theirs, reads=trick.reads)


@requirement("TENANT-6")
def test_each_organization_is_told_its_own(dataset: Dataset, neighbour: Dataset) -> None:
    """While both ask this and that, `/me` names another organization to the one's key than to the other's."""
    first, second = dataset.organization(), neighbour.organization()
    answers = [asker.served("getMe") for asker in (dataset, neighbour)]
    expect(first != second, f"/me names {first} to both organizations", *answers)


@requirement("TENANT-6")
def test_organizations_take_turns(
    dataset: Dataset, neighbour: Dataset, theirs: frozenset[Identity], ours: frozenset[Identity], seed: int
) -> None:
    """Two organizations walk, filter and read in turn, with fresh cursors and old ones: each is shown its own."""
    take_turns((Party(dataset, theirs), Party(neighbour, ours)), _TURNS, seed)


@requirement("TENANT-6")
def test_organizations_ask_at_the_same_time(
    dataset: Dataset, neighbour: Dataset, theirs: frozenset[Identity], ours: frozenset[Identity]
) -> None:
    """Clients of both organizations ask one thing after another, all at once: each is shown its own."""
    parties = (Party(dataset, theirs), Party(neighbour, ours))
    for party in parties:
        party.dataset.served("getMe")
    volley([partial(party.ask_each, _ASKED) for party in parties * _AT_ONCE])


@requirement("TENANT-7")
def test_no_answer_is_shared(dataset: Dataset, neighbour: Dataset) -> None:
    """One address, asked by both organizations, shows them different things, and one's validator spares the other no answer."""

    def ask(asker: Dataset, operation: str, headers: Headers = ()) -> Exchange:
        path = target(operation, **({"limit": _SHARED_LIMIT} if operation in LISTS else {}))
        return asker.caller.send("GET", path, headers=headers, operation=operation)

    def attack(operation: str) -> None:
        first, second = sound(ask(dataset, operation)), sound(ask(neighbour, operation))
        shown = identities(first.json, operation)
        if not shown or not identities(second.json, operation):
            not_tested(f"{operation} is empty for one of the organizations")
        message = f"{first.request.target} shows both organizations the same"
        expect(shown != identities(second.json, operation), message, first, second)
        validator = first.headers.get("etag")
        if validator:
            again = ask(neighbour, operation, [("If-None-Match", validator)])
            expect(again.status != 304, "another organization's validator answers 304", first, again)
            expect(shown != identities(again.json, operation), message, first, again)

    each(("getMe", "listContacts"), attack)


def _list_with_contacts(neighbour: Dataset) -> str:
    lists = [id_ for contact in neighbour.contacts for id_ in values_of("listId", contact)]
    return lists[0] if lists else str(neighbour.one("listLists")["id"])


def _of_secondary(exchange: Exchange) -> bool:
    credential = exchange.request.credential
    return credential is not None and credential.label.startswith(_SECONDARY)


def _list_by_known_key(exchange: Exchange) -> bool:
    return exchange.request.operation in LISTS and exchange.request.credential is not None and exchange.status == 200
