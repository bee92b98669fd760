"""The request log as an HTTP Archive 1.2, which browsers and other tools open. Keys in it are shortened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from importlib import metadata
from urllib.parse import unquote_plus

from mockserver.control.redaction import redacted, redacted_headers, redacted_query
from mockserver.control.times import shown_time
from mockserver.worlds.request_log import Entry

CREATOR = "outbound-mock"
"""The name of the program that writes this kit's archives."""

Json = Mapping[str, object]
Fields = Sequence[tuple[str, str]]
"""Header fields, with the secrets in them shortened."""

_UNKNOWN = -1
"""HAR's number for "unknown"."""


def archive(entries: Iterable[Entry], base_url: str) -> Json:
    """The archive of entries, oldest first, with this address of the mock."""
    return har([_entry(entry, base_url) for entry in entries])


def har(entries: Sequence[Json], **more: object) -> Json:
    """An archive of entries in HAR's form; `more` are further members of its log."""
    creator = {"name": CREATOR, "version": metadata.version("outbound-conformance")}
    return {"log": {"version": "1.2", "creator": creator, **more, "entries": entries}}


def har_request(method: str, url: str, query: str, headers: Fields) -> Json:
    """A request in HAR's form. The secrets in its parts are shortened already."""
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return {
        "method": method,
        "url": f"{url}{'?' * bool(query)}{query}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [{"name": name, "value": value} for name, value in headers],
        "queryString": [{"name": unquote_plus(name), "value": unquote_plus(value)} for name, _, value in pairs],
        "headersSize": _UNKNOWN,
        "bodySize": _UNKNOWN,
    }


def har_response(status: int | None, headers: Fields, size: int, body: bytes) -> Json:
    """An answer in HAR's form, with the secrets in its body shortened; `size` is the length of its whole body."""
    by_name = {name.lower(): value for name, value in headers}
    text = {"text": redacted(body.decode("utf-8", "replace"))} if body else {}
    return {
        "status": status or 0,
        "statusText": _phrase(status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [{"name": name, "value": value} for name, value in headers],
        "content": {"size": size, "mimeType": by_name.get("content-type", ""), **text},
        "redirectURL": by_name.get("location", ""),
        "headersSize": _UNKNOWN,
        "bodySize": size,
    }


def _entry(entry: Entry, base_url: str) -> Json:
    took = round(max(0.0, entry.seconds) * 1000, 3)
    path, query = redacted(entry.path.decode("latin-1")), redacted_query(entry.query.decode("latin-1"))
    return {
        "startedDateTime": shown_time(entry.at),
        "time": took,
        "request": har_request(entry.method, base_url + path, query, redacted_headers(entry.request_headers)),
        "response": har_response(entry.status, redacted_headers(entry.headers), entry.size, entry.body or b""),
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
        "_number": entry.number,
    }


def _phrase(status: int | None) -> str:
    """The reason phrase of a status; empty if it has none."""
    try:
        return HTTPStatus(status or 0).phrase
    except ValueError:
        return ""
