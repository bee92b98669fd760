"""Ways for a key to come to another organization: cursors, headers, parameters, cookies that name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from starlette.types import Scope

from mockserver.api.authentication import CALLER, Caller
from mockserver.api.pipeline import Parts
from mockserver.modifications.faults.isolation import change_caller, owner_of
from mockserver.modifications.helpers.requests import header, operation_path, query
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.tenants.tenant import Tenant

Filters = Mapping[str, str]


@dataclass(frozen=True)
class ForeignCursorLeaks:
    """A cursor names the organization that it goes on with."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-4",)

    def install(self, parts: Parts) -> None:
        encoded, healthy = parts.encode_cursor, parts.page

        def encode(position: Position, caller: Caller) -> str:
            return encoded(position._replace(id=f"{position.id}@{caller.tenant.organization.id}"), caller)

        def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
            if after is None:
                return healthy(caller, collection, filters, None, limit)
            resource_id, _, organization = after.id.partition("@")
            tenant = parts.tenants.get(organization, caller.tenant)
            found = healthy(replace(caller, tenant=tenant), collection, filters, Position(after[0], resource_id), limit)
            if found.next is None or tenant is caller.tenant:
                return found
            return found._replace(next=found.next._replace(id=f"{found.next.id}@{organization}"))

        parts.encode_cursor, parts.page = encode, page


@dataclass(frozen=True)
class OrganizationHeaderHonoured:
    """X-Organization-Id chooses the organization, as it does behind the vendor's own gateway."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-5",)

    def install(self, parts: Parts) -> None:
        change_caller(
            parts,
            lambda scope, _caller: parts.tenants.get((header(scope, b"x-organization-id") or b"").decode("latin-1")),
        )


@dataclass(frozen=True)
class OrganizationParameterHonoured:
    """`organizationId` in the query chooses the organization."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-5",)

    def install(self, parts: Parts) -> None:
        change_caller(parts, lambda scope, _caller: parts.tenants.get(query(scope).get("organizationId", "")))


@dataclass(frozen=True)
class OrganizationCookieHonoured:
    """A cookie that the console sets chooses the organization."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-5",)

    def install(self, parts: Parts) -> None:
        def chosen(scope: Scope, _caller: Caller) -> Tenant | None:
            cookies = (header(scope, b"cookie") or b"").decode("latin-1").split("; ")
            pairs = dict(cookie.partition("=")[::2] for cookie in cookies)
            return parts.tenants.get(pairs.get("organizationId", ""))

        change_caller(parts, chosen)


@dataclass(frozen=True)
class RepeatedListIdLeaks:
    """Of a repeated `listId` the first is checked to be one's own, and the last one served."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-5",)

    def install(self, parts: Parts) -> None:
        healthy = parts.read_parameters

        def read(rules: Any, scope: Scope) -> Any:
            pairs = scope["query_string"].split(b"&")
            lists = [pair for pair in pairs if pair.startswith(b"listId=")]
            if len(lists) < 2 or not isinstance(scope.get(CALLER), Caller):
                return healthy(rules, scope)
            owner = owner_of(parts, "lists", lists[-1].partition(b"=")[2].decode("latin-1"))
            scope[CALLER] = replace(scope[CALLER], tenant=owner or scope[CALLER].tenant)
            kept = [pair for pair in pairs if pair not in lists[:-1]]
            return healthy(rules, {**scope, "query_string": b"&".join(kept)})

        parts.read_parameters = read


@dataclass(frozen=True)
class OrganizationParameterHonouredForDrafts:
    """`organizationId` chooses the organization whose drafts are listed."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-5",)

    def install(self, parts: Parts) -> None:
        _follow_parameter(parts, "/drafts")


@dataclass(frozen=True)
class OrganizationParameterHonouredForLists:
    """`organizationId` chooses the organization whose contact lists are listed."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-5",)

    def install(self, parts: Parts) -> None:
        _follow_parameter(parts, "/lists")


def _follow_parameter(parts: Parts, path: str) -> None:
    """Have `organizationId` choose the organization where one path is asked for."""

    def chosen(scope: Scope, _caller: Caller) -> Tenant | None:
        asked = operation_path(scope) == path
        return parts.tenants.get(query(scope).get("organizationId", "")) if asked else None

    change_caller(parts, chosen)
