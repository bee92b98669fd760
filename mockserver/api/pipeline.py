"""The parts of the mock: every step of a request's way as one callable that can be replaced.

A request comes to the edge, which finds out who asks (`credentials`, `authenticate`, `tenant_of`) and asks the limiter
(`admit`). Connexion routes it, has its scope checked (`authorize`) and its parameters read (`read_parameters`), and calls
the operation's handler, which gets a page or a resource (`page`, `single`, with `decode_cursor` and `encode_cursor`) and
puts it into words (`envelope`). What goes wrong on the way is told as a problem (`problem`, which asks `problem_members`
and `problem_response`).

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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.types import ASGIApp, Scope

from mockserver.api.authentication import Caller
from mockserver.api.keys import ApiKey, KeyRing
from mockserver.api.limits import Admission, Limiter
from mockserver.api.parameters import Parameters, Rules
from mockserver.api.problems import Problem
from mockserver.api.response import Header, Response
from mockserver.clock import Clock
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.tenants.tenant import Tenant
from mockserver.webhooks.service import Webhooks

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
    success: Callable[[bytes], Response]
    rate_headers: Callable[[Admission, float], list[Header]]
    retry_after: Callable[[Admission, float], bytes | None]
    """(admission, now) → the value of Retry-After, None to send none."""
    problem: Callable[[Problem, Scope], Response]
    """(problem, ASGI scope) → the answer that tells a request of it, by the next two parts."""
    problem_members: Callable[[Problem, str | None], dict[str, Any]]
    """(problem, path of the request) → the members of the problem document."""
    problem_response: Callable[[Problem, dict[str, Any]], Response]
    """(problem, members) → the answer."""

    outer: list[Layer] = field(default_factory=list)
    """ASGI middlewares around everything but the control API: they see the finished answers. The last is outermost."""
    data_in_place: bool = False
    """Whether data and keys are already as the modifications want them: these parts serve what others serve too."""
    inner: list[Layer] = field(default_factory=list)
    """ASGI middlewares between the edge and Connexion: they find the Caller in the scope. The last is outermost."""
