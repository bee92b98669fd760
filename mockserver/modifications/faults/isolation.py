"""Data of one organization in the hands of another, where a check is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api.authentication import CALLER, Caller
from mockserver.api.pipeline import Parts
from mockserver.api.problems import Problem
from mockserver.modifications.helpers.pages import keyset_page, matching, newest_first
from mockserver.modifications.helpers.requests import query, resource_asked
from mockserver.modifications.helpers.responses import change_problems, problem_of
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


def owner_of(parts: Parts, collection: str, resource_id: str) -> Tenant | None:
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
        owner = owner_of(parts, *asked) if foreign and asked else None
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
        owner = owner_of(parts, of, filters[name]) if asked == collection and name in filters else None
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
                owner = owner_of(parts, "lists", query(scope).get("listId", ""))
                if isinstance(caller, Caller) and owner and owner is not caller.tenant:
                    refusal = problem_of("insufficient-scope", "The list belongs to another organization.")
                    await parts.problem(refusal, scope)(scope, receive, send)
                else:
                    await app(scope, receive, send)

            return checked

        parts.inner.append(layer)
