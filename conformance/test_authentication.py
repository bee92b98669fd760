"""AUTH: bearer API keys."""

from __future__ import annotations

import base64
import re
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import pytest

import spec
from conformance.cases.dataset import Dataset
from conformance.cases.resource_ids import Opening, collection_of, opening, unknown_id
from conformance.cases.sampling import cases, each
from conformance.checks import JSON, NotJudged, Violation, expect, not_tested, refused, requirement
from conformance.oracles.exchanges import API
from conformance.oracles.problems import same_answer
from conformance.oracles.usable import member
from conformance.target.client import Client, Headers, retry_after, target
from conformance.target.exchange import Exchange
from spec.target import Target

OPERATIONS = tuple(spec.contract().operations)
SINGLE = tuple(operation for operation in OPERATIONS if collection_of(operation))
# Parameters that no list accepts, with which some are asked: whoever has no valid key is not told of them, but 401.
_SPOILED = {"listDrafts": {"limit": "many"}, "listEvents": {"cursor": "not-a-cursor"}}
# Where a key that no longer counts is tried: one of either kind on every operation.
_WITHOUT_STANDING = {
    "revoked": ("getMe", "listContacts", "getContactResearch", "getList", "listDrafts"),
    "expired": ("getContact", "listLists", "getDraft", "listEvents"),
}
# Where the answers to an unknown key are compared; those to none are compared everywhere.
_COMPARED_WITH_A_KEY = ("getContact", "getDraft")

_TRIES = 3
_CLASSES = (string.digits, string.ascii_lowercase, string.ascii_uppercase)

# What an Authorization header may hold that is not `Bearer` and the key: each a function of the key.
FORGERIES: dict[str, Callable[[str], str]] = {
    "truncated": lambda key: f"Bearer {key[:-1]}",
    "last character changed": lambda key: f"Bearer {_altered(key, len(key) - 1, len(key))}",
    "character in the middle changed": lambda key: f"Bearer {_altered(key, _middle(key), _middle(key) + 1)}",
    "in the other case": lambda key: f"Bearer {key.swapcase()}",
    "with a character more": lambda key: f"Bearer {key}0",
    "with a word behind it": lambda key: f"Bearer {key} x",
    "empty": lambda _: "Bearer",
    "another scheme": lambda key: f"Token {key}",
    # Servers that take Basic look for a key in the name, or in the password.
    "scheme Basic": lambda key: f"Basic {base64.b64encode(f'{key}:{key}'.encode()).decode()}",
    "no scheme": lambda key: key,
}

# Where else a key might be looked for, and the operation that is asked so; a carrier gives a query and headers.
_PLACES = {"query": "listEvents", "cookie": "getMe", "header": "listContacts"}
Carrier = Callable[[str], tuple[dict[str, str], Headers]]
_QUERY = ("api_key", "apikey", "apiKey", "access_token", "key", "token", "authorization", "bearer")
_COOKIES = ("api_key", "apiKey", "access_token", "token", "session", "Authorization", "key")
_HEADERS = ("X-API-Key", "X-Api-Token", "Api-Key", "ApiKey", "X-Auth-Token", "X-Access-Token", "X-Outbound-Key")
_AS_BEARER = ("X-Authorization", "Proxy-Authorization", "Authentication", "X-Forwarded-Authorization")


@dataclass
class Stranger:
    """Asks without a valid key, each question once: two checks may look at one answer."""

    client: Client
    _answers: dict[tuple[str, str | None, str], Exchange] = field(default_factory=dict)

    def ask(self, operation: str, authorization: str | None, **parameters: Any) -> Exchange:
        """An operation's answer to an Authorization header that is forged, or left out where it is None.

        With one, only JSON is accepted, as most clients say; a problem is JSON, and stays one.
        """
        question = operation, authorization, target(operation, **parameters)
        if question not in self._answers:
            headers = [] if authorization is None else [("Authorization", authorization), ("Accept", JSON)]
            self._answers[question] = self.client.nobody.get(operation, headers=headers, **parameters)
        return self._answers[question]


@pytest.fixture(scope="module")
def stranger(client: Client) -> Stranger:
    """Somebody without a valid key."""
    return Stranger(client)


@requirement("AUTH-1")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_without_a_key(operation: str, dataset: Dataset, stranger: Stranger, seed: int) -> None:
    """An operation that serves a key refuses the same request without one, whatever else may be wrong with it."""
    known = opening(dataset, operation, seed)
    refused(stranger.ask(operation, None, **known.parameters, **_SPOILED.get(operation, {})), 401)


@requirement("AUTH-2")
@pytest.mark.parametrize("operation", _COMPARED_WITH_A_KEY)
def test_unknown_key(operation: str, dataset: Dataset, stranger: Stranger, seed: int) -> None:
    """An operation that serves a key refuses one of the same form that was never minted."""
    known = opening(dataset, operation, seed)
    refused(stranger.ask(operation, _unknown(known.secret), **known.parameters), 401)


@requirement("AUTH-2")
@pytest.mark.parametrize(("forgery", "operation"), list(zip(FORGERIES, cycle(OPERATIONS), strict=False)))
def test_forged_key(forgery: str, operation: str, dataset: Dataset, stranger: Stranger, seed: int) -> None:
    """A key that was just served is refused once anything about it is changed."""
    known = opening(dataset, operation, seed)
    forged = FORGERIES[forgery](known.secret)
    if forged == f"Bearer {known.secret}":
        not_tested(f"the key cannot be altered so: {forgery}")
    refused(stranger.ask(operation, forged, **known.parameters), 401)


@requirement("AUTH-2")
def test_what_me_shows_of_a_key(dataset: Dataset, stranger: Stranger) -> None:
    """The id and the prefix of a key are no secrets: neither opens anything."""
    me = dataset.served("getMe")

    def check(name: str, operation: str) -> None:
        dataset.served(operation)
        part = member(me, "apiKey", name)
        if not _fits_a_header(part):
            not_tested(f"the {name} of the key fits no header")
        refused(stranger.ask(operation, f"Bearer {part}"), 401)

    each((("id", "listEvents"), ("prefix", "listDrafts")), lambda case: check(*case))


@pytest.mark.parametrize(
    "state",
    [pytest.param(state, marks=requirement("AUTH-3", needs=(f"keys.{state}",))) for state in ("revoked", "expired")],
)
def test_key_without_standing(state: str, client: Client, target: Target, dataset: Dataset, seed: int) -> None:
    """What serves a key in force refuses a revoked and an expired one."""
    caller = client.caller(f"keys.{state}", [getattr(target.keys, state)])

    def check(operation: str) -> None:
        known = opening(dataset, operation, seed)
        refused(caller.get(operation, **known.parameters), 401)

    each(_WITHOUT_STANDING[state], check)


@requirement("AUTH-4")
@pytest.mark.parametrize(("place", "operation"), _PLACES.items())
def test_key_in_another_place(place: str, operation: str, dataset: Dataset, client: Client, seed: int) -> None:
    """A key that is served in the Authorization header counts nowhere else; many places are tried in one request."""
    secret = opening(dataset, operation, seed).secret
    carriers = _carriers(place)
    together = _carried(client, operation, secret, *carriers)
    if together.status == 200:
        for carrier in carriers:
            alone = _carried(client, operation, secret, carrier)
            expect(alone.status != 200, f"a key in another {place} is served", alone)
    refused(together, 401)


@requirement("AUTH-5")
def test_scheme_in_another_case(dataset: Dataset, client: Client) -> None:
    """The scheme's name is matched without regard to case (RFC 9110 11.1)."""
    secret = Opening("getMe", {}, dataset.served("getMe")).secret
    for _ in range(_TRIES):
        answer = client.nobody.get("getMe", headers=[("Authorization", f"bearer {secret}")])
        if answer.status != 429:
            refused(answer, 200)
            return
        # The client keeps the pace of keys that it presents itself, not of this one.
        client.clock.wait(retry_after(answer) or 1.0)
    raise NotJudged(f"{answer.line()}: the key's allowance is spent", answer)


@requirement("AUTH-5", whole_run=True)
def test_challenge(client: Client) -> None:
    """Every 401 of the run says that it wants a bearer token (RFC 9110 15.5.2, RFC 6750 3)."""
    answers = cases(client, lambda exchange: exchange.status == 401 and exchange.path.startswith(API))
    for answer in answers:
        challenge = answer.headers.get("www-authenticate", "")
        if not re.search(r"(?:^|,)\s*bearer(?:\s|,|$)", challenge, re.IGNORECASE):
            raise Violation(f"a 401 with WWW-Authenticate {challenge or None!r}, not Bearer", answer)


@requirement("AUTH-6")
@pytest.mark.parametrize("key", ["none", "unknown"])
def test_refusal_tells_nothing(key: str, dataset: Dataset, stranger: Stranger, seed: int) -> None:
    """Whoever has no valid key is answered alike for an id that exists and one that does not."""

    def check(operation: str) -> None:
        known = Opening(operation, dataset.parameters(operation), dataset.served(operation))
        authorization = _unknown(known.secret) if key == "unknown" else None
        unknown = unknown_id(dataset, operation, seed)
        existing = refused(stranger.ask(operation, authorization, **known.parameters), 401)
        missing = stranger.ask(operation, authorization, id=unknown)
        difference = same_answer(existing, missing, [known.parameters["id"], unknown])
        expect(not difference, f"an id that exists and one that does not: {difference}", existing, missing)

    each(SINGLE if key == "none" else _COMPARED_WITH_A_KEY, check)


def _unknown(secret: str) -> str:
    return f"Bearer {_altered(secret, secret.rfind('_') + 1, len(secret))}"


def _middle(secret: str) -> int:
    return (secret.rfind("_") + 1 + len(secret)) // 2


def _altered(secret: str, start: int, end: int) -> str:
    return secret[:start] + "".join(map(_other, secret[start:end])) + secret[end:]


def _other(character: str) -> str:
    group = next((group for group in _CLASSES if character in group), "x")
    return group[(group.find(character) + 1) % len(group)]


def _fits_a_header(text: Any) -> bool:
    return isinstance(text, str) and bool(text) and text.isascii() and text.isprintable()


def _carriers(place: str) -> list[Carrier]:
    def query(name: str) -> Carrier:
        return lambda key: ({name: f"Bearer {key}" if name == "authorization" else key}, ())

    def cookie(name: str) -> Carrier:
        return lambda key: ({}, [("Cookie", f"{name}={key}")])

    def header(name: str) -> Carrier:
        return lambda key: ({}, [(name, f"Bearer {key}" if name in _AS_BEARER else key)])

    if place == "query":
        return [query(name) for name in _QUERY]
    return [cookie(name) for name in _COOKIES] if place == "cookie" else [header(n) for n in (*_HEADERS, *_AS_BEARER)]


def _carried(client: Client, operation: str, secret: str, *carriers: Carrier) -> Exchange:
    parts = [carrier(secret) for carrier in carriers]
    query = {name: value for part, _ in parts for name, value in part.items()}
    fields = [header for _, headers in parts for header in headers]
    cookies = "; ".join(value for name, value in fields if name == "Cookie")
    headers = [field for field in fields if field[0] != "Cookie"] + ([("Cookie", cookies)] if cookies else [])
    return client.nobody.get(operation, headers=headers, **query)
