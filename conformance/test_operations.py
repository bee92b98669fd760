"""OP: the nine operations."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from itertools import product
from typing import Any

import pytest

import spec
from conformance.cases.concurrency import volley
from conformance.cases.dataset import Dataset
from conformance.cases.resource_ids import (
    MALFORMED,
    MISSPELLINGS,
    SINGLE,
    Opening,
    collection_of,
    known_opening,
    unknown_id,
    well_formed,
)
from conformance.cases.resource_states import Known, in_each_state, in_each_state_with_nulls
from conformance.cases.sampling import cases, stratified
from conformance.cases.tables import Cut, over
from conformance.checks import (
    NotJudged,
    NotTested,
    Violation,
    expect,
    items,
    not_tested,
    refused,
    requirement,
    served,
    sound,
)
from conformance.oracles.consistency import Resource, disagreement, steady, telling
from conformance.oracles.openapi_core_check import second_opinion
from conformance.oracles.schemas import fault_of
from conformance.oracles.usable import as_id, member, resource, unusable
from conformance.target.client import Caller, Client
from conformance.target.exchange import Exchange
from spec.target import Target

OPERATIONS = tuple(spec.contract().operations)
# Operations that read a single resource of a list, and how many awkward resources of each list are read.
_SCHEMAS = {"getContact": "Contact", "getList": "ContactList", "getDraft": "DraftSummary"}
READ_BOTH_WAYS = tuple(_SCHEMAS)
_AWKWARD = 10
# The label of the keys that hold a single scope.
_SINGLE_SCOPE = "keys.single_scope."
_TRIES = 3
# How many clients read at the same time, and how many resources of a kind.
_CLIENTS = 8
_OF_A_KIND = 6
_MISSING = (404, 410)


@requirement("OP-1")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_served(operation: str, dataset: Dataset) -> None:
    """A key with all scopes is answered 200, with JSON that the operation's schema accepts."""
    try:
        answer = dataset.served(operation)
    except NotJudged as failure:
        raise Violation(str(failure), *failure.exchanges) from None
    fault = fault_of(answer)
    expect(not fault, f"{answer.line()}: {fault}", answer)


@requirement("OP-1", whole_run=True)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_second_opinion(operation: str, client: Client) -> None:
    """A second validator, which finds operation, status and media type in the document itself, says the same of one answer."""
    answers = cases(
        client, lambda e: e.request.operation == operation and e.request.method == "GET" and e.status == 200
    )
    shortest = min(answers, key=lambda answer: (not _tells_something(answer), len(answer.body)))
    fault = second_opinion(shortest)
    expect(not fault, f"openapi-core: {fault}", shortest)


@requirement("OP-2", needs=())
def test_me_reports_the_key(primary: Caller, dataset: Dataset) -> None:
    """`/me` names one organization and two different keys to two keys of one organization, and the same again later."""
    first = dataset.served("getMe")
    own = {caller.keys[0].secret == Opening("getMe", {}, first).secret: caller for caller in primary.each()}
    if len(own) < 2:
        not_tested("needs two keys in organizations.primary.api_keys")
    second, again = _who_asks(own[False], first), _who_asks(own[True], first)
    expect(
        _organization(first) == _organization(second), "/me names two organizations to two keys of one", first, second
    )
    expect(_key(first) != _key(second), "/me reports one apiKey to two keys", first, second)
    expect(_key(first) == _key(again), "/me reports two apiKeys to one key", first, again)


@requirement("OP-2", needs=("organizations.secondary",))
def test_me_reports_the_organization(dataset: Dataset, neighbour: Dataset) -> None:
    """`/me` shows keys of two organizations different keys and different organizations."""
    ours, theirs = dataset.served("getMe"), neighbour.served("getMe")
    expect(_organization(ours) != _organization(theirs), "/me names one organization to keys of two", ours, theirs)
    expect(_key(ours) != _key(theirs), "/me reports one apiKey to keys of two organizations", ours, theirs)


@requirement("OP-2", needs=())
@pytest.mark.parametrize("name", ["primary", "secondary"])
def test_me_reports_what_the_organization_is_known_as(name: str, client: Client, target: Target) -> None:
    """`/me` reports the id and the name that the target's description gives an organization."""
    organization = target.organizations.primary if name == "primary" else target.organizations.secondary
    wanted = {"id": organization.id, "name": organization.name}
    given = {what: value for what, value in wanted.items() if value is not None and organization.api_keys}
    if not given:
        return
    me = served(client.caller(f"organizations.{name}.api_keys", organization.api_keys), "getMe")
    for what, value in given.items():
        told = member(me, "organization", what)
        expect(str(told) == value, f"/me reports the organization's {what} as {told!r}, it is {value!r}", me)


@requirement("OP-2", needs=(), whole_run=True)
def test_me_reports_whichever_key_asks(client: Client) -> None:
    """`/me` never reports the same `apiKey` to two keys of the run, nor a scope to a key that does not hold it."""
    asked: dict[Any, Exchange] = {}
    for answer in cases(client, _me_of_known_key):
        first = asked.setdefault(_key(answer), answer)
        expect(_secret(first) == _secret(answer), "/me reports one apiKey to two keys", first, answer)
        held = _held_alone(_label(answer))
        if held is not None:
            shown = member(answer, "apiKey", "scopes")
            others = {scope for scope in spec.contract().scopes if scope in shown} - held
            expect(
                not others, f"a key with {', '.join(held) or 'no scope'} is told that it holds {sorted(others)}", answer
            )
            expect(shown or not held, f"a key with {', '.join(held)} is told that it holds none", answer)


def read_both_ways(dataset: Dataset) -> list[Known]:
    """Resources in each of their states and from all parts of their lists, some of them with awkward data."""
    found = [known for known in in_each_state(dataset) if known.operation in READ_BOTH_WAYS]
    for operation in READ_BOTH_WAYS:
        with suppress(NotTested):
            walk = dataset.walk(collection_of(operation) or "")
            awkward = telling(walk.items, _AWKWARD, stratified(walk.items, _AWKWARD, dataset.seed))
            found += [Known(operation, listed["id"], "awkward") for listed in awkward]
            found += in_each_state_with_nulls(operation, walk.items)
    return list({(known.operation, known.id): known for known in found}.values())


@requirement("OP-3")
@over((_CLIENTS,), Cut(quick=0, paced=0, standard=1))
def test_resources_read_at_the_same_time(case: int, dataset: Dataset) -> None:
    """Clients that read different resources at the same time get the ones that they ask for."""
    found = read_both_ways(dataset)
    known = [one for operation in READ_BOTH_WAYS for one in _of(operation, found)[:_OF_A_KIND]]
    volley([partial(_each_its_own, dataset, known[client::case]) for client in range(min(case, len(known)))])


def _of(operation: str, found: Sequence[Known]) -> list[Known]:
    return [known for known in found if known.operation == operation]


def _each_its_own(dataset: Dataset, asked: Sequence[Known]) -> None:
    for known in asked:
        answer = dataset.asked(known.operation, id=known.id)
        shown = known.id if unusable(answer) else resource(answer)["id"]
        expect(shown == known.id, f"{answer.line()} shows {shown}, while others were read", answer)


# The answers of the check above are used again, so it comes first.
@requirement("OP-3")
@over(read_both_ways, Cut(quick=4, paced=6, standard=60))
def test_single_agrees_with_list(case: Known, dataset: Dataset) -> None:
    """A resource that is read by its id agrees with the same resource in its list."""
    walk = dataset.walk(collection_of(case.operation) or "")
    single = dataset.asked(case.operation, id=case.id)
    pages = {item["id"]: (item, page) for page in walk.pages for item in items(page)}
    listed, page = pages[case.id]
    if single.status in _MISSING:
        _still_missing(dataset.caller, case.id, page, case.operation)
    elif disagreement(listed, resource(sound(single))):
        _still_disagree(dataset.caller, case.id, page, case.operation)


@requirement("OP-10")
@pytest.mark.parametrize("operation", SINGLE)
def test_unknown_id(operation: str, dataset: Dataset, seed: int) -> None:
    """A known id is served; a well-formed id that does not exist is answered 404."""
    known_opening(dataset, operation)
    known = dataset.walk(collection_of(operation) or "")
    for attempt in range(_TRIES):
        made_up = unknown_id(dataset, operation, seed, attempt)
        answer = dataset.asked(operation, id=made_up)
        if answer.status in MALFORMED:
            answer = dataset.asked(operation, id=well_formed(dataset, operation, made_up))
        # If a list is too long to be walked to its end, some ids are unknown, and this one may exist.
        if known.complete or unusable(answer):
            refused(answer, 404)
            return
    not_tested(f"{_TRIES} made-up ids were served, of a list that was not walked to its end")


@requirement("OP-10")
@over(tuple(product(SINGLE, MISSPELLINGS)), Cut(quick=2, paced=1, standard=12))
def test_an_id_that_resembles_another(case: tuple[str, str], dataset: Dataset) -> None:
    """An id with one character less, one more, or a different one at its end never finds the original resource."""
    operation, misspelling = case
    known = str(known_opening(dataset, operation).parameters["id"])
    asked = MISSPELLINGS[misspelling](known)
    if asked in ("", known):
        not_tested(f"{known} is too short to be misspelt")
    answer = dataset.asked(operation, id=asked)
    if unusable(answer) is None:
        shown = as_id(answer.json.get("contactId" if operation == "getContactResearch" else "id"))
        expect(shown != known, f"{asked}, which is {known} {misspelling}, is answered with {known}", answer)
    # If another resource has that id, the answer proves nothing.
    expect(answer.status == 200 or 400 <= answer.status < 500, f"{answer.line()}, expected 404", answer)


def _who_asks(caller: Caller, known: Exchange) -> Exchange:
    """A second answer of `/me` to a key, besides the given one. In most runs the preflight has one already."""
    told = (e for e in caller.client.exchanges if e is not known and _me_of_known_key(e))
    return next((e for e in told if e.request.credential in caller.keys), None) or served(caller, "getMe")


def _listed_again(caller: Caller, id_: str, page: Exchange) -> tuple[Exchange, Resource | None]:
    """A page asked for once more, and the resource on it; None if it is no longer there."""
    again = sound(caller.send("GET", page.request.target, operation=page.request.operation))
    return again, next((item for item in items(again) if item["id"] == id_), None)


def _still_missing(caller: Caller, id_: str, page: Exchange, operation: str) -> None:
    # The resource may have been deleted since it was listed, so it counts only if the list still has it.
    again, listed = _listed_again(caller, id_, page)
    single = caller.get(operation, id=id_)
    there = listed is None or single.status not in _MISSING
    expect(there, f"{id_} is in its list, but a request for it is answered {single.status}", again, single)


def _still_disagree(caller: Caller, id_: str, page: Exchange, operation: str) -> None:
    # The resource may have changed between the two readings, so only members that its list shows unchanged before and after
    # count. A member that no document names may count the readings.
    before = served(caller, operation, id=id_)
    _, listed = _listed_again(caller, id_, page)
    single = served(caller, operation, id=id_)
    again, listed_after = _listed_again(caller, id_, page)
    known = spec.contract().schema(_SCHEMAS[operation])["properties"]
    told = steady(resource(single), resource(before)) | {
        name: value for name, value in resource(single).items() if name in known
    }
    difference = disagreement(told, steady(listed or {}, listed_after or {}))
    expect(not difference, f"{id_} read singly and in its list: {difference}", single, again)


def _tells_something(answer: Exchange) -> bool:
    return isinstance(answer.json, dict) and answer.json.get("data") != []


def _me_of_known_key(exchange: Exchange) -> bool:
    named = exchange.request.operation == "getMe" and exchange.request.credential is not None
    told = named and unusable(exchange) is None and as_id(member(exchange, "apiKey", "id"))
    return bool(told) and isinstance(member(exchange, "apiKey", "scopes"), list)


def _label(exchange: Exchange) -> str:
    return exchange.request.credential.label if exchange.request.credential else ""


def _secret(exchange: Exchange) -> str:
    return exchange.request.credential.secret if exchange.request.credential else ""


def _held_alone(label: str) -> set[str] | None:
    """The scopes of a single-scope or no-scope key, by the target's description; None for other keys."""
    if label.startswith("keys.no_scope["):
        return set()
    member, _, _ = label.partition("[")
    return {member.removeprefix(_SINGLE_SCOPE)} if member.startswith(_SINGLE_SCOPE) else None


def _organization(me: Exchange) -> Any:
    return _told(me, "organization")


def _key(me: Exchange) -> Any:
    return _told(me, "apiKey")


def _told(me: Exchange, part: str) -> str:
    found = as_id(member(me, part, "id"))
    if found is None:
        raise NotJudged(f"/me does not name the {part} by its id", me)
    return found
