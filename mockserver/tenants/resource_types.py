"""The four kinds of collection: their filters, and how their lists show a resource (documentation, "Endpoints").

A filter has two parts: the values by which a resource is found, and the values that a query asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.tenants.search import searchable
from spec import contract

Resource = dict[str, Any]
"""A resource as a JSON object, with the members that the document's schema names."""

Members = Mapping[str, object]
"""Members that are given for a resource, not validated yet."""


def _as_given(value: str | None) -> Iterable[str | None]:
    return (value,)


@dataclass(frozen=True, slots=True)
class Filter:
    """One query parameter. `values` gives those of a resource, each once; `asked` those of a query, one of which must match.

    `asked` gets None if the parameter is absent, and returns None for "any value".
    """

    values: Callable[[Resource], Iterable[str]]
    asked: Callable[[str | None], Iterable[str | None]] = _as_given


@dataclass(frozen=True, slots=True)
class Kind:
    """The differences between collections: the filters by parameter, the form in lists, the searchable text."""

    filters: Mapping[str, Filter]
    listed: Callable[[Resource], Resource] | None = None
    """The form of a resource in lists; None if it is the same as alone."""
    text: Callable[[Resource], str] | None = None
    """The text that `q` is searched in; None if the collection has no `q`."""


def contact_text(contact: Resource) -> str:
    """What `q` looks through: first name, last name, both with a space between, email and company name."""
    first, last = contact["firstName"], contact["lastName"]
    name = f"{first} {last}" if first and last else first or last
    return searchable((name, contact["email"], contact["companyName"]))


def summary(draft: Resource) -> Resource:
    """A draft as the list shows it: the members of the document's DraftSummary."""
    return {member: draft[member] for member in contract().schema("DraftSummary")["properties"] if member in draft}


def _unarchived(resource: Resource) -> Iterable[str]:
    return () if resource["archivedAt"] else ("0",)


def _unless_all(include_archived: str | None) -> Iterable[str | None]:
    return (None,) if include_archived == "1" else ("0",)


def _each(comma_separated: str | None) -> Iterable[str | None]:
    return (None,) if comma_separated is None else comma_separated.split(",")


CONTACTS = Kind(
    filters={
        "listId": Filter(lambda contact: contact["listIds"]),
        "qualificationStatus": Filter(lambda contact: (contact["qualificationStatus"],)),
    },
    text=contact_text,
)
LISTS = Kind(filters={"includeArchived": Filter(_unarchived, _unless_all)})
DRAFTS = Kind(
    filters={
        "status": Filter(lambda draft: (draft["status"],)),
        "contactId": Filter(lambda draft: (draft["contactId"],)),
    },
    listed=summary,
)
EVENTS = Kind(filters={"eventType": Filter(lambda event: (event["eventType"],), _each)})
