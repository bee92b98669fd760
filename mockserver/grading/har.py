"""Recorded traffic as a run: an HTTP Archive that a browser, a proxy or this mock has written."""

from __future__ import annotations

import base64
import re
from codecs import BOM_UTF8
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from mockserver.api.keys import PREFIX
from mockserver.grading.facts import asked
from mockserver.grading.recording import page_members
from mockserver.grading.records import PLAIN, Exchange, Run

MOST_BYTES = 500_000_000

_KEY = re.compile(rf"{PREFIX}[A-Za-z0-9._~+/%…-]+")


class NoArchive(Exception):
    """A file that is no HTTP Archive; the message says why, in one line."""


class _Header(msgspec.Struct, frozen=True):
    name: str
    value: str = ""


class _Body(msgspec.Struct, frozen=True):
    text: str | None = None
    encoding: str | None = None


class _Asked(msgspec.Struct, frozen=True):
    url: str
    headers: tuple[_Header, ...]


class _Request(_Asked, frozen=True, kw_only=True, rename="camel"):
    method: str
    post_data: _Body | None = None


class _Response(msgspec.Struct, frozen=True):
    status: int
    headers: tuple[_Header, ...]
    content: _Body | None = None


class _Timings(msgspec.Struct, frozen=True):
    receive: float | None = None


class _EntryRequest(msgspec.Struct, frozen=True):
    """The part of an entry that tells whether it asks the API. Other entries are not read any further."""

    request: _Asked

    def is_of_api(self) -> bool:
        """Whether the request asks the API, or carries a key."""
        path = urlsplit(self.request.url).path
        return path.startswith("/api/") or any(PREFIX in header.value for header in self.request.headers)


class _Entry(msgspec.Struct, frozen=True):
    """A request with its answer. Times are in milliseconds."""

    started: str = msgspec.field(name="startedDateTime")
    request: _Request
    response: _Response
    time: float | None = None
    timings: _Timings | None = None
    connection: object = None
    pageref: str | None = None

    def began(self) -> float:
        """When the request was sent, in unix seconds. Raises ValueError."""
        return datetime.fromisoformat(self.started).timestamp()


class _Log(msgspec.Struct, frozen=True):
    entries: list[msgspec.Raw]


class _Archive(msgspec.Struct, frozen=True):
    log: _Log


def recorded_run(file: Path) -> Run:
    """The requests to the API in an archive, in their order. Raises NoArchive.

    An archive says nothing about the command. Keys are told apart by the part of their text that the archive shows.
    """
    try:
        entries = _entries(file)
        first = min((entry.began() for entry in entries), default=0.0)
        exchanges = [_exchange(number, entry, first) for number, entry in enumerate(entries, 1)]
    except OSError as error:
        raise NoArchive(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, OverflowError, RecursionError) as error:
        raise NoArchive(f"{file} is no HTTP Archive: {error}") from None
    return Run(PLAIN, tuple(exchanges), exit_code=None, ending="recorded", seconds=_seconds(exchanges))


def _entries(file: Path) -> list[_Entry]:
    """The entries that ask the API, or that carry a key, in their order. Raises OSError, ValueError and NoArchive."""
    if file.stat().st_size > MOST_BYTES:
        raise NoArchive(f"{file} has more than {MOST_BYTES // 1_000_000} MB")
    archive = msgspec.json.decode(file.read_bytes().removeprefix(BOM_UTF8), type=_Archive)
    asking = [raw for raw in archive.log.entries if msgspec.json.decode(raw, type=_EntryRequest).is_of_api()]
    entries = [msgspec.json.decode(raw, type=_Entry) for raw in asking]
    # An archive of a grade has a page for each run. Only the plain one is a client's ordinary traffic.
    plain = [entry for entry in entries if entry.pageref == PLAIN]
    return sorted(plain or entries, key=_Entry.began)


def _exchange(number: int, entry: _Entry, first: float) -> Exchange:
    request, status = entry.request, entry.response.status or None
    parts = urlsplit(request.url)
    began = entry.began() - first
    took = _seconds_of(entry.time)
    receive = _seconds_of(entry.timings.receive if entry.timings else None)
    headers = _headers(request.headers)
    body = _bytes(entry.response.content)
    found = asked(parts.path)
    is_page = found is not None and found.operation.is_list and status == 200
    items, following = page_members(body) if is_page else (None, None)
    return Exchange(
        number=number,
        method=request.method,
        path=parts.path,
        query_string=parts.query,
        began=began,
        sent=began,
        answered=None if status is None else began + max(0.0, took - receive),
        ended=began + took,
        connection=_connection(entry),
        status=status,
        complete=status is not None,
        key=_bearer(headers),
        leaks=tuple(_leaks(headers, parts.path, parts.query, _posted(request))),
        next_cursor=following,
        items=items,
        request_headers=headers,
        headers=_headers(entry.response.headers),
        body=body,
    )


def _seconds(exchanges: Iterable[Exchange]) -> float:
    return max((exchange.ended for exchange in exchanges), default=0.0)


def _seconds_of(milliseconds: float | None) -> float:
    return max(0.0, milliseconds or 0.0) / 1_000


def _headers(headers: Iterable[_Header]) -> tuple[tuple[str, str], ...]:
    return tuple((header.name, header.value) for header in headers)


def _bytes(content: _Body | None) -> bytes:
    text = content.text or "" if content else ""
    if content and content.encoding == "base64":
        return base64.b64decode(text)
    return text.encode("utf-8", "replace")


def _connection(entry: _Entry) -> int:
    """The number of a connection. If the archive does not say it, all requests count as sent on one connection."""
    told = str(entry.connection or "")
    return int(told) if told.isascii() and told.isdigit() else 0


def _bearer(headers: Iterable[tuple[str, str]]) -> str | None:
    for name, value in headers:
        scheme, _, secret = value.strip().partition(" ")
        if name.lower() == "authorization" and scheme.lower() == "bearer" and secret:
            return f"the key {secret[-4:]}"
    return None


def _posted(request: _Request) -> str:
    """The body of a request, as far as the archive has it."""
    return request.post_data.text or "" if request.post_data else ""


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
