"""ERROR: RFC 7807 / 9457. These checks provoke errors; test_every_exchange judges all answers of the run."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import product
from urllib.parse import quote

import pytest

import spec
from conformance.cases.dataset import Dataset
from conformance.cases.malformed_requests import KINDS, ODD, ODD_CONDITIONS, ODD_KEYS, UNHEARD_OF, odd_request
from conformance.cases.resource_ids import collection_of, opening
from conformance.cases.sampling import answered, cases, none_has, relieved
from conformance.cases.tables import Cut, over
from conformance.checks import PROBLEM, NotJudged, NotTested, expect, requirement
from conformance.oracles.exchanges import API, ordinary
from conformance.oracles.refusals import type_fault
from conformance.target.client import Caller, Client, target
from conformance.target.exchange import Exchange
from spec.target import Target

OPERATIONS = spec.contract().operations
_WHERE = (f"{API}/nothing-here", "{contact}/nothing-here")
_KEY, _NO_KEY, _KEY_IN_QUERY = "with a key", "without a key", "with a key in its query"
_NO_JSON, _NO_API_TYPE = "POST /contacts of no JSON", "GET /contacts as HTML or XML"
_ELSEWHERE = (
    ("GET /", _NO_KEY),
    *product(("POST /nothing-here", _NO_JSON, _NO_API_TYPE), (_KEY, _NO_KEY)),
    ("GET /nothing-here", _KEY_IN_QUERY),
)


@dataclass
class Oddities:
    """Sends odd requests. Each is sent once, because two checks may look at one answer."""

    dataset: Dataset
    target: Target
    _answers: dict[tuple[str, str], Exchange] = field(default_factory=dict)

    def ask(self, case: tuple[str, str]) -> Exchange:
        """The answer to an odd request. Before it, the operation, or the list of what it reads, must be served."""
        if case not in self._answers:
            kind, operation = case
            odd = odd_request(kind, operation, self._known_id(operation))
            self.dataset.served(collection_of(operation) or operation)
            caller = relieved(self.dataset.caller, self.target, operation)
            # The answer to an odd path or to unknown parameters is no answer of the operation, so its schema does not apply.
            named = operation if operation in spec.LIST_OPERATIONS else None
            self._answers[case] = answered(
                lambda: caller.send("GET", odd.path, headers=odd.headers, operation=named), caller
            )
        return self._answers[case]

    def _known_id(self, operation: str) -> str:
        """The id of a resource that the operation reads; "x" if it reads none, or if there is none."""
        try:
            return quote(self.dataset.parameters(operation).get("id", "x"), safe="")
        except NotJudged:
            raise
        except NotTested:
            return "x"


@pytest.fixture(scope="module")
def oddities(dataset: Dataset, target: Target) -> Oddities:
    """A sender of odd requests."""
    return Oddities(dataset, target)


@requirement("ERROR-1")
@over(tuple(product(_WHERE, (_KEY, _NO_KEY))))
def test_unknown_path(case: tuple[str, str], dataset: Dataset, anonymous: Caller, seed: int) -> None:
    """An undocumented path is answered with a problem, with a key and without one."""
    where, key = case
    dataset.served("getMe")
    known = target("getContact", **opening(dataset, "getContact", seed).parameters)
    path = where.replace("{contact}", known)
    _is_problem((dataset.caller if key == _KEY else anonymous).send("GET", path))


@requirement("ERROR-1")
@over(_ELSEWHERE, Cut(quick=0, paced=0, standard=len(_ELSEWHERE)))
def test_further_errors(case: tuple[str, str], dataset: Dataset, anonymous: Caller) -> None:
    """An error is a problem at the root, to a POST, to a body or an Accept without JSON, and with a key in the query, too."""
    asked, key = case
    method, path, *_ = asked.split()
    query = f"?api_key={dataset.caller.keys[0].secret}" if key == _KEY_IN_QUERY else ""
    body = '{"firstName": ' if asked == _NO_JSON else None
    headers = [("Accept", "text/html, application/xml;q=0.9")] if asked == _NO_API_TYPE else []
    caller = dataset.caller if key == _KEY else anonymous
    answer = answered(lambda: caller.send(method, f"{API}{path}{query}", body=body, headers=headers), caller)
    expect(answer.status < 400 or answer.media_type == PROBLEM, f"{answer.line()} is {answer.media_type}", answer)


@requirement("ERROR-4", whole_run=True)
def test_types_are_under_the_documented_base(client: Client) -> None:
    """The type of every problem of the run lies under the documented base address."""
    none_has(type_fault, cases(client, _problem))


@requirement("ERROR-4", whole_run=True)
def test_one_kind_has_one_type_and_title(client: Client) -> None:
    """All refusals for one reason have the same type and title, and one type always has the same title."""
    by_kind: defaultdict[str, list[Exchange]] = defaultdict(list)
    by_type: defaultdict[str, list[Exchange]] = defaultdict(list)
    for answer in cases(client, _problem):
        by_type[str(answer.json.get("type"))].append(answer)
        kind = _kind(answer)
        if kind:
            by_kind[kind].append(answer)
    for kind, answers in by_kind.items():
        _all_alike(kind, "type", answers)
        _all_alike(kind, "title", answers)
    for type_, answers in by_type.items():
        _all_alike(type_, "title", answers)


@requirement("ERROR-5")
@over(ODD, Cut(quick=KINDS, paced=KINDS, standard=len(ODD)))
def test_odd_request(case: tuple[str, str], oddities: Oddities) -> None:
    """Malformed requests are answered, and never with a server error."""
    _is_no_server_error(oddities.ask(case))


@requirement("ERROR-5")
@over(ODD_CONDITIONS, Cut(quick=0, paced=0, standard=len(ODD_CONDITIONS)))
def test_odd_condition(case: tuple[str, str], oddities: Oddities) -> None:
    """Conditional headers that cannot be read are ignored or refused, and never answered with a server error."""
    _is_no_server_error(oddities.ask(case))


@requirement("ERROR-5")
@pytest.mark.parametrize("name", ODD_KEYS)
def test_odd_key(name: str, dataset: Dataset, anonymous: Caller) -> None:
    """A malformed key is refused, and not with a server error."""
    dataset.served("getMe")
    answer = answered(lambda: anonymous.get("getMe", headers=[("Authorization", ODD_KEYS[name])]), dataset.caller)
    expect(400 <= answer.status < 500, f"{name}: {answer.status}", answer)


@requirement("OP-10")
@over(UNHEARD_OF, Cut(quick=4, paced=4, standard=len(UNHEARD_OF)))
def test_odd_id(case: tuple[str, str], oddities: Oddities) -> None:
    """An id that cannot exist is answered 4xx."""
    answer = oddities.ask(case)
    expect(400 <= answer.status < 500, f"the answer's status is {answer.status}", answer)


def _is_no_server_error(answer: Exchange) -> None:
    expect(answer.status < 500, f"the answer's status is {answer.status}", answer)


def _is_problem(answer: Exchange) -> None:
    expect(400 <= answer.status < 500, f"{answer.line()}, expected 404", answer)
    expect(answer.media_type == PROBLEM, f"the error is {answer.media_type or 'without a content type'}", answer)


def _problem(exchange: Exchange) -> bool:
    told = exchange.status >= 400 and exchange.media_type == PROBLEM and isinstance(exchange.json, dict)
    return told and exchange.path.startswith(API) and ordinary(exchange)


def _kind(answer: Exchange) -> str | None:
    """The reason for which an operation was refused, if the request has only one possible reason."""
    request = answer.request
    if request.method != "GET" or request.operation is None or "%" in answer.path:
        return "a method that is not there" if answer.status == 405 else None
    if answer.status == 401 and not request.credential:
        return None if request.headers or "?" in request.target else "no key"
    if answer.status == 404:
        return "no such resource" if request.operation in ("getContact", "getList", "getDraft") else None
    return {403: "a missing scope", 429: "the rate limit"}.get(answer.status)


def _all_alike(kind: str, member: str, answers: list[Exchange]) -> None:
    first = answers[0]
    other = next((answer for answer in answers if answer.json.get(member) != first.json.get(member)), first)
    values = f"{first.json.get(member)!r} and {other.json.get(member)!r}"
    expect(other is first, f"{kind}: {member} is {values}", first, other)
