"""What a check can start from: an answer that is usable, whether or not it obeys its schema.

Usable is a 200 whose body is JSON: a page is an array of objects with ids, a resource an object with its id. Whether the
rest obeys the schema is OP-1's affair alone, so that one slip does not keep other requirements from being judged.
Ids may be numbers here; they are read as text, so that checks compare and send them in one form.
"""

from __future__ import annotations

from typing import Any

import spec
from conformance.target.exchange import Exchange

Resource = dict[str, Any]

# What tells a dossier from any other object: it has no id of its own, and may lack one member or the other.
_DOSSIER = ("contactId", "summary", "sections", "generatedAt")
# Members that hold an id, or several.
_IDS = ("id", "contactId", "organizationId", "listIds")


def unusable(exchange: Exchange, reads: str | None = None) -> str | None:
    """Why no check can start from an answer to one of the nine operations, in one line; None if it is usable.

    `reads` is the operation whose answer it may be, where the request was not made as one.
    """
    if exchange.status != 200:
        return f"expected 200{_refused_key(exchange)}"
    if exchange.json is None:
        return "the body is no JSON document"
    operation = reads or exchange.request.operation
    if operation is None:
        return "the path is none of the nine operations"
    if not isinstance(exchange.json, dict):
        return "the body is no JSON object"
    if operation in spec.LIST_OPERATIONS:
        return _unusable_page(exchange.json.get("data"))
    return _unusable_resource(operation, exchange.json)


def items(page: Exchange) -> list[Resource]:
    """The resources on a usable page, their ids as text."""
    listed = [_with_text_ids(resource) for resource in page.json["data"]]
    if page.request.operation == "listLists" and any(resource.get("archivedAt") for resource in listed):
        # A server may leave out what is null.
        return [{"archivedAt": None, **resource} for resource in listed]
    return listed


def resource(exchange: Exchange) -> Resource:
    """The resource that a usable answer holds, its ids as text."""
    return _with_text_ids(exchange.json)


def member(exchange: Exchange, *names: str) -> Any:
    """A value within a JSON answer, found by the names that lead to it; None if there is no such member."""
    value: Any = exchange.json
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def as_id(value: Any) -> str | None:
    """An id as text; None for a value that can be no id."""
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _refused_key(exchange: Exchange) -> str:
    credential = exchange.request.credential
    if credential is None or exchange.status not in (401, 429):
        return ""
    key = f"{credential.label} ({credential.shown})"
    if exchange.status == 429:
        return f"; {key} was refused for pace though its pace was kept (RATE-2 or RATE-7)"
    return f"; {key} does not count, or no longer"


def _unusable_page(data: Any) -> str | None:
    if not isinstance(data, list):
        return "the page has no array `data`"
    if all(isinstance(item, dict) and as_id(item.get("id")) for item in data):
        return None
    return "an item of the page is no object with an id"


def _unusable_resource(operation: str, body: Resource) -> str | None:
    if operation == "getMe":
        named = [body.get(part) for part in ("organization", "apiKey")]
        usable = any(isinstance(part, dict) and as_id(part.get("id")) for part in named)
        return None if usable else "it names neither an organization nor an API key by its id"
    if operation == "getContactResearch":
        return None if any(body.get(name) for name in _DOSSIER) else "it is no dossier"
    return None if as_id(body.get("id")) else "the resource has no id"


def _with_text_ids(found: Resource) -> Resource:
    return {**found, **{name: _id_text(found[name]) for name in _IDS if name in found}}


def _id_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_id_text(inner) for inner in value]
    return value if (text := as_id(value)) is None else text
