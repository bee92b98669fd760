"""Filters that fail where a value is of nothing, or of nothing in the list; and lists of types that fail."""

from __future__ import annotations

from mockserver.api.authentication import Caller
from mockserver.api.pipeline import Pipeline
from mockserver.modifications.helpers.filters import Filters, change_filters, change_rows
from mockserver.modifications.helpers.pages import matching
from mockserver.modifications.registry import fault
from mockserver.tenants.index import Row


def _everything_if_unused(pipeline: Pipeline, collection: str, name: str, named: str) -> None:
    """Show everything for the id of one of the `named` resources if nothing in the collection has it."""

    def rows(caller: Caller, filters: Filters) -> list[Row]:
        unused = not matching(caller.tenant, collection, {name: filters[name]})
        known = getattr(caller.tenant, named).read(filters[name]) is not None
        return matching(caller.tenant, collection, {} if known and unused else filters)

    change_rows(pipeline, collection, name, rows)


@fault("FILTER-1")
def empty_list_shows_everyone(pipeline: Pipeline) -> None:
    """The contacts of a list are looked up first, and the contacts filtered by them: a list without contacts filters nothing."""
    _everything_if_unused(pipeline, "contacts", "listId", "lists")


@fault("FILTER-6")
def contact_without_drafts_shows_all(pipeline: Pipeline) -> None:
    """The id of a contact that has no drafts finds the drafts of everyone."""
    _everything_if_unused(pipeline, "drafts", "contactId", "contacts")


@fault("FILTER-9")
def values_in_capitals_ignored(pipeline: Pipeline) -> None:
    """A value that is not in lower case is none of the known ones: it is ignored, and everything is served."""
    words = ("qualificationStatus", "status", "eventType")

    def known(filters: Filters) -> Filters:
        return {name: value for name, value in filters.items() if name not in words or value == value.lower()}

    for collection in ("contacts", "drafts", "events"):
        change_filters(pipeline, collection, known)


@fault("FILTER-9")
def inherited_names_ignored(pipeline: Pipeline) -> None:
    """Each known value has its rule in an object, which also has `constructor` from its class: that is no rule, and everything
    is served.
    """
    for collection in ("contacts", "drafts", "events"):
        change_filters(
            pipeline,
            collection,
            lambda filters: {name: value for name, value in filters.items() if value != "constructor"},
        )


@fault("FILTER-7")
def types_joined(pipeline: Pipeline) -> None:
    """Events are joined with the types that are asked for: those of a type that is named twice come twice."""

    def rows(caller: Caller, filters: Filters) -> list[Row]:
        types = filters["eventType"].split(",")
        return [row for one in types for row in matching(caller.tenant, "events", {"eventType": one})]

    change_rows(pipeline, "events", "eventType", rows)


@fault("FILTER-7")
def many_types_ignored(pipeline: Pipeline) -> None:
    """More than four types are taken for all: everything is served."""

    def few(filters: Filters) -> Filters:
        return {name: value for name, value in filters.items() if value.count(",") < 4}

    change_filters(pipeline, "events", few)


@fault("FILTER-7")
def unknown_type_hides_others(pipeline: Pipeline) -> None:
    """If one of several types is unknown, nothing is shown of the others."""

    def rows(caller: Caller, filters: Filters) -> list[Row]:
        each = [matching(caller.tenant, "events", {"eventType": one}) for one in filters["eventType"].split(",")]
        return matching(caller.tenant, "events", filters) if all(each) else []

    change_rows(pipeline, "events", "eventType", rows)
