"""Usable answers: a check can start from one, whether or not it obeys its schema.

An answer is usable if it is a 200 with a JSON body: a page with an array of objects with ids, or a resource with its id. Only
OP-1 judges the rest of the schema, so that one small error does not block the judgement of other requirements.
Ids may be numbers here; they are converted to text, so that checks compare and send them in one form.
"""

from __future__ import annotations

from typing import Any

import spec
from conformance.target.exchange import Exchange

Resource = dict[str, Any]

# Members by which a dossier is recognized: it has no id of its own, and may lack one of them.
_DOSSIER = ("contactId", "summary", "sections", "generatedAt")
# Members that hold an id, or several.
_IDS = ("id", "contactId", "organizationId", "listIds")


def unusable(exchange: Exchange, reads: str | None = None) -> str | None:
    """Why no check can start from an answer to one of the nine operations, in one line; None if it is usable.

    If the request was not made as an operation, `reads` is the operation whose answer it may be.
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
        return _unusable_page(exchange.json)
    return _unusable_resource(operation, exchange.json)


def items(page: Exchange) -> list[Resource]:
    """The resources on a usable page, their ids as text."""
    listed = [_with_text_ids(resource) for resource in page.json["data"]]
    if page.request.operation == "listLists" and any(resource.get("archivedAt") for resource in listed):
        # A server may leave out members that are null.
        return [{"archivedAt": None, **resource} for resource in listed]
    return listed


def resource(exchange: Exchange) -> Resource:
    """The resource that a usable answer holds, its ids as text."""
    return _with_text_ids(exchange.json)


def member(exchange: Exchange, *names: str) -> Any:
    """A value within a JSON answer, found by a path of names; None if there is no such member."""
    value: Any = exchange.json
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def as_text(value: Any) -> str:
    """A text that requests can repeat; empty for anything else, half of a surrogate pair included (RFC 8259 8.2)."""
    if not isinstance(value, str):
        return ""
    try:
        value.encode()
    except UnicodeEncodeError:
        return ""
    return value


def as_id(value: Any) -> str | None:
    """An id as text; None for a value that cannot be an id."""
    if isinstance(value, str):
        return as_text(value) or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _refused_key(exchange: Exchange) -> str:
    credential = exchange.request.credential
    if credential is None or exchange.status not in (401, 429):
        return ""
    if exchange.status == 429:
        return f"; {credential.name} was answered 429 though its rate limit was kept (RATE-2 or RATE-7)"
    return f"; {credential.name} is not accepted, or no longer"


def _unusable_page(page: Resource) -> str | None:
    data, cursor = page.get("data"), page.get("nextCursor")
    if not isinstance(data, list):
        return "the page has no array `data`"
    if not all(isinstance(item, dict) and as_id(item.get("id")) for item in data):
        return "an item of the page is no object with an id"
    if isinstance(cursor, str) and cursor and not as_text(cursor):
        return "nextCursor has half of a surrogate pair, which no request can repeat (RFC 8259 8.2)"
    return None


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
