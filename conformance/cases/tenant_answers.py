"""Expectations of the answers to one organization that asks for another's data, and the data that tricks ask for."""

from __future__ import annotations

from functools import partial

import spec
from conformance.cases.dataset import LARGEST, Dataset, next_cursor
from conformance.cases.expected_pages import unknown_value
from conformance.cases.filters import values_of
from conformance.cases.resource_ids import MALFORMED, READS, collection_of, resembling, unknown_id, well_formed
from conformance.cases.tenant_attacks import FILTER_SHAPES, AsFilter, ById, ask_by_id, filtered_path
from conformance.cases.tenant_escapes import Theirs
from conformance.checks import NotJudged, expect, not_tested
from conformance.oracles.ownership import Identity, private
from conformance.oracles.problems import same_answer
from conformance.target.client import Caller
from conformance.target.exchange import Exchange


def expect_same_as_unknown_id(
    case: ById, own: Dataset, other: Dataset, theirs: frozenset[Identity], caller: Caller, seed: int
) -> None:
    """Expect the caller, of one's own organization, to get the same answer to another one's id and to an unknown one.

    Raises Violation, and NotTested or NotJudged if it cannot be tried.
    """
    operation, foreign_id = case.resource.operation, case.resource.id
    own.served(listing := collection_of(operation) or "listContacts")
    other.served(operation)
    unknown_one = unknown_id(own, operation, seed)
    if unknown_one in other.walk(listing).ids:
        unknown_one = resembling(other.walk(listing).ids[0], other.walk(listing).ids, operation)
    owners = other.single(operation, foreign_id) if case.conditional else None
    question = f"{case if case.conditional else (operation, case.shape)}"
    # One key asks for both: only then does a difference come from the id.
    caller = own.once(f"key for {question}", caller.pinned)
    known = own.one(listing)["id"]
    hidden = private(ask_by_id(caller, operation, foreign_id, case.shape, known, owners), theirs)

    def ask_for(id_: str) -> Exchange:
        return own.once(
            f"unknown id {id_}, {question}", lambda: ask_by_id(caller, operation, id_, case.shape, known, owners)
        )

    unknown = ask_for(unknown_one)
    if unknown.status in MALFORMED and hidden.status not in MALFORMED:
        unknown_one = well_formed(own, operation, unknown_one)
        unknown = ask_for(unknown_one)
    if unknown.status == 200:
        raise NotJudged(f"{unknown.line()}: an id that does not exist is served (OP-10)", unknown)
    difference = same_answer(hidden, unknown, (foreign_id, unknown_one))
    expect(difference is None, f"answers to a foreign id and an unknown one differ: {difference}", hidden, unknown)


def as_unknown(case: AsFilter, own: Dataset, other: Dataset, theirs: frozenset[Identity], caller: Caller) -> None:
    """Expect the caller to get the same answer to another organization's id as a filter's value and to an unknown one.

    Raises Violation, and NotTested or NotJudged if it cannot be tried.
    """
    own.served(case.operation)
    if not other.walked(case.operation, limit=LARGEST, most_pages=1, **{case.name: case.value}).items:
        raise NotJudged(f"{case.operation} shows the {other.name} organization nothing by its own {case.name}")
    known = next((value for item in own.walk(case.operation).items for value in values_of(case.name, item)), None)
    if known is None:
        not_tested(f"nothing in {case.operation} of the {own.name} organization has a {case.name}")
    unknown = unknown_value(own, case.operation, case.name)
    behind = case.shape == FILTER_SHAPES[-1]
    cursor = next_cursor(own.walked(case.operation, limit=1, most_pages=1).pages[0]) if behind else None
    limit = own.largest(case.operation)
    # One key asks for both: a server may require a scope for the filter, which not all keys have (SCOPE-2).
    key = f"key for {filtered_path(case, unknown, known, cursor, limit)}"
    caller = own.once(key, caller.pinned)

    def ask_by(value: str) -> Exchange:
        path = filtered_path(case, value, known, cursor, limit)
        return own.once(f"{path} by {case.name}", partial(caller.send, "GET", path, operation=case.operation))

    by_foreign, by_unknown = ask_by(case.value), ask_by(unknown)
    if by_unknown.status in MALFORMED and by_foreign.status not in MALFORMED and case.name in READS:
        unknown = well_formed(own, READS[case.name], unknown)
        by_unknown = ask_by(unknown)
    private(by_foreign, theirs)
    difference = same_answer(by_foreign, by_unknown, (case.value, unknown))
    message = f"a foreign id and an unknown one as {case.name} are answered differently: {difference}"
    expect(difference is None, message, by_foreign, by_unknown)


def goal_of(other: Dataset, own: Dataset) -> Theirs:
    """The data that tricks ask for; its own organization must be served it. Raises NotTested and NotJudged."""
    other.served("getContact")
    for operation in ("getMe", *spec.LIST_OPERATIONS):
        own.served(operation)
    lists = [id_ for contact in other.contacts for id_ in values_of("listId", contact)]
    return Theirs(
        organization=other.organization(),
        key=other.caller.keys[0].secret,
        contact=other.one("listContacts")["id"],
        contact_list=lists[0] if lists else str(other.one("listLists")["id"]),
        archived_list=next((known["id"] for known in other.lists if known.get("archivedAt")), None),
        draft=next((draft["id"] for draft in other.drafts), None),
    )
