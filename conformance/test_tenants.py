"""TENANT-1 to 5: a key is never shown anything of another organization. Both organizations' lists are known from walks."""

from __future__ import annotations

from itertools import product
from operator import attrgetter
from urllib.parse import unquote

import pytest

import spec
from conformance.cases.dataset import LARGEST, Dataset, next_cursor, whole
from conformance.cases.sampling import cases, none_has, relieved
from conformance.cases.tables import Cut, over
from conformance.cases.tenant_answers import as_unknown, expect_same_as_unknown_id, goal_of
from conformance.cases.tenant_attacks import (
    AsFilter,
    ById,
    Query,
    foreign_filters,
    foreign_ids,
    foreign_ids_by_value,
    foreign_ids_conditionally,
    foreign_queries,
)
from conformance.cases.tenant_escapes import Theirs, Trick, further_tricks, show_nothing, tricks
from conformance.checks import expect, items, not_tested, record_tried, requirement
from conformance.oracles.ownership import Identity, identities, leak, private
from conformance.target.client import Client
from conformance.target.client import target as wire
from conformance.target.exchange import Exchange
from spec.target import Target

LISTS = spec.LIST_OPERATIONS
_SECONDARY = "organizations.secondary"
# A limit at which even short lists have three pages.
_SHORT = 2
# Where a foreign cursor comes from, and how it is used; the plainest first.
_POSITIONS = ("from page one", "from page two", "at another limit")


@requirement("TENANT-1")
@over(LISTS)
def test_lists_share_no_id(case: str, dataset: Dataset, neighbour: Dataset) -> None:
    """The whole lists of two organizations have no id in common."""
    own, other = dataset.walk(case), neighbour.walk(case)
    if not own.ids or not other.ids:
        not_tested(f"{case} is empty for one of the organizations")
    shared = set(own.ids) & set(other.ids)
    for page in [page for page in own.pages if shared & {item["id"] for item in items(page)}][:1]:
        expect(False, f"{len(shared)} ids are shown to both organizations: {sorted(shared)[:1]}", page)


@requirement("TENANT-1", whole_run=True)
def test_no_list_shows_what_is_foreign(client: Client, theirs: frozenset[Identity], ours: frozenset[Identity]) -> None:
    """No list of the whole run, under any filter or parameter, shows a key an id of the other organization."""
    none_has(lambda answer: leak(answer, ours if _of_secondary(answer) else theirs), cases(client, _list_by_known_key))


@requirement("TENANT-1")
@over(foreign_queries, Cut(quick=2, paced=3, standard=200), attrgetter("plain"))
def test_no_filter_shows_what_is_foreign(
    case: Query, dataset: Dataset, theirs: frozenset[Identity], target: Target
) -> None:
    """A filtered list shows nothing of another organization, even if only that organization has matching items."""
    dataset.served(case.operation)
    caller = relieved(dataset.caller, target, case.operation)
    path = case.path(dataset.largest(case.operation))
    # A server may not know an encoded path, so the answer is not judged as the operation's.
    answer = caller.send("GET", path, operation=None if case.encoded else case.operation)
    private(answer, theirs, reads=case.operation)


@requirement("TENANT-2")
@over(foreign_ids, Cut(quick=5, paced=7, standard=200), attrgetter("plain"))
def test_a_foreign_id_is_as_good_as_none(
    case: ById, dataset: Dataset, neighbour: Dataset, theirs: frozenset[Identity], target: Target, seed: int
) -> None:
    """A foreign id is answered exactly as an id that does not exist."""
    caller = relieved(dataset.caller, target, case.resource.operation)
    expect_same_as_unknown_id(case, dataset, neighbour, theirs, caller, seed)


@requirement("TENANT-2")
@over(foreign_ids_by_value, Cut(quick=0, paced=0, standard=60))
def test_a_foreign_id_is_as_good_as_none_whatever_it_has(
    case: ById, dataset: Dataset, neighbour: Dataset, theirs: frozenset[Identity], target: Target, seed: int
) -> None:
    """A foreign id is answered exactly as an id that does not exist, whatever values the resource's members have."""
    caller = relieved(dataset.caller, target, case.resource.operation)
    expect_same_as_unknown_id(case, dataset, neighbour, theirs, caller, seed)


@requirement("TENANT-2")
@over(foreign_ids_conditionally, Cut(quick=0, paced=0, standard=56))
def test_a_condition_finds_nothing_foreign(
    case: ById, dataset: Dataset, neighbour: Dataset, theirs: frozenset[Identity], target: Target, seed: int
) -> None:
    """A foreign id with a validator, a date or a range is answered exactly as an id that does not exist, by GET and HEAD."""
    caller = relieved(dataset.caller, target, case.resource.operation)
    expect_same_as_unknown_id(case, dataset, neighbour, theirs, caller, seed)


@requirement("TENANT-3")
@over(foreign_filters, Cut(quick=2, paced=3, standard=120), attrgetter("plain"))
def test_a_foreign_id_as_a_filter(
    case: AsFilter, dataset: Dataset, neighbour: Dataset, theirs: frozenset[Identity], target: Target
) -> None:
    """As a filter's value, a foreign id that shows its owner something is answered as an unknown id is."""
    as_unknown(case, dataset, neighbour, theirs, relieved(dataset.caller, target, case.operation))


@requirement("TENANT-4")
@over(
    tuple(product(LISTS, _POSITIONS)),
    Cut(quick=2, paced=4, standard=12),
    plain=lambda case: (case[0], _POSITIONS[0]),
)
def test_a_foreign_cursor(
    case: tuple[str, str], dataset: Dataset, neighbour: Dataset, theirs: frozenset[Identity]
) -> None:
    """A cursor of one organization shows another organization nothing of the first one's data."""
    operation, position = case
    dataset.served(operation)
    pages = neighbour.walked(operation, limit=_SHORT, most_pages=3, **whole(operation)).pages
    index = 1 if position == "from page two" else 0
    cursor = next_cursor(pages[index]) if len(pages) > index + 1 else None
    if cursor is None or not identities(pages[index + 1].json, operation) & theirs:
        not_tested(f"{operation} of the secondary organization has no page behind it")
    # The address is the owner's to the letter, so that a cache that goes by addresses would know it.
    path = pages[index + 1].request.target
    if position == "at another limit":
        path = wire(operation, cursor=cursor, limit=neighbour.fitting(operation, LARGEST), **whole(operation))
    private(dataset.caller.send("GET", path, operation=operation), theirs)


@pytest.fixture(scope="module")
def goal(dataset: Dataset, neighbour: Dataset) -> Theirs:
    """The data that the tricks ask for."""
    return goal_of(neighbour, dataset)


def all_tricks(dataset: Dataset, goal: Theirs) -> list[Trick]:
    """Parameters, headers, paths and repetitions that name another organization or its resources."""
    return tricks(goal, dataset.one("listContacts")["id"], dataset.one("listLists")["id"])


@requirement("TENANT-5")
@over(all_tricks)
def test_no_trick_moves_a_key(case: Trick, dataset: Dataset, theirs: frozenset[Identity]) -> None:
    """Parameters, headers, paths and repetitions that name another organization or its resources show nothing of it."""
    show_nothing(case, dataset, theirs)


@requirement("TENANT-5")
@over(further_tricks, Cut(quick=2, paced=1, standard=24))
def test_no_header_moves_a_key(case: Trick, dataset: Dataset, theirs: frozenset[Identity]) -> None:
    """Headers, cookies, keys and paths show nothing of the organization that they name, and HEAD does not find its resources."""
    show_nothing(case, dataset, theirs)


@requirement("TENANT-5", whole_run=True)
def test_no_strange_path_shows_what_is_foreign(
    client: Client, theirs: frozenset[Identity], ours: frozenset[Identity]
) -> None:
    """No answer of the run to a path of no operation shows an id of the other organization that the request did not name."""
    found = [exchange for exchange in tuple(client.exchanges) if _of_no_operation(exchange)]
    record_tried(len(found), len(found))  # if there are none, the other checks of TENANT-5 judge it
    for exchange in found:
        others = ours if _of_secondary(exchange) else theirs
        private(exchange, frozenset(each for each in others if each[1] not in exchange.request.target))


def _of_secondary(exchange: Exchange) -> bool:
    credential = exchange.request.credential
    return credential is not None and credential.label.startswith(_SECONDARY)


def _of_no_operation(exchange: Exchange) -> bool:
    return exchange.request.credential is not None and spec.operation_of(unquote(exchange.path)) is None


def _list_by_known_key(exchange: Exchange) -> bool:
    return exchange.request.operation in LISTS and exchange.request.credential is not None and exchange.status == 200
