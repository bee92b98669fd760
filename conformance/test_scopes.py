"""SCOPE: each operation requires one scope."""

from __future__ import annotations

from contextlib import suppress
from itertools import product
from urllib.parse import parse_qs, parse_qsl

import pytest

import spec
from conformance.cases.conditions import CONDITIONS, condition
from conformance.cases.dataset import Dataset
from conformance.cases.disguises import queries, single_parameters, with_a_letter_encoded
from conformance.cases.filters import asked_of
from conformance.cases.follow_ups import FOLLOW_UPS, follow_up, real_cursor
from conformance.cases.resource_ids import SINGLE, opening, unknown_id
from conformance.cases.sampling import cases, none_has
from conformance.cases.scope_holders import NO_SCOPE, SCOPED, SCOPES, Holders
from conformance.cases.tables import Cut, over
from conformance.checks import NotTested, Violation, expect, not_tested, refused, requirement, sound
from conformance.oracles.exchanges import API, ordinary
from conformance.oracles.refusals import scope_fault
from conformance.oracles.usable import member, unusable
from conformance.target.client import Client, target
from conformance.target.exchange import Exchange
from spec.target import Target

_UNKNOWN = Cut(quick=3, paced=4, standard=20)
_QUERIES = tuple(asked for asked in queries() if asked[0] in SCOPED)
_SINGLE_PARAMETERS = tuple(asked for asked in single_parameters() if asked[0] in SCOPED)
_FILTERED = tuple((each.id, name) for each in spec.contract().operations.values() for name in each.filters)
_CURSOR = "cursor"
_BEHIND_CURSORS = tuple((operation, _CURSOR) for operation in spec.LIST_OPERATIONS)
_METHODS = ("GET", "HEAD")
# How many refusals are compared with the answer to a key with all scopes.
_MOST_ASKED_AGAIN = 8
_GIVEN, _ENCODED, _TWICE = "found by another key", "with a letter encoded", "with a limit twice"
_FORMS = (
    *product(FOLLOW_UPS, (_GIVEN,)),
    *product(spec.LIST_OPERATIONS, (_ENCODED,)),
    ("listContacts", _TWICE),
)
_CONDITIONAL = tuple(product(SCOPED, _METHODS, CONDITIONS))
# Every operation with each scope that is not its own, and with no scope.
WRONG = tuple(
    (method, operation, scope)
    for method in _METHODS
    for operation, own in SCOPED.items()
    for scope in (*SCOPES, NO_SCOPE)
    if scope != own
)


@pytest.fixture(scope="module")
def holders(client: Client, target: Target) -> Holders:
    """Keys that hold one scope, or none."""
    return Holders(client, target)


@requirement("SCOPE-1")
@over(WRONG, Cut(quick=6, paced=40, standard=64), plain=lambda case: ("GET", *case[1:]))
def test_without_the_scope(case: tuple[str, str, str], dataset: Dataset, holders: Holders, seed: int) -> None:
    """An operation that serves a key with all scopes refuses a valid key without its scope."""
    method, operation, scope = case
    known = opening(dataset, operation, seed)
    holders.in_force(scope)
    refused(holders.ask(scope, operation, method, **known.parameters), *_refusals(method))


@requirement("SCOPE-1")
@over(_QUERIES, Cut(quick=2, paced=4, standard=len(_QUERIES)))
def test_parameters_without_the_scope(case: tuple[str, str], dataset: Dataset, holders: Holders, seed: int) -> None:
    """A missing scope is refused whatever the parameters are, and before invalid parameters."""
    _refused_without_the_scope(case, dataset, holders, seed)


@requirement("SCOPE-1")
@over(_SINGLE_PARAMETERS, Cut(quick=0, paced=0, standard=len(_SINGLE_PARAMETERS)))
def test_one_parameter_without_the_scope(case: tuple[str, str], dataset: Dataset, holders: Holders, seed: int) -> None:
    """A missing scope is refused with any single parameter, even with one that only another operation has."""
    _refused_without_the_scope(case, dataset, holders, seed)


def _refused_without_the_scope(case: tuple[str, str], dataset: Dataset, holders: Holders, seed: int) -> None:
    operation, query = case
    scope = holders.other_than(SCOPED[operation])
    known = opening(dataset, operation, seed)
    holders.in_force(scope)
    refused(holders.ask(scope, operation, **{**known.parameters, **dict(parse_qsl(query))}), 403)


def values_without_the_scope(dataset: Dataset) -> list[tuple[str, str, str, str]]:
    """Each filter of each list with real values, and a scope that the filter or the value names, if any: that of its resource."""
    found: dict[tuple[str, str, str], str] = {}
    for operation, name in _FILTERED:
        with suppress(NotTested):
            for value in _values_in_use(dataset, operation, name):
                found.setdefault((operation, name, _scope_named_by(operation, name, value)), value)
    return [(operation, name, value, scope) for (operation, name, scope), value in found.items()]


@requirement("SCOPE-1")
@over(values_without_the_scope, Cut(quick=0, paced=0, standard=12))
def test_a_real_value_without_the_scope(case: tuple[str, str, str, str], dataset: Dataset, holders: Holders) -> None:
    """A missing scope is refused under a filter that finds something, even to a key with the scope of what the filter names."""
    operation, name, value, named = case
    scope = named or holders.other_than(SCOPED[operation])
    dataset.served(operation)
    holders.in_force(scope)
    refused(holders.ask(scope, operation, **{name: value}), 403)


@requirement("SCOPE-1")
@over(_CONDITIONAL, Cut(quick=1, paced=2, standard=len(_CONDITIONAL)))
def test_a_condition_stands_for_no_scope(
    case: tuple[str, str, str], dataset: Dataset, holders: Holders, seed: int
) -> None:
    """A missing scope is refused before a condition is evaluated (RFC 9110 13.2.1): it is not answered 304, 206 or 412."""
    operation, method, name = case
    known = opening(dataset, operation, seed)
    scope = holders.other_than(SCOPED[operation])
    holders.in_force(scope)
    headers = [condition(name, known.exchange)]
    path = target(operation, **known.parameters)
    answer = holders.holder(scope).send(method, path, headers=headers, operation=operation)
    refused(answer, *_refusals(method))


@requirement("SCOPE-1")
@over(_FORMS, Cut(quick=0, paced=0, standard=len(_FORMS)))
def test_no_form_stands_for_the_scope(case: tuple[str, str], dataset: Dataset, holders: Holders) -> None:
    """A missing scope is refused behind a real cursor, with a limit twice and for an archived list; no encoding avoids it."""
    operation, form = case
    dataset.served(operation)
    scope = holders.other_than(SCOPED[operation])
    holders.in_force(scope)
    if form == _ENCODED:
        answer = holders.holder(scope).send("GET", with_a_letter_encoded(target(operation)))
        expect(unusable(answer, reads=operation) is not None, f"{answer.line()} without {SCOPED[operation]}", answer)
        return
    path = target(operation, limit=[1, 2]) if form == _TWICE else follow_up(dataset, operation)
    refused(holders.holder(scope).send("GET", path, operation=operation), 403)


@requirement("SCOPE-2")
@over(tuple(SCOPED.items()))
def test_with_exactly_the_scope(case: tuple[str, str], dataset: Dataset, holders: Holders, seed: int) -> None:
    """Every operation serves the key that holds only its scope; if there is no resource to serve, the answer is not 403."""
    operation, scope = case
    holders.in_force(scope)
    known = opening(dataset, operation, seed)
    answer = holders.ask(scope, operation, **known.parameters)
    if known.exchange.request.operation == operation:
        _serves(answer, scope)
    expect(answer.status != 403, f"{answer.line()} for a key with {scope}", answer)


@requirement("SCOPE-2")
@over((*_FILTERED, *_BEHIND_CURSORS), Cut(quick=0, paced=0, standard=len(_FILTERED + _BEHIND_CURSORS)))
def test_a_filter_wants_no_further_scope(case: tuple[str, str], dataset: Dataset, holders: Holders) -> None:
    """A key with only the list's scope is served a filtered list, even by an id of another kind, and a later page."""
    operation, name = case
    value = _values_in_use(dataset, operation, name)[0]
    scope = SCOPED[operation]
    holders.in_force(scope)
    answer = holders.ask(scope, operation, **{name: value})
    if answer.status == 403:
        sound(dataset.asked(operation, **{name: value}))
    expect(answer.status != 403, f"{answer.line()} for a key with {scope}", answer)


@requirement("SCOPE-2", whole_run=True)
@over(tuple(SCOPED))
def test_no_request_wants_a_further_scope(case: str, client: Client, dataset: Dataset) -> None:
    """What a key with all scopes is served is not answered 403 to the key with only the operation's scope, in the whole run."""
    asked = cases(client, lambda exchange: exchange.request.operation == case and _has_the_scope(exchange))
    given = {str(member(answer, "nextCursor")) for answer in client.exchanges if unusable(answer) is None}
    refusals = {answer.request.target: answer for answer in asked if answer.status == 403}
    for refusal in [answer for path, answer in refusals.items() if _cursors(path) <= given][:_MOST_ASKED_AGAIN]:
        answer = dataset.caller.send("GET", refusal.request.target, operation=case)
        told = f"{refusal.line()} for a key with {SCOPED[case]}, and {answer.status} for one with all scopes"
        expect(unusable(answer), told, answer, refusal)


@requirement("SCOPE-3")
@over((*SCOPES, NO_SCOPE))
def test_me_wants_no_scope(case: str, dataset: Dataset, holders: Holders) -> None:
    """`/me` serves every valid key, even one without a scope."""
    dataset.served("getMe")
    _serves(holders.ask(case, "getMe"), case)


@requirement("SCOPE-3")
@over(((NO_SCOPE, "HEAD"),), Cut(quick=0, paced=0, standard=1))
def test_me_wants_no_scope_by_another_method(case: tuple[str, str], dataset: Dataset, holders: Holders) -> None:
    """`/me` does not refuse HEAD for want of a scope."""
    scope, method = case
    dataset.served("getMe")
    holders.in_force(scope)
    answer = holders.ask(scope, "getMe", method)
    expect(answer.status != 403, f"{answer.line()} for a key with {scope}", answer)


def singles_without_the_scope(target: Target) -> list[tuple[str, str, str]]:
    """Each single resource with each other scope; then, if there are two organizations, with one scope for a foreign id."""
    pairs = [(operation, scope) for _, operation, scope in WRONG[: len(WRONG) // 2] if operation in SINGLE]
    foreign = SINGLE if target.organizations.secondary.api_keys else ()
    return [*((*pair, "") for pair in pairs), *((operation, NO_SCOPE, "a foreign id") for operation in foreign)]


@requirement("SCOPE-4")
@over(singles_without_the_scope, _UNKNOWN)
def test_missing_scope_comes_before_the_resource(
    case: tuple[str, str, str], dataset: Dataset, neighbour: Dataset, holders: Holders, seed: int
) -> None:
    """A key without the scope learns nothing of a resource, not even whether it exists, or belongs to somebody else."""
    operation, scope, foreign = case
    holders.in_force(scope)
    if foreign:
        refused(holders.ask(scope, operation, **neighbour.parameters(operation)), 403)
        return
    known = opening(dataset, operation, seed)
    refused(holders.ask(scope, operation, **known.parameters), 403)
    refused(holders.ask(scope, operation, id=unknown_id(dataset, operation, seed)), 403)


@requirement("SCOPE-5", whole_run=True)
def test_refusal_names_the_scope(client: Client) -> None:
    """Every 403 of the run names the missing scope, in its detail or its challenge (RFC 6750 3.1)."""
    none_has(scope_fault, cases(client, _lacks_scope))


def _values_in_use(dataset: Dataset, operation: str, name: str) -> list[str]:
    """The values of a filter by which a list shows something. Raises NotTested if there are none."""
    if name == "includeArchived":
        return ["1"]
    if name == _CURSOR:
        return [real_cursor(dataset, operation)]
    used = {value: None for item in dataset.walk(operation).items for value in asked_of(name, item)}
    return list(used) or not_tested(f"nothing in {operation} has a {name}")


def _scope_named_by(operation: str, name: str, value: str) -> str:
    """The scope of another resource that a filter (`listId`) or its value (`contact.created`) begins with; empty if none."""
    named = (scope for scope in SCOPES if name.startswith(_stem(scope)) or value.startswith(_stem(scope)))
    return next((scope for scope in named if scope != SCOPED[operation]), "")


def _stem(scope: str) -> str:
    return scope.partition(".")[0].removesuffix("s")


def _refusals(method: str) -> tuple[int, ...]:
    """The statuses that refuse a key without the scope. OP-7 judges whether HEAD exists."""
    return (403, 404, 405, 501) if method == "HEAD" else (403,)


def _lacks_scope(exchange: Exchange) -> bool:
    request = exchange.request
    named = request.method == "GET" and request.operation in SCOPED and exchange.path.startswith(API)
    return named and exchange.status == 403


def _has_the_scope(exchange: Exchange) -> bool:
    """Whether a key with only the operation's scope asked, plainly."""
    key, request = exchange.request.credential, exchange.request
    plain = request.method == "GET" and not request.headers and ordinary(exchange)
    return plain and key is not None and key.label == f"keys.single_scope.{SCOPED.get(request.operation or '')}[0]"


def _cursors(path: str) -> set[str]:
    return set(parse_qs(path.partition("?")[2], keep_blank_values=True).get("cursor", ()))


def _serves(exchange: Exchange, scope: str) -> None:
    fault = unusable(exchange)
    if fault:
        raise Violation(f"{exchange.line()} for a key with {scope}: {fault}", exchange)
