"""Filters that let too much through, too little, or everything."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from mockserver.api.authentication import Caller
from mockserver.api.pipeline import Pipeline
from mockserver.modifications.helpers.filters import (
    Filters,
    Lets,
    change_filter,
    change_filters,
    change_rows,
    ignore,
    like,
    refuse,
    unfiltered_where_empty,
)
from mockserver.modifications.helpers.pages import change_question, keyset_page, matching, newest_first
from mockserver.modifications.registry import fault
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.tenants.index import Row
from mockserver.tenants.resource_types import Resource


@fault("FILTER-1", "FILTER-8", "FILTER-9")
def list_id_ignored(pipeline: Pipeline) -> None:
    """Contacts are not filtered by list."""
    ignore(pipeline, "contacts", "listId")


@fault("FILTER-1")
def list_id_of_first_list_only(pipeline: Pipeline) -> None:
    """A contact is found only by the first of its lists."""
    change_filter(pipeline, "contacts", "listId", lambda value, contact: contact["listIds"][:1] == [value])


@fault("FILTER-2", "FILTER-8", "FILTER-9")
def qualification_status_ignored(pipeline: Pipeline) -> None:
    """Contacts are not filtered by status."""
    ignore(pipeline, "contacts", "qualificationStatus")


@fault("FILTER-2")
def qualification_status_as_substring(pipeline: Pipeline) -> None:
    """The status is matched with LIKE: `qualified` also finds unqualified and disqualified contacts."""
    change_filter(
        pipeline, "contacts", "qualificationStatus", lambda value, contact: value in contact["qualificationStatus"]
    )


@fault("FILTER-2")
def pending_finds_nobody(pipeline: Pipeline) -> None:
    """A status was renamed in the database, but not in the filter: `pending` finds no contact; other values work."""
    change_filter(
        pipeline,
        "contacts",
        "qualificationStatus",
        lambda value, contact: contact["qualificationStatus"] == value != "pending",
    )


@fault("FILTER-2")
def pending_refused(pipeline: Pipeline) -> None:
    """A status was added to the data, but not to the filter's list of allowed values: `pending` is refused."""
    refuse(pipeline, "contacts", "qualificationStatus", lambda value: value == "pending")


@fault("FILTER-2")
def odd_scores_hidden(pipeline: Pipeline) -> None:
    """A filter by status finds only the contacts whose score is even or missing."""

    def lets(value: str, contact: Resource) -> bool:
        return contact["qualificationStatus"] == value and (contact["qualificationScore"] or 0) % 2 == 0

    change_filter(pipeline, "contacts", "qualificationStatus", lets)


@fault("FILTER-4")
def archived_always_shown(pipeline: Pipeline) -> None:
    """Archived lists are shown without being asked for."""
    change_filters(pipeline, "lists", lambda _filters: {"includeArchived": "1"})


@fault("FILTER-4")
def archived_never_shown(pipeline: Pipeline) -> None:
    """Archived lists are not shown even when they are asked for."""
    ignore(pipeline, "lists", "includeArchived")


@fault("FILTER-4")
def archived_refused(pipeline: Pipeline) -> None:
    """`includeArchived=1` is refused: only the word `true` is accepted."""
    refuse(pipeline, "lists", "includeArchived", lambda value: value == "1")


@fault("FILTER-4")
def archived_alone(pipeline: Pipeline) -> None:
    """`includeArchived=1` shows only the archived lists."""

    def rows(caller: Caller, filters: Filters) -> list[Row]:
        archived = filters["includeArchived"] == "1"
        everything = matching(caller.tenant, "lists", {"includeArchived": "1"})
        return [row for row in everything if (json.loads(row.single)["archivedAt"] is not None) == archived]

    change_rows(pipeline, "lists", "includeArchived", rows)


@fault("FILTER-4")
def empty_archived_lists_hidden(pipeline: Pipeline) -> None:
    """`includeArchived=1` shows only those archived lists that have contacts."""

    def shown(row: Row) -> bool:
        contact_list = json.loads(row.single)
        return contact_list["archivedAt"] is None or contact_list["contactCount"] > 0

    def rows(caller: Caller, filters: Filters) -> list[Row]:
        return [row for row in matching(caller.tenant, "lists", filters) if shown(row)]

    change_rows(pipeline, "lists", "includeArchived", rows)


@fault("FILTER-5", "FILTER-8", "FILTER-9")
def draft_status_ignored(pipeline: Pipeline) -> None:
    """Drafts are not filtered by status."""
    ignore(pipeline, "drafts", "status")


@fault("FILTER-5")
def sent_lets_replies_through(pipeline: Pipeline) -> None:
    """`status=sent` finds every draft that was ever sent, also those that were replied to or bounced."""

    def lets(value: str, draft: Resource) -> bool:
        return bool(draft["status"] == value or (value == "sent" and draft["sentAt"]))

    change_filter(pipeline, "drafts", "status", lets)


@fault("FILTER-6", "FILTER-8", "FILTER-9")
def contact_id_ignored(pipeline: Pipeline) -> None:
    """Drafts are not filtered by contact."""
    ignore(pipeline, "drafts", "contactId")


@fault("FILTER-6")
def one_draft_of_a_contact(pipeline: Pipeline) -> None:
    """`contactId` finds only the contact's newest draft."""
    change_rows(pipeline, "drafts", "contactId", lambda caller, filters: matching(caller.tenant, "drafts", filters)[:1])


@fault("FILTER-7", "FILTER-9")
def event_type_ignored(pipeline: Pipeline) -> None:
    """Events are not filtered."""
    ignore(pipeline, "events", "eventType")


@fault("FILTER-7")
def first_event_type_only(pipeline: Pipeline) -> None:
    """If several types are given, only the first one counts."""
    change_filter(pipeline, "events", "eventType", lambda value, event: event["eventType"] == value.partition(",")[0])


@fault("FILTER-7")
def several_event_types_refused(pipeline: Pipeline) -> None:
    """`eventType` is checked as one type: several types, separated by commas, are refused."""
    refuse(pipeline, "events", "eventType", lambda value: "," in value)


@fault("FILTER-7")
def event_types_not_split(pipeline: Pipeline) -> None:
    """Several types, separated by commas, are read as one type, which no event has."""
    change_filter(pipeline, "events", "eventType", lambda value, event: event["eventType"] == value)


@fault("FILTER-7")
def event_type_by_family(pipeline: Pipeline) -> None:
    """Only the part before the dot is compared: `draft.sent` finds all events of drafts."""

    def lets(value: str, event: Resource) -> bool:
        families = {each.partition(".")[0] for each in value.split(",")}
        return event["eventType"].partition(".")[0] in families

    change_filter(pipeline, "events", "eventType", lets)


@fault("FILTER-8")
def filters_are_alternatives(pipeline: Pipeline) -> None:
    """Several filters are combined with OR instead of AND."""
    inner = pipeline.page

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        if len(filters) < 2:
            return inner(caller, collection, filters, after, limit)
        each = (matching(caller.tenant, collection, {name: value}) for name, value in filters.items())
        rows = {row.id: row for found in each for row in found}
        return keyset_page(rows.values(), newest_first, after, limit)

    pipeline.page = page


@fault("FILTER-8")
def last_filter_counts(pipeline: Pipeline) -> None:
    """If several filters are given, only the last one in the query is applied."""
    for collection in ("contacts", "drafts"):
        change_filters(pipeline, collection, lambda filters: dict([*filters.items()][-1:]))


_COMPARED = (
    ("contacts", "listId", "listIds"),
    ("contacts", "qualificationStatus", "qualificationStatus"),
    ("drafts", "status", "status"),
    ("drafts", "contactId", "contactId"),
    ("events", "eventType", "eventType"),
)


def _compare_by(pipeline: Pipeline, alike: Callable[[str, str], bool]) -> None:
    """Compare values of filters by `alike`: (value of the parameter, value of the resource) → whether they match."""
    for collection, name, member in _COMPARED:
        change_filter(pipeline, collection, name, _having(member, alike))


def _having(member: str, alike: Callable[[str, str], bool]) -> Lets:
    def lets(value: str, resource: dict[str, Any]) -> bool:
        own = resource[member] if isinstance(resource[member], list) else [resource[member]]
        return any(alike(wanted, each) for wanted in value.split(",") for each in own)

    return lets


@fault("FILTER-9")
def values_by_beginning(pipeline: Pipeline) -> None:
    """A filter finds resources whose value begins with the filter's value."""
    _compare_by(pipeline, lambda wanted, own: own.startswith(wanted))


@fault("FILTER-9")
def values_with_trailing_garbage(pipeline: Pipeline) -> None:
    """A filter finds resources whose value is the beginning of the filter's value."""
    _compare_by(pipeline, lambda wanted, own: wanted.startswith(own))


@fault("FILTER-9")
def values_with_wildcards(pipeline: Pipeline) -> None:
    """Filters compare with LIKE, so an underscore stands for any character."""
    _compare_by(pipeline, like)


@fault("FILTER-9")
def unknown_value_ignored(pipeline: Pipeline) -> None:
    """A filter value that no resource has is ignored, and everything is served."""
    unfiltered_where_empty(pipeline, "listId", "qualificationStatus", "status", "contactId", "eventType")


@fault("FILTER-9")
def several_unknown_types_ignored(pipeline: Pipeline) -> None:
    """Several types of which no event has any are left out of the query: everything is served."""

    def rows(caller: Caller, filters: Filters) -> list[Row]:
        found = matching(caller.tenant, "events", filters)
        return found if found or "," not in filters["eventType"] else matching(caller.tenant, "events", {})

    change_rows(pipeline, "events", "eventType", rows)


@fault("FILTER-1", "FILTER-2", "FILTER-3", "FILTER-4", "FILTER-5", "FILTER-6", "FILTER-7", "PAGE-10")
def filters_find_nothing(pipeline: Pipeline) -> None:
    """A list with a filter is empty."""
    inner = pipeline.page

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        return Page([], None) if filters else inner(caller, collection, filters, after, limit)

    pipeline.page = page


@fault(
    "FILTER-1",
    "FILTER-2",
    "FILTER-3",
    "FILTER-4",
    "FILTER-5",
    "FILTER-6",
    "FILTER-7",
    "FILTER-8",
    "FILTER-9",
    "PAGE-10",
)
def filters_ignored(pipeline: Pipeline) -> None:
    """All filters are ignored."""
    change_question(pipeline, lambda asked: asked._replace(filters={}))
