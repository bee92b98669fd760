"""Completes resources of a person or a test, and validates them against the document's schemas. Errors are one line.

Pure functions of resources. The tenant checks references from one resource to another (from a draft to its contact).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from textwrap import shorten
from typing import TYPE_CHECKING

import msgspec

from mockserver.clock import milliseconds, utc
from mockserver.tenants.ids import identifier, stream
from mockserver.tenants.resource_types import Members, Resource
from spec import OpenApi, contract

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

SCHEMAS: Mapping[str, str] = {
    "lists": "ContactList",
    "contacts": "Contact",
    "drafts": "Draft",
    "events": "Event",
    "research": "Research",
}
"""The document's schema of each collection's resources, in an order without references to later ones."""

PREFIXES: Mapping[str, str] = {"contacts": "con", "lists": "lst", "drafts": "drf", "events": "evt"}
"""What the ids of a collection begin with."""

SENT = ("sent", "replied", "bounced")
"""The statuses of a draft that went out."""

_UNSET: Mapping[str, Members] = {
    "contacts": {"qualificationStatus": "unqualified", "listIds": []},
    "lists": {"contactCount": 0},
    "drafts": {"channel": "email", "subject": "", "status": "draft", "body": "", "engagement": []},
    "events": {"data": {}},
    "research": {"level": contract().schema("Research")["properties"]["level"]["x-known-values"][-1], "sections": []},
}
"""The value of a member that is not given. A member that is not here is null."""

_ID = re.compile(r"[^/?#\\\s\x00-\x1f\x7f-\x9f]+")
_EVENT_TYPE = re.compile(r"[!-+\--~]+")

_SNIPPET = 140
_REASON = 200


def snippet_of(body: str) -> str:
    """The beginning of a draft's text, on one line, as the list of drafts shows it."""
    return " ".join(body.split(maxsplit=_SNIPPET))[:_SNIPPET]


def key_of(collection: str) -> str:
    """The member that a collection's resources are found by: a dossier has no id but its contact's."""
    return "contactId" if collection == "research" else "id"


def members_of(collection: str) -> Mapping[str, OpenApi]:
    """The members of a collection's resources with their schemas, in the document's order. Raises KeyError."""
    members: Mapping[str, OpenApi] = contract().schema(SCHEMAS[collection])["properties"]
    return members


def completed(collection: str, members: Members, new_id: str, now: int) -> Resource:
    """The complete resource with the given members, created now (milliseconds since 1970).

    Raises ValueError for what the document's schema does not allow.
    """
    _object(members)
    known = members_of(collection)
    moment = utc(now)
    times = {name: moment for name in ("createdAt", "updatedAt", "generatedAt") if name in known}
    null = {name: None for name, schema in known.items() if "null" in schema.get("type", ())}
    unset = {**null, **_UNSET[collection], **times}
    if collection != "research":
        unset["id"] = new_id
    if "createdAt" in members and "updatedAt" in known:
        unset["updatedAt"] = members["createdAt"]
    given = {**unset, **members}
    resource = {name: given[name] for name in (*known, *members) if name in given}
    return _checked(SCHEMAS[collection], _derived(resource, members, moment) if collection == "drafts" else resource)


def patched(collection: str, before: Resource, members: Members, now: int) -> Resource:
    """The resource with some members changed, updated now (milliseconds since 1970).

    Raises ValueError for another id or createdAt, and for what the document's schema does not allow.
    """
    _object(members)
    for fixed in (key_of(collection), "createdAt"):
        if fixed in members and members[fixed] != before.get(fixed):
            raise ValueError(f"{fixed} cannot be changed")
    resource = {**before, **members}
    if "updatedAt" in before:
        resource["updatedAt"] = utc(now)
    return _checked(SCHEMAS[collection], _derived(resource, members, utc(now)) if collection == "drafts" else resource)


def checked_organization(members: object, now: int) -> Resource:
    """The organization with the given members. Without an id it gets one made of its name; it is created now by default.

    `now` is in milliseconds since 1970. Raises ValueError for what the document's schema does not allow.
    """
    given = _object(members)
    made_up = identifier("org", stream("organization", str(given.get("name"))))
    return _checked("Organization", {"id": made_up, "createdAt": utc(now), **given})


def _derived(draft: Resource, members: Members, moment: str) -> Resource:
    """The draft with its derived members: the snippet follows from the body, sentAt and engagement from the status."""
    body, engagement = draft.get("body"), draft.get("engagement")
    if isinstance(body, str) and "snippet" not in members:
        draft["snippet"] = snippet_of(body)
    if draft.get("status") in SENT:
        draft["engagement"] = engagement or [{"type": "sent", "occurredAt": draft.get("sentAt") or moment}]
        draft["sentAt"] = draft.get("sentAt") or moment
    return draft


def _checked(schema: str, resource: Resource) -> Resource:
    """The resource as its JSON reads, with a createdAt in milliseconds. Raises ValueError, in one line."""
    try:
        plain: Resource = msgspec.json.decode(msgspec.json.encode(resource))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(f"this cannot be written as JSON ({error})") from error
    _validate(schema, plain)
    _check_names(schema, plain)
    if "createdAt" in plain:
        plain["createdAt"] = utc(_milliseconds(plain["createdAt"], "createdAt"))
    return plain


def _check_names(schema: str, resource: Resource) -> None:
    """Raise ValueError for an id that no path can hold, and an event type that no header of a delivery can."""
    for name in ("id", "contactId"):
        if name in resource:
            check_id(resource[name], name)
    if schema == "Event" and not _EVENT_TYPE.fullmatch(resource["eventType"]):
        raise ValueError("eventType: it must be of printable ASCII characters other than a space or a comma")


def check_id(resource_id: str, name: str = "id") -> None:
    """Raise ValueError for an id that would mean something else in a path. `name` is the member that holds it."""
    if not _ID.fullmatch(resource_id) or resource_id in (".", ".."):
        raise ValueError(
            f"{name}: it must not be empty or dots, nor have a slash, '?', '#', white space or control characters"
        )


def _object(members: object) -> Members:
    """The members, if they are those of an object. Raises ValueError."""
    if not isinstance(members, Mapping):
        raise ValueError("this must be an object")
    return members


def _milliseconds(timestamp: str, name: str) -> int:
    try:
        return milliseconds(timestamp)
    except ValueError as error:
        raise ValueError(f"{name} must be a time in UTC such as 2026-05-23T10:00:00.000Z") from error


def _validate(schema: str, resource: Resource) -> None:
    invalid = _validator(schema)(resource)
    if invalid is not None:
        where = ".".join(map(str, invalid.instance_path))
        reason = shorten(str(invalid.message), _REASON, placeholder=" …")
        raise ValueError(f"{where}: {reason}" if where else reason)


@cache
def _validator(schema: str) -> Callable[[Resource], ValidationError | None]:
    """A function that returns the first error of a resource by the document's schema, None if there is none. Compiled once."""
    # Imported late: a mock whose data is not changed does not need it.
    import jsonschema_rs

    document = {"$ref": f"#/components/schemas/{schema}", "components": contract().document["components"]}
    validator = jsonschema_rs.Draft202012Validator(document, validate_formats=True)
    return lambda resource: None if validator.is_valid(resource) else next(iter(validator.iter_errors(resource)))
