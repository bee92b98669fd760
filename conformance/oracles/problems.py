"""Whether two answers are the same for a client, apart from the id in the request (AUTH-6, TENANT-2, TENANT-3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

from conformance.target.exchange import Exchange

# `instance` names the occurrence, and an unknown member may be anything (RFC 9457 3.1.5, 3.2): neither is compared.
_COMPARED = ("type", "title", "status", "detail", "errors")
_PLACE = "{id}"
# Header fields that describe a resource (AUTH-6).
_DESCRIBING = ("etag", "last-modified", "content-location", "link", "cache-control")


def same_answer(a: Exchange, b: Exchange, ids: Iterable[str]) -> str | None:
    """The difference between two answers, in one line; None if they are the same for a client.

    Status and media type are compared; of a problem its known members; of a page its items and whether more follow.
    Occurrences of the ids, plain or percent-encoded, count as equal. Other bodies are not compared.
    """
    if a.status != b.status:
        return f"{a.status} and {b.status}"
    if a.media_type != b.media_type:
        return f"{a.media_type or 'no content type'} and {b.media_type or 'no content type'}"
    if not isinstance(a.json, dict) or not isinstance(b.json, dict):
        return (
            None if isinstance(a.json, dict) == isinstance(b.json, dict) else "one body is a JSON object, the other not"
        )
    pattern = _occurrences(ids)
    told = _told(a, pattern), _told(b, pattern)
    for member in told[0]:
        if told[0][member] != told[1][member]:
            return f"{member} is {_short(told[0][member])} and {_short(told[1][member])}"
    return None


def same_fields(a: Exchange, b: Exchange, ids: Iterable[str]) -> str | None:
    """The first difference in header fields that describe a resource, in one line; None if there is none."""
    pattern = _occurrences(ids)
    for name in _DESCRIBING:
        told = [_without(exchange.headers.get(name), pattern) for exchange in (a, b)]
        # Some frameworks compute a validator for every body, and `instance` makes the bodies of two refusals differ.
        of_bodies = name == "etag" and all(told) and (a.body != b.body or not a.body)
        if told[0] != told[1] and not of_bodies:
            return f"{name.title()} is {_short(told[0])} and {_short(told[1])}"
    return None


def _told(exchange: Exchange, ids: re.Pattern[str] | None) -> dict[str, Any]:
    body: dict[str, Any] = exchange.json
    if exchange.status >= 400:
        return {name: _without(body.get(name), ids) for name in _COMPARED}
    # The text of a cursor may differ each time; only whether there is one is compared.
    return {"data": _without(body.get("data"), ids), "nextCursor": bool(body.get("nextCursor"))}


def _without(value: Any, ids: re.Pattern[str] | None) -> Any:
    if ids is None:
        return value
    if isinstance(value, str):
        return ids.sub(_PLACE, value)
    if isinstance(value, list):
        return [_without(inner, ids) for inner in value]
    if isinstance(value, dict):
        return {name: _without(inner, ids) for name, inner in value.items()}
    return value


def _occurrences(ids: Iterable[str]) -> re.Pattern[str] | None:
    spellings = {spelling for id_ in ids if id_ for spelling in (id_, quote(id_, safe=""), quote_plus(id_))}
    longest_first = sorted(spellings, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if spellings else None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
