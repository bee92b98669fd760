"""Data of one organization that another one gets because state is shared: variables, connections, caches."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api.authentication import CALLER, Caller
from mockserver.api.pipeline import Pipeline
from mockserver.api.response import Response, json_bytes
from mockserver.modifications.faults.isolation import change_caller, owner_of
from mockserver.modifications.helpers.layers import around
from mockserver.modifications.helpers.requests import header, operation_path, query, resource_asked
from mockserver.modifications.helpers.responses import collected, rewriting, validate, with_header, without_header
from mockserver.modifications.registry import fault
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.tenants.tenant import Tenant

Filters = Mapping[str, str]


def _read_late(pipeline: Pipeline, concerns: Callable[[Scope], bool]) -> None:
    """Keep the organization in a global variable during a database call of the requests that are concerned."""
    latest: dict[str, Tenant] = {}

    async def served(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        caller = scope.get(CALLER)
        if isinstance(caller, Caller) and concerns(scope):
            latest["tenant"] = caller.tenant
            await asyncio.sleep(0.004)
            scope[CALLER] = replace(caller, tenant=latest["tenant"])
        await app(scope, receive, send)

    pipeline.inner.append(around(served))


@fault("TENANT-6")
def tenant_across_await(pipeline: Pipeline) -> None:
    """The organization is kept in a global variable during a database call: a request that comes meanwhile replaces it."""
    _read_late(pipeline, lambda _scope: True)


@fault("TENANT-6")
def events_across_await(pipeline: Pipeline) -> None:
    """The query of the events reads the organization from a global variable, which another request may have replaced."""
    _read_late(pipeline, lambda scope: operation_path(scope) == "/events")


@fault("TENANT-6")
def singles_across_await(pipeline: Pipeline) -> None:
    """The query of a single resource reads the organization from a global variable, which another request may have replaced."""
    _read_late(pipeline, lambda scope: resource_asked(scope) is not None)


@fault("TENANT-6")
def cursor_across_await(pipeline: Pipeline) -> None:
    """The nextCursor is kept in a global variable while its page is written: a page that is made meanwhile replaces it."""
    latest: dict[str, object] = {}

    async def served(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await collected(app, scope, receive)
        if answer.status == 200 and answer.body.startswith(b'{"data":[') and isinstance(scope.get(CALLER), Caller):
            page = json.loads(answer.body)
            latest["cursor"] = page["nextCursor"]
            await asyncio.sleep(0.004)
            answer.body = json_bytes({**page, "nextCursor": latest["cursor"]})
            answer.headers = with_header(answer.headers, b"content-length", b"%d" % len(answer.body))
        await answer(scope, receive, send)

    pipeline.inner.append(around(served))


@fault("OP-3")
def resource_across_await(pipeline: Pipeline) -> None:
    """The id that is asked for is kept in a global variable during a database call: another reading may replace it."""
    latest: dict[object, Scope] = {}

    async def served(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        caller, asked = scope.get(CALLER), resource_asked(scope)
        if isinstance(caller, Caller) and asked:
            alike = (caller.tenant.organization.id, asked[0], scope["method"], scope["query_string"])
            latest[alike] = scope
            await asyncio.sleep(0.004)
            scope = {**scope, "path": latest[alike]["path"], "raw_path": latest[alike].get("raw_path")}
        await app(scope, receive, send)

    pipeline.inner.append(around(served))


@fault("TENANT-6", "TENANT-1", "OP-2")
def tenant_of_connection(pipeline: Pipeline) -> None:
    """The organization is looked up once for each connection, by the first key on it."""
    first: dict[object, Tenant] = {}
    change_caller(pipeline, lambda scope, caller: first.setdefault(scope["client"], caller.tenant))


def _cache_pages(pipeline: Pipeline, seconds: float) -> None:
    """Cache pages for some seconds of the mock's clock, by the request without its key."""
    inner = pipeline.page
    kept: dict[object, tuple[float, Page]] = {}

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        asked = (collection, tuple(sorted(filters.items())), after, limit)
        now = pipeline.state.clock.now()
        until, found = kept.get(asked, (0.0, Page([], None)))
        if now >= until:
            found = inner(caller, collection, filters, after, limit)
            kept[asked] = (now + seconds, found)
        return found

    pipeline.page = page


@fault("TENANT-1", "TENANT-7")
def cache_by_url(pipeline: Pipeline) -> None:
    """Pages are cached for an hour by their URL alone."""
    _cache_pages(pipeline, 3_600.0)


@fault("TENANT-6")
def brief_cache_by_url(pipeline: Pipeline) -> None:
    """Pages are cached for a moment by their URL alone: only clients that ask at the same time see it."""
    _cache_pages(pipeline, 0.03)


def _keep(pipeline: Pipeline, applies: Callable[[Scope], bool], status: int) -> None:
    """Keep the answers of a status to some requests for good, by method and URL alone."""
    kept: dict[str, Response] = {}

    async def served(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if not isinstance(scope.get(CALLER), Caller) or not applies(scope):
            await app(scope, receive, send)
            return
        url = f"{scope['method']} {_url(scope)}"
        answer = kept.get(url) or await collected(app, scope, receive)
        if answer.status == status:
            kept[url] = answer
        await answer(scope, receive, send)

    pipeline.inner.append(around(served))


@fault("TENANT-7")
def refusals_cached(pipeline: Pipeline) -> None:
    """An id that is not found is remembered for all organizations: its owner is told then that it does not exist."""
    _keep(pipeline, lambda scope: resource_asked(scope) is not None, 404)


@fault("TENANT-7", "TENANT-1")
def cache_of_bounced_drafts(pipeline: Pipeline) -> None:
    """The page of bounced drafts, which takes long to find, is cached by its URL alone."""
    _keep(pipeline, lambda scope: query(scope).get("status") == "bounced", 200)


@fault("TENANT-7", "TENANT-1")
def cache_of_several_event_types(pipeline: Pipeline) -> None:
    """A page of several event types, which takes long to find, is cached by its URL alone."""
    _keep(pipeline, lambda scope: "," in query(scope).get("eventType", ""), 200)


@fault("TENANT-4", "TENANT-1")
def later_pages_cached(pipeline: Pipeline) -> None:
    """Pages behind a cursor are cached by their URL alone."""
    _keep(pipeline, lambda scope: "cursor" in query(scope), 200)


@fault("TENANT-7")
def validators_shared_by_head(pipeline: Pipeline) -> None:
    """HEAD is answered 304 for every validator that was given before, to whichever organization."""
    given: set[bytes] = set()

    def change(scope: Scope, answer: Response) -> None:
        caller = scope.get(CALLER)
        if answer.status != 200 or not isinstance(caller, Caller):
            return
        own = f"{caller.tenant.organization.id} {_url(scope)}"
        tag = b'"%b"' % hashlib.sha256(own.encode()).hexdigest()[:16].encode()
        given.add(tag)
        if scope["method"] == "HEAD" and header(scope, b"if-none-match") in given:
            answer.status, answer.body = 304, b""
        answer.headers.append((b"etag", tag))

    pipeline.outer.append(rewriting(change))


def _url(scope: Scope) -> str:
    return f"{scope['path']}?{scope['query_string'].decode('latin-1')}"


@fault("TENANT-7")
def etag_by_url(pipeline: Pipeline) -> None:
    """An ETag is made from the URL alone: with one organization's ETag, another organization gets a 304."""
    validate(pipeline, lambda scope, _answer: _url(scope))


@fault("TENANT-7")
def etag_by_length(pipeline: Pipeline) -> None:
    """An ETag is made from the URL and the number of items, which are equal in several organizations."""
    validate(pipeline, lambda scope, answer: f"{_url(scope)} {answer.body.count(b'createdAt')}")


@fault("TENANT-8")
def answers_public(pipeline: Pipeline) -> None:
    """Every cache on the way may keep the answers and share them."""

    def change(scope: Scope, answer: Response) -> None:
        if isinstance(scope.get(CALLER), Caller):
            answer.headers = without_header(answer.headers, b"cache-control", b"vary")
            answer.headers.append((b"cache-control", b"public, max-age=60"))

    pipeline.outer.append(rewriting(change))


@fault("TENANT-7", "TENANT-2")
def foreign_validators_honoured(pipeline: Pipeline) -> None:
    """The ETag of a single resource is compared before the organization is checked: with the owner's ETag, any key gets a 304."""
    inner = pipeline.single

    def change(scope: Scope, answer: Response) -> None:
        asked = resource_asked(scope)
        if not asked or not isinstance(scope.get(CALLER), Caller):
            return
        owner = owner_of(pipeline, *asked)
        found = inner(replace(scope[CALLER], tenant=owner), *asked) if owner else None
        tag = b'"%b"' % hashlib.sha256(found or b"").hexdigest()[:16].encode()
        if answer.status == 200:
            answer.headers.append((b"etag", tag))
        if found and header(scope, b"if-none-match") == tag:
            answer.status, answer.body = 304, b""

    pipeline.outer.append(rewriting(change))
