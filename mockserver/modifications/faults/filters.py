"""Filters that let too much through, too little, or everything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from mockserver.api.authentication import Caller
from mockserver.api.pipeline import Parts
from mockserver.modifications.helpers.filters import (
    Filters,
    change_filter,
    change_filters,
    change_rows,
    ignore,
    unfiltered_where_empty,
)
from mockserver.modifications.helpers.pages import keyset_page, matching, newest_first
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position


@dataclass(frozen=True)
class ListIdIgnored:
    """Contacts are not filtered by list."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-1", "FILTER-8", "FILTER-9")

    def install(self, parts: Parts) -> None:
        ignore(parts, "contacts", "listId")


@dataclass(frozen=True)
class ListIdOfFirstListOnly:
    """A contact is found by the first of its lists alone."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-1",)

    def install(self, parts: Parts) -> None:
        change_filter(parts, "contacts", "listId", lambda value, contact: contact["listIds"][:1] == [value])


@dataclass(frozen=True)
class QualificationStatusIgnored:
    """Contacts are not filtered by status."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-2", "FILTER-8", "FILTER-9")

    def install(self, parts: Parts) -> None:
        ignore(parts, "contacts", "qualificationStatus")


@dataclass(frozen=True)
class QualificationStatusAsSubstring:
    """The status is matched with LIKE: `qualified` finds the unqualified and the disqualified too."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-2",)

    def install(self, parts: Parts) -> None:
        change_filter(
            parts, "contacts", "qualificationStatus", lambda value, contact: value in contact["qualificationStatus"]
        )


@dataclass(frozen=True)
class PendingFindsNobody:
    """A status was renamed in the database, but not in the filter: `pending` finds nobody, the others are right."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-2",)

    def install(self, parts: Parts) -> None:
        change_filter(
            parts,
            "contacts",
            "qualificationStatus",
            lambda value, contact: contact["qualificationStatus"] == value != "pending",
        )


@dataclass(frozen=True)
class OddScoresHidden:
    """Of the contacts with a status those are found whose score is even or missing."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-2",)

    def install(self, parts: Parts) -> None:
        def lets(value: str, contact: dict[str, Any]) -> bool:
            return contact["qualificationStatus"] == value and (contact["qualificationScore"] or 0) % 2 == 0

        change_filter(parts, "contacts", "qualificationStatus", lets)


@dataclass(frozen=True)
class ArchivedAlwaysShown:
    """Archived lists are shown without being asked for."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-4",)

    def install(self, parts: Parts) -> None:
        change_filters(parts, "lists", lambda _filters: {"includeArchived": "1"})


@dataclass(frozen=True)
class ArchivedNeverShown:
    """Archived lists are not shown even when they are asked for."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-4",)

    def install(self, parts: Parts) -> None:
        ignore(parts, "lists", "includeArchived")


@dataclass(frozen=True)
class ArchivedAlone:
    """`includeArchived=1` shows the archived lists and no others."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-4",)

    def install(self, parts: Parts) -> None:
        def lets(value: str, contact_list: dict[str, Any]) -> bool:
            return (contact_list["archivedAt"] is not None) == (value == "1")

        change_rows(
            parts,
            "lists",
            "includeArchived",
            lambda caller, filters: [
                row
                for row in matching(caller.tenant, "lists", {"includeArchived": "1"})
                if lets(filters["includeArchived"], json.loads(row.single))
            ],
        )


@dataclass(frozen=True)
class DraftStatusIgnored:
    """Drafts are not filtered by status."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-5", "FILTER-8", "FILTER-9")

    def install(self, parts: Parts) -> None:
        ignore(parts, "drafts", "status")


@dataclass(frozen=True)
class SentLetsRepliesThrough:
    """`status=sent` finds whatever was sent once: what was replied to or bounced as well."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-5",)

    def install(self, parts: Parts) -> None:
        def lets(value: str, draft: dict[str, Any]) -> bool:
            return bool(draft["status"] == value or (value == "sent" and draft["sentAt"]))

        change_filter(parts, "drafts", "status", lets)


@dataclass(frozen=True)
class ContactIdIgnored:
    """Drafts are not filtered by contact."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-6", "FILTER-8", "FILTER-9")

    def install(self, parts: Parts) -> None:
        ignore(parts, "drafts", "contactId")


@dataclass(frozen=True)
class OneDraftOfAContact:
    """`contactId` finds the contact's newest draft alone."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-6",)

    def install(self, parts: Parts) -> None:
        change_rows(
            parts, "drafts", "contactId", lambda caller, filters: matching(caller.tenant, "drafts", filters)[:1]
        )


@dataclass(frozen=True)
class EventTypeIgnored:
    """Events are not filtered."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-7", "FILTER-9")

    def install(self, parts: Parts) -> None:
        ignore(parts, "events", "eventType")


@dataclass(frozen=True)
class FirstEventTypeOnly:
    """Of several types only the first counts."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-7",)

    def install(self, parts: Parts) -> None:
        change_filter(parts, "events", "eventType", lambda value, event: event["eventType"] == value.partition(",")[0])


@dataclass(frozen=True)
class EventTypesNotSplit:
    """Several types, comma-separated, are taken for one type, which nothing has."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-7",)

    def install(self, parts: Parts) -> None:
        change_filter(parts, "events", "eventType", lambda value, event: event["eventType"] == value)


@dataclass(frozen=True)
class EventTypeByFamily:
    """Only the part before the dot is compared: `draft.sent` finds whatever happened to drafts."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-7",)

    def install(self, parts: Parts) -> None:
        def lets(value: str, event: dict[str, Any]) -> bool:
            families = {each.partition(".")[0] for each in value.split(",")}
            return event["eventType"].partition(".")[0] in families

        change_filter(parts, "events", "eventType", lets)


@dataclass(frozen=True)
class FiltersAreAlternatives:
    """Several filters let through what any of them does."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-8",)

    def install(self, parts: Parts) -> None:
        healthy = parts.page

        def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
            if len(filters) < 2:
                return healthy(caller, collection, filters, after, limit)
            each = (matching(caller.tenant, collection, {name: value}) for name, value in filters.items())
            rows = {row.id: row for found in each for row in found}
            return keyset_page(rows.values(), newest_first, after, limit)

        parts.page = page


@dataclass(frozen=True)
class LastFilterCounts:
    """Of several filters the last one in the query alone is applied."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-8",)

    def install(self, parts: Parts) -> None:
        for collection in ("contacts", "drafts"):
            change_filters(parts, collection, lambda filters: dict([*filters.items()][-1:]))


@dataclass(frozen=True)
class UnknownValueIgnored:
    """A filter value that nothing has is dropped, and everything served."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-9",)

    def install(self, parts: Parts) -> None:
        unfiltered_where_empty(parts, "listId", "qualificationStatus", "status", "contactId", "eventType")


@dataclass(frozen=True)
class UnknownDraftStatusIgnored:
    """A status that no draft can have is dropped, and all drafts served."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-9",)

    def install(self, parts: Parts) -> None:
        unfiltered_where_empty(parts, "status")
