"""Operations whose answers differ from what the document says."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace

from starlette.types import Scope

from mockserver.api.authentication import Caller
from mockserver.api.operations import get_me
from mockserver.api.parameters import Parameters
from mockserver.api.pipeline import Pipeline
from mockserver.api.problems import Problem
from mockserver.api.response import Response
from mockserver.modifications.helpers.filters import like
from mockserver.modifications.helpers.requests import resource_asked
from mockserver.modifications.helpers.responses import (
    change_items,
    change_problems,
    change_single,
    edited,
    with_status,
)
from mockserver.modifications.registry import fault
from mockserver.tenants.resource_types import Resource
from spec import contract


def _without(*members: str) -> Callable[[Resource], Resource]:
    return lambda resource: {name: value for name, value in resource.items() if name not in members}


@fault("OP-1")
def contacts_without_status(pipeline: Pipeline) -> None:
    """Contacts lack a required member."""
    change_items(pipeline, "contacts", _without("qualificationStatus"))
    change_single(pipeline, "contacts", _without("qualificationStatus"))


@fault("OP-1")
def empty_list_ids_are_null(pipeline: Pipeline) -> None:
    """A contact on no list has null for its lists."""
    for change in (change_items, change_single):
        change(pipeline, "contacts", lambda contact: {**contact, "listIds": contact["listIds"] or None})


@fault("OP-1")
def success_as_text(pipeline: Pipeline) -> None:
    """JSON is served as text/plain."""
    pipeline.success = lambda body: Response(200, b"text/plain; charset=utf-8", body)


@fault("OP-2")
def me_of_first_key(pipeline: Pipeline) -> None:
    """`/me` reports the organization's first key, not the one that was presented."""

    def me(pipeline: Pipeline, caller: Caller, parameters: Parameters) -> bytes:
        first = next(key for key in pipeline.state.keys if key.organization_id == caller.key.organization_id)
        return get_me(pipeline, replace(caller, key=first), parameters)

    pipeline.handlers["getMe"] = me


@fault("OP-2")
def me_of_keys_own_organization(pipeline: Pipeline) -> None:
    """`/me` reports another organization for each key, even for two keys of the same organization."""
    inner = pipeline.handlers["getMe"]

    def me(pipeline: Pipeline, caller: Caller, parameters: Parameters) -> bytes:
        def of_key(found: Resource) -> Resource:
            return {**found, "organization": {**found["organization"], "id": f"org_{caller.key.id}"}}

        return edited(inner(pipeline, caller, parameters), of_key)

    pipeline.handlers["getMe"] = me


@fault("OP-3")
def single_contact_stale(pipeline: Pipeline) -> None:
    """A single contact comes from a replica that lags behind the list."""
    change_single(pipeline, "contacts", lambda contact: {**contact, "updatedAt": contact["createdAt"]})


@fault("OP-3")
def single_contact_changed_just_now(pipeline: Pipeline) -> None:
    """A single contact has another updatedAt at each request, as if it had just been changed."""
    count = itertools.count(1)

    def change(contact: Resource) -> Resource:
        return {**contact, "updatedAt": f"2026-05-23T10:00:00.{next(count) % 1000:03}Z"}

    change_single(pipeline, "contacts", change)


@fault("OP-3")
def archived_lists_gone(pipeline: Pipeline) -> None:
    """An archived list is listed, but is not found by its id."""
    inner = pipeline.single

    def single(caller: Caller, collection: str, resource_id: str) -> bytes | None:
        found = inner(caller, collection, resource_id)
        archived = found and collection == "lists" and json.loads(found)["archivedAt"]
        return None if archived else found

    pipeline.single = single


@fault("OP-3")
def single_list_counts_nobody(pipeline: Pipeline) -> None:
    """A single list has a contactCount of 0."""
    change_single(pipeline, "lists", lambda contact_list: {**contact_list, "contactCount": 0})


@fault("OP-3")
def listed_subjects_cut(pipeline: Pipeline) -> None:
    """Subjects are cut to twenty characters in the list of drafts."""
    change_items(pipeline, "drafts", lambda draft: {**draft, "subject": draft["subject"][:20]})


@fault("OP-3")
def single_contact_folds_email(pipeline: Pipeline) -> None:
    """A single contact shows its email in lower case."""
    change_single(pipeline, "contacts", lambda contact: {**contact, "email": (contact["email"] or "").lower() or None})


@fault("OP-3", "FILTER-1", "FILTER-8", "PAGE-10")
def listed_lists_cut(pipeline: Pipeline) -> None:
    """The list of contacts shows no more than four lists of a contact."""
    change_items(pipeline, "contacts", lambda contact: {**contact, "listIds": contact["listIds"][:4]})


@fault("OP-3")
def single_contact_loses_nulls(pipeline: Pipeline) -> None:
    """A single contact shows an empty string where the list has null."""
    change_single(
        pipeline,
        "contacts",
        lambda contact: {**contact, **{name: contact[name] or "" for name in ("title", "location", "lastName")}},
    )


@fault("OP-4", "OP-1")
def draft_without_body(pipeline: Pipeline) -> None:
    """A single draft has no body: it has the members of the list and its timeline."""
    change_single(pipeline, "drafts", _without("body"))


@fault("OP-4", "OP-1")
def draft_without_timeline(pipeline: Pipeline) -> None:
    """A single draft has no engagement timeline."""
    change_single(pipeline, "drafts", _without("engagement"))


@fault("OP-4")
def engagement_newest_first(pipeline: Pipeline) -> None:
    """The engagement timeline begins with the newest entry."""
    change_single(pipeline, "drafts", lambda draft: {**draft, "engagement": draft["engagement"][::-1]})


@fault("OP-4")
def draft_body_empty(pipeline: Pipeline) -> None:
    """The body of a single draft is an empty string, though its snippet has text."""
    change_single(pipeline, "drafts", lambda draft: {**draft, "body": ""})


@fault("OP-10", "OP-1")
def unknown_id_is_empty(pipeline: Pipeline) -> None:
    """An unknown id is answered 200 with an empty object."""
    inner = pipeline.single

    def single(caller: Caller, collection: str, resource_id: str) -> bytes | None:
        found = inner(caller, collection, resource_id)
        return b"{}" if found is None and collection != "research" else found

    pipeline.single = single


@fault("OP-10")
def unknown_id_is_400(pipeline: Pipeline) -> None:
    """An unknown id is answered 400, like a malformed one."""

    def change(problem: Problem, scope: Scope) -> Problem:
        found = problem.kind.slug == "not-found" and resource_asked(scope)
        return with_status(problem, 400) if found and found[0] != "research" else problem

    change_problems(pipeline, change)


@fault("OP-10")
def unknown_id_gets_another(pipeline: Pipeline) -> None:
    """An unknown id is answered with the newest contact, as the nearest match."""
    inner = pipeline.single

    def single(caller: Caller, collection: str, resource_id: str) -> bytes | None:
        found = inner(caller, collection, resource_id)
        if found or collection != "contacts":
            return found
        newest = pipeline.page(caller, collection, {}, None, 1).items
        return newest[0] if newest else None

    pipeline.single = single


def _also_find(pipeline: Pipeline, finds: Callable[[str, str], bool]) -> None:
    """Answer an unknown id with the first resource that `finds` accepts: (requested id, id of a resource) → bool."""
    inner = pipeline.single

    def single(caller: Caller, collection: str, resource_id: str) -> bytes | None:
        found = inner(caller, collection, resource_id)
        if found is not None or not resource_id:
            return found
        rows = getattr(caller.tenant, "contacts" if collection == "research" else collection).rows({})
        alike = (row.id for row in rows if finds(resource_id, row.id))
        return next(filter(None, (inner(caller, collection, other) for other in alike)), None)

    pipeline.single = single


@fault("OP-10")
def inherited_words_are_ids(pipeline: Pipeline) -> None:
    """`constructor`, which every object of JavaScript has, is found among the resources, and answered with an empty object."""
    inner = pipeline.single
    pipeline.single = lambda caller, collection, resource_id: (
        b"{}" if resource_id == "constructor" else inner(caller, collection, resource_id)
    )


@fault("OP-10")
def ids_by_beginning(pipeline: Pipeline) -> None:
    """A resource is found by the beginning of its id."""
    _also_find(pipeline, lambda asked, known: len(asked) >= len(known) - 2 and known.startswith(asked))


@fault("OP-10")
def ids_with_trailing_garbage(pipeline: Pipeline) -> None:
    """Characters after the end of an id are ignored, as when a database reads `12x` as the number 12."""
    _also_find(pipeline, lambda asked, known: asked.startswith(known))


@fault("OP-10")
def negative_id_finds_the_first(pipeline: Pipeline) -> None:
    """An id that is a number counts as a place in the list: `-1` is answered with a resource."""
    _also_find(pipeline, lambda asked, _known: asked == "-1")


@fault("OP-10")
def ids_with_wildcards(pipeline: Pipeline) -> None:
    """A resource is looked up with LIKE, so an underscore stands for any character."""
    _also_find(pipeline, like)


@fault("OP-2")
def me_of_all_scopes(pipeline: Pipeline) -> None:
    """`/me` says that every key holds all scopes."""

    def me(pipeline: Pipeline, caller: Caller, parameters: Parameters) -> bytes:
        return get_me(pipeline, replace(caller, key=replace(caller.key, scopes=tuple(contract().scopes))), parameters)

    pipeline.handlers["getMe"] = me


@fault("OP-2")
def me_names_another_organization(pipeline: Pipeline) -> None:
    """`/me` reports the id of the key's organization with the name of the first one."""
    inner = pipeline.handlers["getMe"]

    def me(pipeline: Pipeline, caller: Caller, parameters: Parameters) -> bytes:
        first = next(iter(pipeline.state.tenants.values())).organization

        def renamed(found: Resource) -> Resource:
            return {**found, "organization": {**found["organization"], "name": first.name}}

        return edited(inner(pipeline, caller, parameters), renamed)

    pipeline.handlers["getMe"] = me
