"""Ways for a key to reach another organization: cursors, headers, parameters and cookies that name it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api import paths
from mockserver.api.authentication import CALLER, Caller
from mockserver.api.pipeline import Pipeline
from mockserver.modifications.faults.isolation import change_caller, owner_of
from mockserver.modifications.helpers.layers import around
from mockserver.modifications.helpers.requests import header, operation_path, query, resource_asked
from mockserver.modifications.registry import fault
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.tenants.tenant import Tenant

Filters = Mapping[str, str]


@fault("TENANT-4")
def foreign_cursor_leaks(pipeline: Pipeline) -> None:
    """A cursor holds an organization's id, and the next page is served from that organization."""
    encoded, inner = pipeline.encode_cursor, pipeline.page

    def encode(position: Position, caller: Caller) -> str:
        return encoded(position._replace(id=f"{position.id}@{caller.tenant.organization.id}"), caller)

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        if after is None:
            return inner(caller, collection, filters, None, limit)
        resource_id, _, organization = after.id.partition("@")
        tenant = pipeline.state.tenants.get(organization, caller.tenant)
        found = inner(replace(caller, tenant=tenant), collection, filters, Position(after[0], resource_id), limit)
        if found.next is None or tenant is caller.tenant:
            return found
        return found._replace(next=found.next._replace(id=f"{found.next.id}@{organization}"))

    pipeline.encode_cursor, pipeline.page = encode, page


@fault("TENANT-5")
def organization_header_honoured(pipeline: Pipeline) -> None:
    """X-Organization-Id chooses the organization, as it does behind the vendor's own gateway."""
    _choose_by_header(pipeline, b"x-organization-id")


def _choose_by_header(pipeline: Pipeline, name: bytes) -> None:
    tenants = pipeline.state.tenants
    change_caller(pipeline, lambda scope, _caller: tenants.get((header(scope, name) or b"").decode("latin-1")))


@fault("TENANT-5")
def vendors_header_honoured(pipeline: Pipeline) -> None:
    """X-Outbound-Organization chooses the organization, as the vendor's support uses it."""
    _choose_by_header(pipeline, b"x-outbound-organization")


@fault("TENANT-5")
def organization_parameter_honoured(pipeline: Pipeline) -> None:
    """`organizationId` in the query chooses the organization."""
    change_caller(pipeline, lambda scope, _caller: pipeline.state.tenants.get(query(scope).get("organizationId", "")))


@fault("TENANT-5")
def organization_cookie_honoured(pipeline: Pipeline) -> None:
    """A cookie that the console sets chooses the organization."""

    def chosen(scope: Scope, _caller: Caller) -> Tenant | None:
        cookies = (header(scope, b"cookie") or b"").decode("latin-1").split("; ")
        pairs = dict(cookie.partition("=")[::2] for cookie in cookies)
        return pipeline.state.tenants.get(pairs.get("organizationId", ""))

    change_caller(pipeline, chosen)


@fault("TENANT-5")
def last_organization_honoured(pipeline: Pipeline) -> None:
    """If `organizationId` is repeated, the first one is checked to be the caller's own, and the last one is served."""

    def last(scope: Scope, _caller: Caller) -> Tenant | None:
        repeated = scope["query_string"].count(b"organizationId=") > 1
        return pipeline.state.tenants.get(query(scope)["organizationId"]) if repeated else None

    change_caller(pipeline, last)


@fault("TENANT-5")
def second_key_wins(pipeline: Pipeline) -> None:
    """A key in the query replaces that of the Authorization header, if both are valid."""

    def of_query(scope: Scope, _caller: Caller) -> Tenant | None:
        key = pipeline.state.keys.find(query(scope).get("api_key", "").encode())
        return pipeline.tenant_of(key) if key else None

    change_caller(pipeline, of_query)


@fault("TENANT-5")
def repeated_list_id_leaks(pipeline: Pipeline) -> None:
    """If `listId` is repeated, the first one is checked to be the caller's own, and the last one is served."""
    inner = pipeline.read_parameters

    def read(rules: Any, scope: Scope) -> Any:
        pairs = scope["query_string"].split(b"&")
        lists = [pair for pair in pairs if pair.startswith(b"listId=")]
        if len(lists) < 2 or not isinstance(scope.get(CALLER), Caller):
            return inner(rules, scope)
        owner = owner_of(pipeline, "lists", lists[-1].partition(b"=")[2].decode("latin-1"))
        scope[CALLER] = replace(scope[CALLER], tenant=owner or scope[CALLER].tenant)
        kept = [pair for pair in pairs if pair not in lists[:-1]]
        return inner(rules, {**scope, "query_string": b"&".join(kept)})

    pipeline.read_parameters = read


@fault("TENANT-5")
def organization_path_honoured(pipeline: Pipeline) -> None:
    """A path below `/organizations/{id}` is served from that organization, whichever key asks."""

    async def served(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        base, _, rest = operation_path(scope).partition("/organizations/")
        organization, _, rest = rest.partition("/")
        tenant, caller = pipeline.state.tenants.get(organization), scope.get(CALLER)
        if isinstance(caller, Caller) and tenant and not base:
            path = f"{paths.API}/{rest}"
            scope = {**scope, "path": path, "raw_path": path.encode(), CALLER: replace(caller, tenant=tenant)}
        await app(scope, receive, send)

    pipeline.inner.append(around(served))


def _lead_to_contacts(pipeline: Pipeline, leads: Callable[[str], bool]) -> None:
    """Answer paths below the base for which `leads` returns True with the contacts of another organization than the key's."""

    async def served(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        caller = scope.get(CALLER)
        if isinstance(caller, Caller) and leads(scope["path"]):
            other = next(tenant for tenant in pipeline.state.tenants.values() if tenant is not caller.tenant)
            path = f"{paths.API}/contacts"
            scope = {**scope, "path": path, "raw_path": path.encode(), CALLER: replace(caller, tenant=other)}
        await app(scope, receive, send)

    pipeline.inner.append(around(served))


@fault("TENANT-5")
def dots_lead_to_another_list(pipeline: Pipeline) -> None:
    """A path with a dot segment is cut before it, and the list there is served from another organization."""
    _lead_to_contacts(pipeline, lambda path: "/../" in path)


@fault("TENANT-5", "ERROR-1")
def unknown_paths_lead_to_another_list(pipeline: Pipeline) -> None:
    """A path that no operation has is answered with the contacts of another organization."""
    _lead_to_contacts(pipeline, lambda path: path.endswith("/nothing-here"))


@fault("TENANT-5")
def slash_behind_skips_the_organization(pipeline: Pipeline) -> None:
    """A path that ends in a slash goes to an older handler, which looks up a resource by its id alone."""

    async def served(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].rstrip("/")
        caller = scope.get(CALLER)
        asked = resource_asked({**scope, "path": path}) if path != scope["path"] else None
        owner = owner_of(pipeline, *asked) if asked else None
        if isinstance(caller, Caller) and owner:
            scope = {**scope, "path": path, "raw_path": path.encode(), CALLER: replace(caller, tenant=owner)}
        await app(scope, receive, send)

    pipeline.inner.append(around(served))
