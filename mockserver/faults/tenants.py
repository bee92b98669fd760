"""Data of one organization in the hands of another: checks that are missing, and state that is shared."""

# ruff: noqa: D102 - the class says what its install does

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.access.caller import CALLER, Caller
from mockserver.access.problems import Problem
from mockserver.answer import Answer
from mockserver.changes.answers import change_problems, problem_of, rewriting, without_header
from mockserver.changes.pages import keyset_page, matching, newest_first
from mockserver.changes.requests import header, query, resource_asked
from mockserver.parts import Parts
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.tenants.tenant import Tenant

Filters = Mapping[str, str]


def _serve_all(parts: Parts, collection: str, applies: Callable[[Filters], bool]) -> None:
    """Have pages of a collection made of everybody's rows."""
    healthy = parts.page

    def page(caller: Caller, asked: str, filters: Filters, after: Position | None, limit: int) -> Page:
        if asked != collection or not applies(filters):
            return healthy(caller, asked, filters, after, limit)
        rows = [row for tenant in parts.tenants.values() for row in matching(tenant, collection, filters)]
        return keyset_page(rows, newest_first, after, limit)

    parts.page = page


def _show_foreign(parts: Parts, collection: str) -> None:
    """Have single resources found by their id alone."""
    healthy = parts.single

    def single(caller: Caller, asked: str, resource_id: str) -> bytes | None:
        found = healthy(caller, asked, resource_id)
        if found or asked != collection:
            return found
        everywhere = (healthy(replace(caller, tenant=tenant), asked, resource_id) for tenant in parts.tenants.values())
        return next(filter(None, everywhere), None)

    parts.single = single


def _owner(parts: Parts, collection: str, resource_id: str) -> Tenant | None:
    """The organization that has a resource."""
    return next((tenant for tenant in parts.tenants.values() if getattr(tenant, collection).get(resource_id)), None)


def change_caller(parts: Parts, tenant_of: Callable[[Scope, Caller], Tenant | None]) -> None:
    """Have requests served with another organization's data: None for the key's own."""

    def layer(app: ASGIApp) -> ASGIApp:
        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            caller = scope.get(CALLER)
            if isinstance(caller, Caller):
                scope[CALLER] = replace(caller, tenant=tenant_of(scope, caller) or caller.tenant)
            await app(scope, receive, send)

        return served

    parts.inner.append(layer)


@dataclass(frozen=True)
class SearchOfEverybody:
    """`q` searches the contacts of all organizations: the search index knows of none."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-1",)

    def install(self, parts: Parts) -> None:
        _serve_all(parts, "contacts", lambda filters: "q" in filters)


@dataclass(frozen=True)
class ArchivedListsOfEverybody:
    """With `includeArchived=1` the condition on the organization is lost to an OR."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-1",)

    def install(self, parts: Parts) -> None:
        _serve_all(parts, "lists", lambda filters: filters.get("includeArchived") == "1")


@dataclass(frozen=True)
class EventsOfEverybody:
    """The log of events is the platform's."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-1",)

    def install(self, parts: Parts) -> None:
        _serve_all(parts, "events", lambda _filters: True)


@dataclass(frozen=True)
class DraftsOfEverybodyByStatus:
    """Drafts of a status are read from an index of all organizations."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-1",)

    def install(self, parts: Parts) -> None:
        _serve_all(parts, "drafts", lambda filters: "status" in filters)


@dataclass(frozen=True)
class ForeignContactsShown:
    """A single contact is found by its id alone."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-2",)

    def install(self, parts: Parts) -> None:
        _show_foreign(parts, "contacts")


@dataclass(frozen=True)
class ForeignResearchShown:
    """Research is found by the contact's id alone."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-2",)

    def install(self, parts: Parts) -> None:
        _show_foreign(parts, "research")


@dataclass(frozen=True)
class ForeignListsShown:
    """A single list is found by its id alone."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-2",)

    def install(self, parts: Parts) -> None:
        _show_foreign(parts, "lists")


@dataclass(frozen=True)
class ForeignDraftsShown:
    """A single draft is found by its id alone."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-2",)

    def install(self, parts: Parts) -> None:
        _show_foreign(parts, "drafts")


def _tell_foreign(parts: Parts, change: Callable[[Problem], Problem]) -> None:
    """Have an id that another organization has refused otherwise than one that nobody has."""

    def told(problem: Problem, scope: Scope) -> Problem:
        asked = resource_asked(scope)
        foreign = problem.kind.slug == "not-found" and asked and hasattr(scope[CALLER].tenant, asked[0])
        owner = _owner(parts, *asked) if foreign and asked else None
        return change(problem) if owner and owner is not scope[CALLER].tenant else problem

    change_problems(parts, told)


@dataclass(frozen=True)
class ForeignIdsForbidden:
    """Another organization's id is answered 403: so it exists."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-2",)

    def install(self, parts: Parts) -> None:
        _tell_foreign(parts, lambda _problem: problem_of("insufficient-scope", "This belongs to another organization."))


@dataclass(frozen=True)
class ForeignIdsToldApart:
    """Another organization's id is answered 404, in other words than an id that nobody has."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-2",)

    def install(self, parts: Parts) -> None:
        _tell_foreign(parts, lambda problem: replace(problem, detail="Your organization has nothing with this id."))


def _follow(parts: Parts, collection: str, name: str, of: str) -> None:
    """Have a filter by another collection's id served from the organization that has that id."""
    healthy = parts.page

    def page(caller: Caller, asked: str, filters: Filters, after: Position | None, limit: int) -> Page:
        owner = _owner(parts, of, filters[name]) if asked == collection and name in filters else None
        return healthy(replace(caller, tenant=owner or caller.tenant), asked, filters, after, limit)

    parts.page = page


@dataclass(frozen=True)
class ForeignListIdLeaks:
    """The contacts on a list are served to whoever knows the list's id."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-3", "TENANT-1")

    def install(self, parts: Parts) -> None:
        _follow(parts, "contacts", "listId", "lists")


@dataclass(frozen=True)
class ForeignContactIdLeaks:
    """The drafts to a contact are served to whoever knows the contact's id."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-3", "TENANT-1")

    def install(self, parts: Parts) -> None:
        _follow(parts, "drafts", "contactId", "contacts")


@dataclass(frozen=True)
class ForeignListIdForbidden:
    """Another organization's list as a filter is answered 403, an unknown one an empty page."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-3",)

    def install(self, parts: Parts) -> None:
        def layer(app: ASGIApp) -> ASGIApp:
            async def checked(scope: Scope, receive: Receive, send: Send) -> None:
                caller = scope.get(CALLER)
                owner = _owner(parts, "lists", query(scope).get("listId", ""))
                if isinstance(caller, Caller) and owner and owner is not caller.tenant:
                    refusal = problem_of("insufficient-scope", "The list belongs to another organization.")
                    await parts.problem(refusal, scope)(scope, receive, send)
                else:
                    await app(scope, receive, send)

            return checked

        parts.inner.append(layer)


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
            owner = _owner(parts, "lists", lists[-1].partition(b"=")[2].decode("latin-1"))
            scope[CALLER] = replace(scope[CALLER], tenant=owner or scope[CALLER].tenant)
            kept = [pair for pair in pairs if pair not in lists[:-1]]
            return healthy(rules, {**scope, "query_string": b"&".join(kept)})

        parts.read_parameters = read


@dataclass(frozen=True)
class TenantAcrossAwait:
    """The organization is kept in a variable of the process while the database is waited for: the latest request's counts."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-6",)

    def install(self, parts: Parts) -> None:
        latest: dict[str, Tenant] = {}

        def layer(app: ASGIApp) -> ASGIApp:
            async def served(scope: Scope, receive: Receive, send: Send) -> None:
                caller = scope.get(CALLER)
                if isinstance(caller, Caller):
                    latest["tenant"] = caller.tenant
                    await asyncio.sleep(0.004)
                    scope[CALLER] = replace(caller, tenant=latest["tenant"])
                await app(scope, receive, send)

            return served

        parts.inner.append(layer)


@dataclass(frozen=True)
class TenantOfConnection:
    """The organization is looked up once a connection, by its first key."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-6", "TENANT-1", "OP-2")

    def install(self, parts: Parts) -> None:
        first: dict[Any, Tenant] = {}
        change_caller(parts, lambda scope, caller: first.setdefault(scope["client"], caller.tenant))


def _cache_pages(parts: Parts, seconds: float) -> None:
    """Have pages kept by what was asked for, and not by who asked, for so many seconds of the mock's clock."""
    healthy = parts.page
    kept: dict[Any, tuple[float, Page]] = {}

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        asked = (collection, tuple(sorted(filters.items())), after, limit)
        now = parts.clock.now()
        until, found = kept.get(asked, (0.0, Page([], None)))
        if now >= until:
            found = healthy(caller, collection, filters, after, limit)
            kept[asked] = (now + seconds, found)
        return found

    parts.page = page


@dataclass(frozen=True)
class CacheByUrl:
    """Pages are cached for an hour by their URL alone."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-1", "TENANT-7")

    def install(self, parts: Parts) -> None:
        _cache_pages(parts, 3_600.0)


@dataclass(frozen=True)
class BriefCacheByUrl:
    """Pages are cached for a moment by their URL alone: only who asks at the same time as another sees it."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-6",)

    def install(self, parts: Parts) -> None:
        _cache_pages(parts, 0.03)


def _validate(parts: Parts, tag_of: Callable[[Scope, Answer], str]) -> None:
    """Have answers carry an ETag, and those that the client has already be 304."""

    def change(scope: Scope, answer: Answer) -> Answer | None:
        if answer.status != 200 or not isinstance(scope.get(CALLER), Caller):
            return None
        tag = b'"%b"' % hashlib.sha256(tag_of(scope, answer).encode()).hexdigest()[:16].encode()
        if header(scope, b"if-none-match") == tag:
            answer.status, answer.body = 304, b""
        answer.headers.append((b"etag", tag))
        return answer

    parts.outer.append(rewriting(change))


def _url(scope: Scope) -> str:
    return f"{scope['path']}?{scope['query_string'].decode('latin-1')}"


@dataclass(frozen=True)
class EtagByUrl:
    """An ETag is made of the URL alone: one organization's makes another's answer 304."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-7",)

    def install(self, parts: Parts) -> None:
        _validate(parts, lambda scope, _answer: _url(scope))


@dataclass(frozen=True)
class EtagByLength:
    """An ETag is made of the URL and the number of items, which organizations have in common."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-7",)

    def install(self, parts: Parts) -> None:
        _validate(parts, lambda scope, answer: f"{_url(scope)} {answer.body.count(b'createdAt')}")


@dataclass(frozen=True)
class AnswersPublic:
    """Every cache on the way may keep the answers and share them."""

    breaks: ClassVar[tuple[str, ...]] = ("TENANT-8",)

    def install(self, parts: Parts) -> None:
        def change(scope: Scope, answer: Answer) -> None:
            if isinstance(scope.get(CALLER), Caller):
                answer.headers = without_header(answer.headers, b"cache-control", b"vary")
                answer.headers.append((b"cache-control", b"public, max-age=60"))

        parts.outer.append(rewriting(change))
