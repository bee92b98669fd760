"""Data of one organization that another one gets because a check is missing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api.authentication import CALLER, Caller
from mockserver.api.pipeline import Pipeline
from mockserver.api.problems import Problem
from mockserver.api.response import Response
from mockserver.modifications.helpers.layers import around
from mockserver.modifications.helpers.pages import keyset_page, matching, newest_first
from mockserver.modifications.helpers.requests import header, operation_path, query, resource_asked
from mockserver.modifications.helpers.responses import change_problems, edited, problem_of, rewriting
from mockserver.modifications.registry import fault
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.tenants.resource_types import Resource
from mockserver.tenants.tenant import Tenant

Filters = Mapping[str, str]


def owner_of(pipeline: Pipeline, collection: str, resource_id: str) -> Tenant | None:
    """The organization that has a resource; None if there is no such resource, or no such collection."""
    stores = ((tenant, getattr(tenant, collection, None)) for tenant in pipeline.state.tenants.values())
    return next((tenant for tenant, store in stores if store is not None and store.get(resource_id)), None)


def change_caller(pipeline: Pipeline, tenant_of: Callable[[Scope, Caller], Tenant | None]) -> None:
    """Serve requests with the data of the organization that `tenant_of` returns; None means the key's own."""

    async def served(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        caller = scope.get(CALLER)
        if isinstance(caller, Caller):
            scope[CALLER] = replace(caller, tenant=tenant_of(scope, caller) or caller.tenant)
        await app(scope, receive, send)

    pipeline.inner.append(around(served))


@fault("TENANT-1", "TENANT-6")
def pages_of_everybody(pipeline: Pipeline) -> None:
    """A page has rows of all organizations: the condition on the organization is missing."""

    def page(_caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        rows = [row for tenant in pipeline.state.tenants.values() for row in matching(tenant, collection, filters)]
        return keyset_page(rows, newest_first, after, limit)

    pipeline.page = page


def _mix_in(pipeline: Pipeline, collection: str, other: str, mixed: Callable[[Resource, str], Resource]) -> None:
    """Change the items of pages: `mixed` gets an item, and the id of a resource in `other` of another organization."""
    inner = pipeline.page

    def page(caller: Caller, asked: str, *rest: Any) -> Page:
        found = inner(caller, asked, *rest)
        if asked != collection:
            return found
        neighbour = next(tenant for tenant in pipeline.state.tenants.values() if tenant is not caller.tenant)
        foreign = json.loads(inner(replace(caller, tenant=neighbour), other, {}, None, 1).items[0])["id"]
        return found._replace(items=[edited(item, lambda each: mixed(each, foreign)) for item in found.items])

    pipeline.page = page


@fault("TENANT-1")
def events_name_foreign_contacts(pipeline: Pipeline) -> None:
    """An event's data names a contact of another organization, which was looked up by its address alone."""
    _mix_in(pipeline, "events", "contacts", lambda event, id_: {**event, "data": {**event["data"], "contactId": id_}})


@fault("TENANT-1")
def contacts_on_foreign_lists(pipeline: Pipeline) -> None:
    """A contact names a list of another organization, which has a contact with the same address."""
    _mix_in(pipeline, "contacts", "lists", lambda contact, id_: {**contact, "listIds": [*contact["listIds"], id_]})


@fault("TENANT-1")
def drafts_to_foreign_contacts(pipeline: Pipeline) -> None:
    """A draft names a contact of another organization."""
    _mix_in(pipeline, "drafts", "contacts", lambda draft, id_: {**draft, "contactId": id_})


@fault("TENANT-1")
def encoded_paths_of_everybody(pipeline: Pipeline) -> None:
    """A path with an encoded character is served from another organization, because a cache knows it by another name."""

    def another(scope: Scope, caller: Caller) -> Tenant | None:
        others = (tenant for tenant in pipeline.state.tenants.values() if tenant is not caller.tenant)
        listed = hasattr(caller.tenant, operation_path(scope)[1:])
        return next(others) if b"%" in scope["raw_path"] and listed else None

    change_caller(pipeline, another)


@fault("TENANT-2")
def dates_skip_the_organization(pipeline: Pipeline) -> None:
    """A request with If-Modified-Since finds a resource by its id alone."""

    def owner(scope: Scope, _caller: Caller) -> Tenant | None:
        asked = resource_asked(scope)
        return owner_of(pipeline, *asked) if asked and header(scope, b"if-modified-since") else None

    change_caller(pipeline, owner)


@fault("TENANT-2")
def foreign_resources_shown(pipeline: Pipeline) -> None:
    """A single resource is looked up by its id alone, so keys of any organization can read it."""
    inner = pipeline.single

    def single(caller: Caller, collection: str, resource_id: str) -> bytes | None:
        tenants = (caller.tenant, *pipeline.state.tenants.values())
        everywhere = (inner(replace(caller, tenant=tenant), collection, resource_id) for tenant in tenants)
        return next(filter(None, everywhere), None)

    pipeline.single = single


@fault("TENANT-2")
def foreign_contacts_without_email_shown(pipeline: Pipeline) -> None:
    """A contact that has no address is looked up by its id alone."""
    inner = pipeline.single

    def single(caller: Caller, collection: str, resource_id: str) -> bytes | None:
        own, owner = inner(caller, collection, resource_id), owner_of(pipeline, collection, resource_id)
        found = inner(replace(caller, tenant=owner), collection, resource_id) if owner and not own else None
        return found if found and collection == "contacts" and json.loads(found)["email"] is None else own

    pipeline.single = single


@fault("TENANT-2")
def any_validator_finds_what_is_foreign(pipeline: Pipeline) -> None:
    """`If-None-Match: *` is answered 304 for every id that any organization has."""

    def change(scope: Scope, answer: Response) -> None:
        asked = resource_asked(scope)
        any_validator = isinstance(scope.get(CALLER), Caller) and header(scope, b"if-none-match") == b"*"
        if any_validator and asked and owner_of(pipeline, *asked):
            answer.status, answer.body = 304, b""

    pipeline.outer.append(rewriting(change))


def _tell_foreign(pipeline: Pipeline, change: Callable[[Problem], Problem]) -> None:
    """Refuse an id of another organization in another way than an id that does not exist."""

    def told(problem: Problem, scope: Scope) -> Problem:
        asked = resource_asked(scope)
        foreign = problem.kind.slug == "not-found" and asked and hasattr(scope[CALLER].tenant, asked[0])
        owner = owner_of(pipeline, *asked) if foreign and asked else None
        return change(problem) if owner and owner is not scope[CALLER].tenant else problem

    change_problems(pipeline, told)


@fault("TENANT-2")
def foreign_ids_forbidden(pipeline: Pipeline) -> None:
    """Another organization's id is answered 403, which tells that it exists."""
    _tell_foreign(pipeline, lambda _problem: problem_of("insufficient-scope", "This belongs to another organization."))


@fault("TENANT-2")
def foreign_ids_told_apart(pipeline: Pipeline) -> None:
    """Another organization's id is answered 404, with another text than for an id that does not exist."""
    _tell_foreign(pipeline, lambda problem: replace(problem, detail="Your organization has nothing with this id."))


def _follow(pipeline: Pipeline, collection: str, name: str, of: str) -> None:
    """Serve a filter by an id of the collection `of` from the organization that has that id."""
    inner = pipeline.page

    def page(caller: Caller, asked: str, filters: Filters, after: Position | None, limit: int) -> Page:
        owner = owner_of(pipeline, of, filters[name]) if asked == collection and name in filters else None
        return inner(replace(caller, tenant=owner or caller.tenant), asked, filters, after, limit)

    pipeline.page = page


@fault("TENANT-3", "TENANT-1")
def foreign_list_id_leaks(pipeline: Pipeline) -> None:
    """The contacts on a list are served to every key that names the list."""
    _follow(pipeline, "contacts", "listId", "lists")


@fault("TENANT-3", "TENANT-1")
def foreign_contact_id_leaks(pipeline: Pipeline) -> None:
    """The drafts to a contact are served to every key that names the contact."""
    _follow(pipeline, "drafts", "contactId", "contacts")


@fault("TENANT-3")
def foreign_list_id_forbidden(pipeline: Pipeline) -> None:
    """A filter by another organization's list is answered 403; a filter by an unknown list gives an empty page."""

    async def checked(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        caller = scope.get(CALLER)
        owner = owner_of(pipeline, "lists", query(scope).get("listId", ""))
        if isinstance(caller, Caller) and owner and owner is not caller.tenant:
            refusal = problem_of("insufficient-scope", "The list belongs to another organization.")
            await pipeline.problem(refusal, scope)(scope, receive, send)
        else:
            await app(scope, receive, send)

    pipeline.inner.append(around(checked))
