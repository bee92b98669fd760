"""Recorded traffic as a run: an HTTP Archive that a browser, a proxy or this mock has written."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mockserver.api.keys import PREFIX
from mockserver.grading.facts import asked
from mockserver.grading.recording import page_members
from mockserver.grading.records import PLAIN, Exchange, Run

MOST_BYTES = 500_000_000

_KEY = re.compile(rf"{PREFIX}[A-Za-z0-9._~+/%…-]+")


class NoArchive(Exception):
    """A file that is no HTTP Archive; the message says why, in one line."""


def recorded_run(file: Path) -> Run:
    """The requests to the API in an archive, in their order. Raises NoArchive.

    Nothing is known of the command; which key is meant is told by its text, however much of it the archive shows.
    """
    entries = _entries(file)
    began = min((_moment(entry) for entry in entries), default=0.0)
    exchanges = [_exchange(number, entry, began) for number, entry in enumerate(entries, 1)]
    return Run(PLAIN, tuple(exchanges), exit_code=None, ending="recorded", seconds=_seconds(exchanges))


def _entries(file: Path) -> list[Mapping[str, Any]]:
    """The entries that ask the API, or that carry a key."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise NoArchive(f"{file} has more than {MOST_BYTES // 1_000_000} MB")
        document = json.loads(file.read_text("utf-8-sig"))
        entries = [entry for entry in document["log"]["entries"] if _is_ours(entry)]
        # An archive of a grade has a page for each run. Only the plain one is a client's ordinary traffic.
        plain = [entry for entry in entries if entry.get("pageref") == PLAIN]
        return sorted(plain or entries, key=_moment)
    except OSError as error:
        raise NoArchive(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else str(error) or type(error).__name__
        raise NoArchive(f"{file} is no HTTP Archive: {reason}") from None


def _is_ours(entry: Mapping[str, Any]) -> bool:
    path = urlsplit(entry["request"]["url"]).path
    return path.startswith("/api/") or any(
        PREFIX in header["value"] for header in entry["request"]["headers"] if "value" in header
    )


def _exchange(number: int, entry: Mapping[str, Any], first: float) -> Exchange:
    request, response = entry["request"], entry["response"]
    parts = urlsplit(request["url"])
    began = _moment(entry) - first
    took = max(0.0, float(entry.get("time") or 0)) / 1_000
    receive = max(0.0, float((entry.get("timings") or {}).get("receive") or 0)) / 1_000
    headers = _headers(request["headers"])
    status = int(response["status"]) or None
    body = _body(response)
    found = asked(parts.path)
    is_page = found is not None and found.operation.is_list and status == 200
    items, following = page_members(body) if is_page else (None, None)
    key = _bearer(headers)
    return Exchange(
        number=number,
        method=str(request["method"]),
        path=parts.path,
        query_string=parts.query,
        began=began,
        sent=began,
        answered=None if status is None else began + max(0.0, took - receive),
        ended=began + took,
        connection=_connection(entry),
        status=status,
        complete=status is not None,
        key=key,
        leaks=tuple(_leaks(headers, parts.path, parts.query, _posted(request))),
        next_cursor=following,
        items=items,
        request_headers=headers,
        headers=_headers(response["headers"]),
        body=body,
    )


def _moment(entry: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(entry["startedDateTime"]).timestamp()


def _seconds(exchanges: Iterable[Exchange]) -> float:
    return max((exchange.ended for exchange in exchanges), default=0.0)


def _headers(headers: Iterable[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(header["name"]), str(header["value"])) for header in headers)


def _body(response: Mapping[str, Any]) -> bytes:
    content = response.get("content") or {}
    text = content.get("text") or ""
    if content.get("encoding") == "base64":
        return base64.b64decode(text)
    return str(text).encode("utf-8", "replace")


def _connection(entry: Mapping[str, Any]) -> int:
    """The number of a connection. All are taken for one if the archive does not tell."""
    told = str(entry.get("connection") or "")
    return int(told) if told.isascii() and told.isdigit() else 0


def _bearer(headers: Iterable[tuple[str, str]]) -> str | None:
    for name, value in headers:
        scheme, _, secret = value.strip().partition(" ")
        if name.lower() == "authorization" and scheme.lower() == "bearer" and secret:
            return f"the key {secret[-4:]}"
    return None


def _posted(request: Mapping[str, Any]) -> str:
    """The body of a request, as far as the archive has it."""
    return str((request.get("postData") or {}).get("text") or "")


def _leaks(headers: Iterable[tuple[str, str]], path: str, query: str, body: str) -> Iterable[str]:
    for name, value in headers:
        bearer = name.lower() == "authorization" and value.strip().lower().startswith("bearer ")
        if not bearer and _KEY.search(value):
            yield f"the header `{name}`"
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if _KEY.search(value):
            yield f"the query parameter `{name}`"
    if _KEY.search(path):
        yield "the path"
    if _KEY.search(body):
        yield "the body"
