"""The two parts that serve a request: the state (data, keys, limits, time, webhooks), and the pipeline of its steps.

A request comes to the edge, which finds out who asks (`credentials`, `authenticate`, `tenant_of`) and asks the limiter
(`admit`). Connexion routes it, has its scope checked (`authorize`) and its parameters read (`read_parameters`), and calls
the operation's handler, which gets a page or a resource (`page`, `single`, with `decode_cursor` and `encode_cursor`) and
serializes it (`envelope`). What goes wrong on the way is told as a problem (`problem`, which asks `problem_members`
and `problem_response`).

Every step is a callable that can be replaced, and is looked up at every request. A modification wraps the step it finds:

    def first_page_alone(pipeline: Pipeline) -> None:
        inner = pipeline.page

        def page(caller, collection, filters, after, limit):
            return inner(caller, collection, filters, None, limit)

        pipeline.page = page
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Scope

from mockserver.api.authentication import Caller
from mockserver.api.keys import ApiKey, KeyRing
from mockserver.api.limits import Admission, Limiter
from mockserver.api.parameters import ParameterRules, Parameters
from mockserver.api.problems import Members, Problem
from mockserver.api.response import Header, Response
from mockserver.clock import Clock
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.tenants.tenant import Tenant
from mockserver.webhooks.service import Webhooks
from mockserver.webhooks.steps import Steps
from spec import OpenApi

PIPELINE = "outbound.pipeline"
"""Where the ASGI scope keeps the Pipeline that a request is served by."""

Handler = Callable[["Pipeline", Caller, Parameters], bytes]
Layer = Callable[[ASGIApp], ASGIApp]


@dataclass
class State:
    """The mock's state. Times are unix seconds."""

    clock: Clock
    tenants: dict[str, Tenant]
    """The organizations' stores, by the organization's id."""
    keys: KeyRing
    limiter: Limiter
    webhooks: Webhooks
    """Endpoints and deliveries."""


@dataclass
class Pipeline:
    """The steps of a request's way, and of an event's way to webhook endpoints, over a state. Times are unix seconds."""

    state: State
    document: OpenApi
    """The OpenAPI document that clients are served."""

    credentials: Callable[[Scope], bytes | None]
    """The secret that a request presents; empty if it is not a bearer credential, None if there is no credential."""
    authenticate: Callable[[bytes, float], ApiKey | None]
    """(secret, now) → the key, if it is valid."""
    tenant_of: Callable[[ApiKey], Tenant]
    admit: Callable[[ApiKey, float], Admission]
    """(key, now) → whether the key may be served, by the limiter."""
    authorize: Callable[[ApiKey, Sequence[str], str], bool]
    """(key, required scopes, operation id) → whether the key holds them."""
    read_parameters: Callable[[ParameterRules, Scope], Parameters]
    """Reads a request's parameters. Raises Refused if the rules do not accept them."""
    decode_cursor: Callable[[str, Caller], Position]
    """Raises ValueError if the text is not a cursor."""
    encode_cursor: Callable[[Position, Caller], str]
    page: Callable[[Caller, str, Mapping[str, str], Position | None, int], Page]
    """(caller, collection, filters, after, limit) → a page of contacts, lists, drafts or events."""
    single: Callable[[Caller, str, str], bytes | None]
    """(caller, collection, id) → one resource, serialized; None if there is no such resource. Research is a collection too."""
    envelope: Callable[[Sequence[bytes], str | None], bytes]
    """(items, next cursor) → the body of a page."""
    handlers: dict[str, Handler]
    """The handlers of the operations, by operation id."""
    success: Callable[[bytes], Response]
    rate_headers: Callable[[Admission, float], list[Header]]
    retry_after: Callable[[Admission, float], bytes | None]
    """(admission, now) → the value of Retry-After, None to send none."""
    problem: Callable[[Problem, Scope], Response]
    """(problem, ASGI scope) → the answer for a request, made by the next two steps."""
    problem_members: Callable[[Problem, str | None], Members]
    """(problem, path of the request) → the members of the problem document."""
    problem_response: Callable[[Problem, Members], Response]
    """(problem, members) → the answer."""

    deliveries: Steps
    """The steps of an event's way to webhook endpoints."""

    outer: list[Layer] = field(default_factory=list)
    """ASGI middlewares around everything but the control API: they see the finished answers. The last is outermost."""
    inner: list[Layer] = field(default_factory=list)
    """ASGI middlewares between the edge and Connexion: they find the Caller in the scope. The last is outermost."""
