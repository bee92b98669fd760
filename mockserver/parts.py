"""The parts of the mock: every step of a request's way as one callable that can be replaced.

A request comes to the edge, which finds out who asks (`credentials`, `authenticate`, `tenant_of`) and asks the limiter
(`admit`). Connexion routes it, has its scope checked (`authorize`) and its parameters read (`read_parameters`), and calls
the operation's handler, which gets a page or a resource (`page`, `single`, with `decode_cursor` and `encode_cursor`) and
puts it into words (`envelope`). What goes wrong on the way is told as a problem (`problem`, which asks `problem_members`
and `problem_answer`).

The parts are read at every request, so a modification takes effect when it is installed. It wraps what it finds:

    @dataclass(frozen=True)
    class FirstPageAlone:
        def install(self, parts: Parts) -> None:
            healthy = parts.page

            def page(caller, collection, filters, after, limit):
                return healthy(caller, collection, filters, None, limit)

            parts.page = page
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.types import ASGIApp, Scope

from mockserver.access import problems
from mockserver.access.caller import Caller, presented_secret
from mockserver.access.keys import PREFIX, ApiKey, KeyRing
from mockserver.access.limits import Admission, Limiter
from mockserver.access.parameters import Parameters, Rules, read_parameters
from mockserver.access.problems import Problem
from mockserver.answer import Answer, Header, json_bytes
from mockserver.clock import Clock
from mockserver.handlers import HANDLERS
from mockserver.journal import note_problem
from mockserver.tenants import cursor
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.tenants.tenant import Tenant
from mockserver.webhooks.service import Webhooks
from spec import contract

PARTS = "outbound.parts"
"""Where the ASGI scope keeps the Parts that a request is served by."""

Handler = Callable[["Parts", Caller, Parameters], bytes]
Layer = Callable[[ASGIApp], ASGIApp]


class Modification(Protocol):
    """A fault or a variant: something that makes the mock behave in another way."""

    def install(self, parts: Parts) -> None:
        """Replace one or more of the parts."""


@dataclass
class Parts:
    """The mock's state and the steps of a request's way. Times are unix seconds."""

    clock: Clock
    tenants: dict[str, Tenant]
    """The organizations' stores, by the organization's id."""
    keys: KeyRing
    limiter: Limiter
    webhooks: Webhooks
    """Endpoints and deliveries; the steps of an event's way to them are `webhooks.steps`."""
    document: Mapping[str, Any]
    """The OpenAPI document that clients are served."""

    credentials: Callable[[Scope], bytes | None]
    """The secret that a request presents; empty where it is no bearer credential, None without any."""
    authenticate: Callable[[bytes, float], ApiKey | None]
    """(secret, now) → the key, if it is valid."""
    tenant_of: Callable[[ApiKey], Tenant]
    admit: Callable[[ApiKey, float], Admission]
    """(key, now) → whether the key may be served, by the limiter."""
    authorize: Callable[[ApiKey, Sequence[str], str], bool]
    """(key, required scopes, operation id) → whether the key holds them."""
    read_parameters: Callable[[Rules, Scope], Parameters]
    """Raises Refused for what the rules do not accept."""
    decode_cursor: Callable[[str, Caller], Position]
    """Raises ValueError for what is no cursor."""
    encode_cursor: Callable[[Position, Caller], str]
    page: Callable[[Caller, str, Mapping[str, str], Position | None, int], Page]
    """(caller, collection, filters, after, limit) → a page of contacts, lists, drafts or events."""
    single: Callable[[Caller, str, str], bytes | None]
    """(caller, collection, id) → one resource, serialized; None where there is none. Research is a collection too."""
    envelope: Callable[[Sequence[bytes], str | None], bytes]
    """(items, next cursor) → the body of a page."""
    handlers: dict[str, Handler]
    """What answers an operation, by operation id."""
    success: Callable[[bytes], Answer]
    rate_headers: Callable[[Admission, float], list[Header]]
    retry_after: Callable[[Admission, float], bytes | None]
    """(admission, now) → the value of Retry-After, None to send none."""
    problem: Callable[[Problem, Scope], Answer]
    """(problem, ASGI scope) → the answer that tells a request of it, by the next two parts."""
    problem_members: Callable[[Problem, str | None], dict[str, Any]]
    """(problem, path of the request) → the members of the problem document."""
    problem_answer: Callable[[Problem, dict[str, Any]], Answer]
    """(problem, members) → the answer."""

    outer: list[Layer] = field(default_factory=list)
    """ASGI middlewares around everything but the control API: they see the finished answers. The last is outermost."""
    data_in_place: bool = False
    """Whether data and keys are already as the modifications want them: these parts serve what others serve too."""
    inner: list[Layer] = field(default_factory=list)
    """ASGI middlewares between the edge and Connexion: they find the Caller in the scope. The last is outermost."""


def default_parts(
    clock: Clock, tenants: dict[str, Tenant], keys: KeyRing, limiter: Limiter, webhooks: Webhooks
) -> Parts:
    """The healthy parts: a mock that keeps the contract. `tenants` are the stores by the organization's id."""

    def authenticate(secret: bytes, now: float) -> ApiKey | None:
        key = parts.keys.find(secret)
        return key if key is not None and key.is_valid_at(now) else None

    def problem(problem: Problem, scope: Scope) -> Answer:
        note_problem(scope, problem)
        return parts.problem_answer(problem, parts.problem_members(problem, _instance(scope)))

    parts = Parts(
        clock=clock,
        tenants=tenants,
        keys=keys,
        limiter=limiter,
        webhooks=webhooks,
        document=contract().document,
        credentials=presented_secret,
        authenticate=authenticate,
        tenant_of=lambda key: parts.tenants[key.organization_id],
        admit=lambda key, now: parts.limiter.admit(key.id, now, key.limits),
        authorize=lambda key, required, _operation: all(scope in key.scopes for scope in required),
        read_parameters=read_parameters,
        decode_cursor=lambda text, _caller: cursor.decode(text),
        encode_cursor=lambda position, _caller: cursor.encode(position),
        page=_page,
        single=_single,
        envelope=_envelope,
        handlers=dict(HANDLERS),
        success=_success,
        rate_headers=_rate_headers,
        retry_after=_retry_after,
        problem=problem,
        problem_members=problems.members,
        problem_answer=problems.answer,
    )
    return parts


def _page(caller: Caller, collection: str, filters: Mapping[str, str], after: Position | None, limit: int) -> Page:
    page: Page = getattr(caller.tenant, collection).page(filters, after, limit)
    return page


def _single(caller: Caller, collection: str, resource_id: str) -> bytes | None:
    found: bytes | None = getattr(caller.tenant, collection).get(resource_id)
    return found


def _envelope(items: Sequence[bytes], next_cursor: str | None) -> bytes:
    following = b"null" if next_cursor is None else json_bytes(next_cursor)
    return b'{"data":[%b],"nextCursor":%b}' % (b",".join(items), following)


def _success(body: bytes) -> Answer:
    return Answer(200, b"application/json", body)


def _rate_headers(admission: Admission, _now: float) -> list[Header]:
    return [
        (b"x-ratelimit-limit", b"%d" % admission.limit),
        (b"x-ratelimit-reset", b"%d" % math.ceil(admission.reset)),
    ]


def _retry_after(admission: Admission, _now: float) -> bytes | None:
    return b"%d" % max(1, math.ceil(admission.retry_after))


def _instance(scope: Scope) -> str | None:
    """The request's path as it was sent, unless it may hold a secret, which an error must not repeat."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    secret = presented_secret(scope)
    if PREFIX in scope["path"] or (secret and secret in raw):
        return None
    return raw.decode("latin-1")
