"""Facts about a logged request: why its key was refused, where it held keys, and which parameters were ignored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from mockserver.api.authentication import presented_secret
from mockserver.api.keys import PREFIX
from spec import contract
from spec import operation_of as operation_asked

if TYPE_CHECKING:
    from mockserver.api.keys import KeyRing
    from mockserver.worlds.request_log import Entry


def operation_of(entry: Entry) -> str | None:
    """The id of the operation that was asked for, None for another path."""
    return operation_asked(entry.path.decode("latin-1"))


def header(pairs: Sequence[tuple[bytes, bytes]], name: bytes) -> str | None:
    """The value of a header, None without it."""
    return next((value.decode("latin-1") for found, value in pairs if found.lower() == name), None)


def why_unauthorized(entry: Entry, keys: KeyRing) -> str | None:
    """Why a request was answered 401: missing, malformed, unknown, revoked or expired. None for other answers.

    The client's answer does not say which it is. None also if the key was valid: then a modification refused it.
    """
    if entry.status != 401:
        return None
    secret = presented_secret({"headers": entry.request_headers})
    if not secret:
        return "missing" if secret is None else "malformed"
    key = keys.find(secret)
    if key is None:
        return "unknown"
    if key.revoked_at is not None and entry.at >= key.revoked_at:
        return "revoked"
    return "expired" if key.expires_at is not None and entry.at >= key.expires_at else None


def places_of_keys(entry: Entry) -> Sequence[str]:
    """Where the request held an API key: `path`, `query`, or the names of headers."""
    headers = [(name.decode("latin-1").lower(), value) for name, value in entry.request_headers]
    places = [("path", entry.path), ("query", entry.query), *headers]
    return list(dict.fromkeys(name for name, text in places if PREFIX in unquote(text.decode("latin-1"))))


def ignored_parameters(entry: Entry) -> Sequence[str]:
    """The query parameters that the operation does not know, and therefore ignores."""
    known = _parameters(entry)
    return (
        []
        if known is None
        else [name for name in dict.fromkeys(name for name, _ in _query(entry)) if name not in known]
    )


def unknown_values(entry: Entry) -> Sequence[str]:
    """The filters with a value that the documentation does not know, as `name=value`."""
    known = _parameters(entry) or {}
    return [
        f"{name}={value}"
        for name, given in _query(entry)
        if name in known
        for value in (given.split(",") if name == "eventType" else [given])
        if known[name] and value not in known[name]
    ]


def _parameters(entry: Entry) -> Mapping[str, Sequence[str]] | None:
    """The documented query parameters with their known values, None for a path without operation."""
    operation_id = operation_of(entry)
    if operation_id is None:
        return None
    parameters = contract().operations[operation_id].parameters
    return {
        each.name: each.schema.get("x-known-values") or each.schema.get("enum") or ()
        for each in parameters
        if each.location == "query"
    }


def _query(entry: Entry) -> Sequence[tuple[str, str]]:
    return parse_qsl(entry.query.decode("latin-1"), keep_blank_values=True)
