"""The request log as an HTTP Archive 1.2, which browsers and other tools open. Keys in it are shortened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from importlib import metadata
from urllib.parse import unquote_plus

from mockserver.control.redaction import redacted, redacted_headers, redacted_query
from mockserver.control.times import shown_time
from mockserver.worlds.request_log import Entry

CREATOR = "outbound-mock"
"""The name of the program that writes this kit's archives."""

_UNKNOWN = -1
"""HAR's number for "unknown"."""


def archive(entries: Iterable[Entry], base_url: str) -> Mapping[str, object]:
    """The archive of entries, oldest first, with this address of the mock."""
    creator = {"name": CREATOR, "version": metadata.version("outbound-conformance")}
    return {
        "log": {"version": "1.2", "creator": creator, "entries": [_entry(entry, base_url) for entry in entries]},
    }


def _entry(entry: Entry, base_url: str) -> Mapping[str, object]:
    took = round(max(0.0, entry.seconds) * 1000, 3)
    return {
        "startedDateTime": shown_time(entry.at),
        "time": took,
        "request": _request(entry, base_url),
        "response": _response(entry),
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
        "_number": entry.number,
    }


def _request(entry: Entry, base_url: str) -> Mapping[str, object]:
    query = redacted_query(entry.query.decode("latin-1"))
    path = redacted(entry.path.decode("latin-1"))
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return {
        "method": entry.method,
        "url": f"{base_url}{path}{'?' * bool(query)}{query}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(redacted_headers(entry.request_headers)),
        "queryString": [{"name": unquote_plus(name), "value": unquote_plus(value)} for name, _, value in pairs],
        "headersSize": _UNKNOWN,
        "bodySize": _UNKNOWN,
    }


def _response(entry: Entry) -> Mapping[str, object]:
    headers = redacted_headers(entry.headers)
    by_name = {name.lower(): value for name, value in headers}
    content: dict[str, object] = {"size": entry.size, "mimeType": by_name.get("content-type", "")}
    if entry.body:
        content["text"] = redacted(entry.body.decode("utf-8", "replace"))
    return {
        "status": entry.status or 0,
        "statusText": phrase(entry.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(headers),
        "content": content,
        "redirectURL": by_name.get("location", ""),
        "headersSize": _UNKNOWN,
        "bodySize": entry.size,
    }


def _headers(headers: Iterable[tuple[str, str]]) -> list[Mapping[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def phrase(status: int | None) -> str:
    """The reason phrase of a status; empty if it has none."""
    try:
        return HTTPStatus(status or 0).phrase
    except ValueError:
        return ""
