"""Trials with pages and resources that most clients do not expect."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING
from zlib import crc32

from mockserver.api.response import json_bytes
from mockserver.grading.facts import asked
from mockserver.grading.recording import with_query
from mockserver.grading.trials.stage import Stage, is_list, where
from mockserver.modifications.helpers.responses import collected, with_header
from spec import contract

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.api.pipeline import Layer
    from mockserver.tenants.resource_types import Resource

_SCHEMAS = {
    "listContacts": "Contact",
    "getContact": "Contact",
    "getContactResearch": "Research",
    "listLists": "ContactList",
    "getList": "ContactList",
    "listDrafts": "DraftSummary",
    "getDraft": "Draft",
    "listEvents": "Event",
}


def small_pages(_stage: Stage) -> Layer:
    """Every page after the first is short, and all but the last have a nextCursor. The second page of each list has one item."""
    second_pages: dict[bytes, bytes] = {}

    async def shortened(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        query: bytes = scope["query_string"]
        is_second = second_pages.setdefault(_list_asked(scope), query) == query
        if b"limit=" not in query:
            scope = {**scope, "query_string": query + b"&limit=%d" % contract().page_size.default}
        await app(with_query(scope, "limit", lambda limit: _shorter(limit, query, is_second)), receive, send)

    return where(lambda scope: is_list(scope) and b"cursor=" in scope["query_string"], shortened)


def sparse_data(_stage: Stage) -> Layer:
    """Every second resource has null wherever the schema allows it."""

    async def emptied(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await collected(app, scope, receive)
        found = asked(scope["path"])
        if answer.status == 200 and found and scope["method"] == "GET":
            nullable = _nullable(_SCHEMAS[found.operation.id])
            answer.body = json_bytes(_sparse(json.loads(answer.body), nullable))
            answer.headers = with_header(answer.headers, b"content-length", b"%d" % len(answer.body))
        await answer(scope, receive, send)

    return where(_has_resources, emptied)


def _has_resources(scope: Scope) -> bool:
    found = asked(scope["path"])
    return found is not None and found.operation.id in _SCHEMAS


def _list_asked(scope: Scope) -> bytes:
    """The list and its filters, as they stand in a request for one of its pages."""
    pairs: list[bytes] = scope["query_string"].split(b"&")
    filters = sorted(pair for pair in pairs if not pair.startswith((b"cursor=", b"limit=")))
    return b"&".join([scope["path"].encode(), *filters])


def _shorter(limit: str, query: bytes, is_second: bool) -> str:
    """Another limit: 1 for a second page, else 1, a third, a half, or one less; the same for the same request."""
    if not (limit.isascii() and limit.isdigit()):
        return limit
    whole = int(limit)
    if not 1 <= whole <= contract().page_size.maximum:
        return limit
    sizes = (1, whole // 3, whole // 2, whole // 2, whole - 1, whole - 1)
    return str(1 if is_second else max(1, sizes[crc32(query) % len(sizes)]))


def _sparse(value: Resource, nullable: frozenset[str]) -> Resource:
    if isinstance(value.get("data"), list):
        return {**value, "data": [_sparse(item, nullable) for item in value["data"]]}
    if crc32(str(value.get("id") or value.get("contactId")).encode()) % 2:
        return value
    return {name: None if name in nullable else member for name, member in value.items()}


@cache
def _nullable(schema: str) -> frozenset[str]:
    """The members of a schema that may be null."""
    found = contract().schema(schema)
    properties = dict(found.get("properties", {}))
    for part in found.get("allOf", ()):
        if "$ref" in part:
            properties |= contract().schema(part["$ref"].rpartition("/")[2]).get("properties", {})
        properties |= part.get("properties", {})
    return frozenset(name for name, member in properties.items() if "null" in member.get("type", ()))
