"""AUTH: bearer API keys. Requests without a valid key use up no limit, so these tables are tried whole at every depth."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Any
from urllib.parse import parse_qsl

import pytest

import spec
from conformance.cases.dataset import Dataset
from conformance.cases.disguises import DETOURS, DISGUISES, queries, single_parameters
from conformance.cases.forged_keys import (
    ALONE,
    BEHIND_A_SCHEME,
    BESIDE_UNKNOWN,
    FORGERIES,
    PLACES,
    STRANGERS,
    carriers,
    forged,
    together,
    unknown,
)
from conformance.cases.resource_ids import SINGLE, Opening, known_opening, opening, unknown_id
from conformance.cases.sampling import cases, none_has
from conformance.cases.tables import Cut, over
from conformance.checks import JSON, NotJudged, expect, not_tested, refused, requirement
from conformance.oracles.exchanges import API
from conformance.oracles.problems import same_answer, same_fields
from conformance.oracles.refusals import challenge_fault
from conformance.oracles.usable import member, unusable
from conformance.target.client import Caller, Client, NoAnswer, target
from conformance.target.exchange import Exchange
from conformance.target.retry_after import pause_after
from spec.target import Target

OPERATIONS = tuple(spec.contract().operations)
METHODS = ("GET", "HEAD")
DEAD = ("revoked", "expired")
# Operations are also asked with parameters, some of them invalid or another operation's: without a valid key the answer is 401.
_QUERIES = tuple(("GET", operation, query) for operation, query in queries())
_ASKED = (*product(METHODS, OPERATIONS, ("",)), *_QUERIES)
_UNKNOWN = "never minted"
_MERGED = "the server takes trailers for headers (RFC 9110 6.5.1), as uvicorn with httptools does, but not with h11"
# The server's HTTP library decides this, and no caller gains anything by it. So only a deep run asks for it.
_DEEP_ALONE = Cut(quick=0, paced=0, standard=0)
_TRIES = 3
_WITH_EACH_DEAD_KEY = pytest.mark.parametrize(
    "state", [pytest.param(state, marks=requirement("AUTH-3", needs=(f"keys.{state}",))) for state in DEAD]
)


@dataclass
class Stranger:
    """A caller without a valid key. It sends each request once, because two checks may look at one answer."""

    client: Client
    _answers: dict[tuple[str, str, str | None], Exchange] = field(default_factory=dict)

    def ask(self, operation: str, authorization: str | None, method: str = "GET", **parameters: Any) -> Exchange:
        """An operation's answer to an Authorization header that is forged, or left out if it is None.

        With a header, the request accepts only JSON, as most clients do; a problem is JSON too.
        """
        path = target(operation, **parameters)
        question = method, path, authorization
        if question not in self._answers:
            headers = [] if authorization is None else [("Authorization", authorization), ("Accept", JSON)]
            self._answers[question] = self.client.anonymous.send(method, path, headers=headers, operation=operation)
        return self._answers[question]


@pytest.fixture(scope="module")
def stranger(client: Client) -> Stranger:
    """A caller without a valid key."""
    return Stranger(client)


def unauthorized(answer: Exchange) -> Exchange:
    """Expect 401. For HEAD also 404, 405 or 501, because OP-7 judges whether HEAD exists. Raises Violation."""
    return refused(answer, *((401, 404, 405, 501) if answer.request.method == "HEAD" else (401,)))


@requirement("AUTH-1")
@over((*_ASKED, *(("GET", *asked) for asked in single_parameters())))
def test_without_a_key(case: tuple[str, str, str], dataset: Dataset, stranger: Stranger, seed: int) -> None:
    """An operation that serves a key refuses the same request without one, whatever its parameters are."""
    method, operation, query = case
    known = opening(dataset, operation, seed)
    unauthorized(stranger.ask(operation, None, method, **_with(known, query)))


@requirement("AUTH-1")
@over(tuple(product(DISGUISES, METHODS, OPERATIONS)))
def test_headers_excuse_nobody(case: tuple[str, str, str], dataset: Dataset, client: Client, seed: int) -> None:
    """Neither internal-looking headers nor conditional ones replace a key (RFC 9110 13.2.1: refusals come first)."""
    disguise, method, operation = case
    known = opening(dataset, operation, seed)
    _refused_though_disguised(client.anonymous, disguise, method, operation, known)


@requirement("AUTH-2")
@over(tuple(product(DISGUISES, OPERATIONS)))
def test_headers_excuse_no_unknown_key(case: tuple[str, str], dataset: Dataset, client: Client, seed: int) -> None:
    """A key that was never issued is refused with such headers, too."""
    disguise, operation = case
    known = opening(dataset, operation, seed)
    forged = ("Authorization", unknown(known.secret))
    _refused_though_disguised(client.anonymous, disguise, "GET", operation, known, forged)


@_WITH_EACH_DEAD_KEY
@over(tuple(product(DISGUISES, OPERATIONS)))
def test_headers_excuse_no_dead_key(
    case: tuple[str, str], state: str, client: Client, target: Target, dataset: Dataset, seed: int
) -> None:
    """A revoked and an expired key are refused with such headers, too."""
    disguise, operation = case
    known = opening(dataset, operation, seed)
    caller = client.caller(f"keys.{state}", [getattr(target.keys, state)])
    _refused_though_disguised(caller, disguise, "GET", operation, known)


@requirement("AUTH-1")
@over(tuple(product(DETOURS, OPERATIONS)))
def test_by_a_detour(case: tuple[str, str], dataset: Dataset, client: Client, seed: int) -> None:
    """No other spelling of a resource's path serves it without a key; the server may not know that path."""
    detour, operation = case
    known = opening(dataset, operation, seed)
    path, headers = DETOURS[detour](target(operation, **known.parameters))
    answer = client.anonymous.send("GET", path, headers=headers)
    expect(unusable(answer, reads=operation) is not None, f"{answer.line()} without a key", answer)


@requirement("AUTH-1")
@over(OPERATIONS, _DEEP_ALONE)
def test_key_in_a_trailer(case: str, dataset: Dataset, client: Client, seed: int) -> None:
    """A key in a trailer, behind the body, does not count: the request has no credentials (RFC 9110 6.5.1).

    Every refusal is accepted: servers and front ends may refuse a GET that has a body, or its transfer coding.
    """
    known = opening(dataset, case, seed)
    trailers = [("Authorization", f"Bearer {known.secret}")]
    try:
        answer = client.anonymous.send("GET", target(case, **known.parameters), trailers=trailers, operation=case)
    except NoAnswer as silence:
        if silence.closed:
            return  # the server accepts no such request
        raise
    expect(not 200 <= answer.status < 300, f"a key in a trailer is served: {_MERGED}", answer)


@requirement("AUTH-2")
@over((*product(FORGERIES, METHODS, OPERATIONS, ("",)), *((_UNKNOWN, *asked) for asked in _QUERIES)))
def test_forged_key(case: tuple[str, str, str, str], dataset: Dataset, stranger: Stranger, seed: int) -> None:
    """A key that was just served is refused after any change to it, whatever the request's parameters are."""
    forgery, method, operation, query = case
    known = opening(dataset, operation, seed)
    header = forged(forgery, known.secret, stranger.client.target.secrets())
    if header is None:
        not_tested(f"the key cannot be altered in this way, or is then another key of the target: {forgery}")
    unauthorized(stranger.ask(operation, header, method, **_with(known, query)))


@requirement("AUTH-2")
@over(tuple(product(("id", "prefix"), OPERATIONS)))
def test_what_me_shows_of_a_key(case: tuple[str, str], dataset: Dataset, stranger: Stranger, seed: int) -> None:
    """The id and the prefix of a key are no secrets: neither is accepted as a key."""
    name, operation = case
    shown = member(dataset.served("getMe"), "apiKey", name)
    known = opening(dataset, operation, seed)
    if not _fits_a_header(shown):
        not_tested(f"the {name} of the key cannot be sent in a header")
    unauthorized(stranger.ask(operation, f"Bearer {shown}", **known.parameters))


@_WITH_EACH_DEAD_KEY
@over(_ASKED)
def test_key_without_standing(
    case: tuple[str, str, str], state: str, client: Client, target: Target, dataset: Dataset, seed: int
) -> None:
    """An operation that serves a valid key refuses a revoked and an expired one, whatever the parameters are."""
    method, operation, query = case
    known = opening(dataset, operation, seed)
    unauthorized(_with_dead_key(client, target, state, method, operation, _with(known, query)))


@_WITH_EACH_DEAD_KEY
@over(tuple(product(METHODS, OPERATIONS)))
def test_key_without_standing_in_another_case(
    case: tuple[str, str], state: str, target: Target, dataset: Dataset, stranger: Stranger, seed: int
) -> None:
    """A revoked and an expired key are refused in every form in which a key may be presented: `bearer` is the same scheme."""
    method, operation = case
    known = opening(dataset, operation, seed)
    unauthorized(stranger.ask(operation, f"bearer {getattr(target.keys, state)}", method, **known.parameters))


@requirement("AUTH-4")
@over(tuple(product((*PLACES, BEHIND_A_SCHEME), (ALONE, BESIDE_UNKNOWN), OPERATIONS)))
def test_key_in_another_place(case: tuple[str, str, str], dataset: Dataset, client: Client, seed: int) -> None:
    """A key that is served in the Authorization header is not accepted in any other place; one request tries many places.

    A request with credentials in two places may be answered 400, too (RFC 6750 3.1).
    """
    place, company, operation = case
    known = opening(dataset, operation, seed)
    beside = [("Authorization", unknown(known.secret))] if company == BESIDE_UNKNOWN else []

    def ask(*parts: Any) -> Exchange:
        carried = together(list(parts))
        headers = [*carried.headers, *beside]
        return client.anonymous.get(operation, headers=headers, **known.parameters, **carried.query)

    parts = carriers(place, known.secret)
    answer = ask(*parts)
    if answer.status == 200:
        for alone in map(ask, parts):
            expect(alone.status != 200, f"a key in another {place} is served", alone)
    refused(answer, 401, *((400,) if beside else ()))


@requirement("AUTH-5")
@over(OPERATIONS, Cut(quick=1, paced=1, standard=len(OPERATIONS)))
def test_scheme_in_another_case(case: str, dataset: Dataset, client: Client) -> None:
    """The scheme's name is matched without regard to case (RFC 9110 11.1)."""
    known = known_opening(dataset, case)
    for _ in range(_TRIES):
        answer = client.anonymous.get(case, headers=[("Authorization", f"bearer {known.secret}")], **known.parameters)
        if answer.status != 429:
            refused(answer, 200)
            return
        # This header bypasses the client's pacing of its keys, so the limit may be used up.
        client.clock.wait(pause_after(answer))
    raise NotJudged(f"{answer.line()}: the key's allowance is spent", answer)


@requirement("AUTH-5", whole_run=True)
def test_challenge(client: Client) -> None:
    """Every 401 of the run has a challenge for a bearer token (RFC 9110 15.5.2, RFC 6750 3)."""
    client.anonymous.get("getMe")  # a run of AUTH-5 alone needs a 401 to judge
    answers = cases(client, lambda exchange: exchange.status == 401 and exchange.path.startswith(API))
    none_has(challenge_fault, answers)


@requirement("AUTH-6")
@over(tuple(product((*STRANGERS, *(f"the {state} key" for state in DEAD)), METHODS, SINGLE)))
def test_refusal_tells_nothing(
    case: tuple[str, str, str], dataset: Dataset, client: Client, target: Target, stranger: Stranger, seed: int
) -> None:
    """Without a valid key, an id that exists and one that does not get the same answer, in body and header fields."""
    key, method, operation = case
    known = known_opening(dataset, operation)
    state = key.split()[1] if key.split()[1] in DEAD else None
    if state and not getattr(target.keys, state):
        not_tested(f"needs keys.{state} in the target's description")

    def ask(id_: str) -> Exchange:
        if state:
            return _with_dead_key(client, target, state, method, operation, {"id": id_})
        return stranger.ask(operation, STRANGERS[key](known.secret), method, id=id_)

    ids = known.parameters["id"], unknown_id(dataset, operation, seed)
    existing, missing = unauthorized(ask(ids[0])), ask(ids[1])
    difference = same_answer(existing, missing, ids) or same_fields(existing, missing, ids)
    expect(not difference, f"an id that exists and one that does not: {difference}", existing, missing)


def _refused_though_disguised(
    caller: Caller, disguise: str, method: str, operation: str, known: Opening, *further: tuple[str, str]
) -> None:
    """Expect a refusal of any kind: front ends may refuse such headers themselves."""
    headers = [*DISGUISES[disguise](known.exchange), *further]
    answer = caller.send(method, target(operation, **known.parameters), headers=headers, operation=operation)
    expect(answer.status >= 400, f"{answer.line()} without a valid key, {disguise}", answer)


def _with(known: Opening, query: str) -> dict[str, Any]:
    """The parameters with which an operation is served, and those of a query."""
    return {**known.parameters, **dict(parse_qsl(query))}


def _with_dead_key(
    client: Client, description: Target, state: str, method: str, operation: str, parameters: dict[str, Any]
) -> Exchange:
    caller = client.caller(f"keys.{state}", [getattr(description.keys, state)])
    return caller.send(method, target(operation, **parameters), operation=operation)


def _fits_a_header(text: Any) -> bool:
    return isinstance(text, str) and bool(text) and text.isascii() and text.isprintable()
