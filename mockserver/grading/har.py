"""Recorded traffic as a run: an HTTP Archive that a browser, a proxy or this mock has written."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote_plus, urlsplit

from mockserver.api.authentication import presented_secret
from mockserver.api.keys import PREFIX
from mockserver.grading.archived import ArchivedRequest, ArchiveEntry, Header, NoArchive, read
from mockserver.grading.facts import asked
from mockserver.grading.leaks import misplaced_keys
from mockserver.grading.recording import page_members
from mockserver.grading.records import PLAIN, Exchange, Run

LONGEST_SPAN = 100 * 365 * 86_400.0
"""Seconds from the first request to the last; reports write dates, and those end with the year 9999."""


def recorded_run(file: Path) -> Run:
    """The requests to the API in an archive, in their order. Raises NoArchive.

    An archive says nothing about the command. Keys are told apart by the part of their text that the archive shows.
    """
    try:
        entries = read(file)
        first = min((entry.began() for entry in entries), default=0.0)
        exchanges = [_exchange(number, entry, first) for number, entry in enumerate(_sent(entries), 1)]
        unsent = [_exchange(0, entry, first) for entry in entries if not entry.was_sent()]
    except OSError as error:
        raise NoArchive(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, OverflowError, RecursionError) as error:
        raise NoArchive(f"{file} is no HTTP Archive: {error}") from None
    if _seconds(exchanges) > LONGEST_SPAN:
        raise NoArchive(f"{file}: its requests lie more than a hundred years apart")
    return Run(
        PLAIN,
        tuple(exchanges),
        exit_code=None,
        ending="recorded",
        seconds=_seconds(exchanges),
        cursors=frozenset(exchange.next_cursor for exchange in unsent if exchange.next_cursor),
        unseen_from=min((exchange.began for exchange in unsent if _hides_a_page(exchange)), default=math.inf),
    )


def _sent(entries: Iterable[ArchiveEntry]) -> Iterable[ArchiveEntry]:
    return (entry for entry in entries if entry.was_sent())


def _hides_a_page(exchange: Exchange) -> bool:
    """Whether the client may have been given a page whose body the archive does not show."""
    return exchange.list_key is not None and exchange.items is None


def _exchange(number: int, entry: ArchiveEntry, first: float) -> Exchange:
    request, status = entry.request, entry.response.status or None
    address = entry.address
    began = entry.began() - first
    headers = _headers(request.headers)
    body = entry.response.body
    found = asked(address.path)
    # A browser records a page that it has already, and that the API has confirmed, with its body or without.
    is_page = found is not None and found.operation.is_list and status in (200, 304)
    items, following = page_members(body) if is_page else (None, None)
    return Exchange(
        number=number,
        method=request.method,
        origin=address.base,
        path=address.path,
        query_string=address.query,
        began=began,
        sent=began,
        answered=None if status is None else began + max(0.0, entry.took - entry.receiving),
        ended=began + entry.took,
        connection=_connection(entry),
        status=status,
        complete=status is not None,
        key=_bearer(headers),
        leaks=tuple(_leaks(request)),
        next_cursor=following,
        items=items,
        request_headers=headers,
        headers=_headers(entry.response.headers),
        body=body,
    )


def _seconds(exchanges: Iterable[Exchange]) -> float:
    return max((exchange.known_until for exchange in exchanges), default=0.0)


def _headers(headers: Iterable[Header]) -> tuple[tuple[str, str], ...]:
    return tuple((header.name, header.value) for header in headers)


def _connection(entry: ArchiveEntry) -> int:
    """The number of a connection. If the archive does not say it, all requests count as sent on one connection."""
    told = str(entry.connection or "")
    return int(told) if told.isascii() and told.isdigit() else 0


def _bearer(headers: Iterable[tuple[str, str]]) -> str | None:
    pairs = {(name.lower().encode(), value.strip().encode()) for name, value in headers}
    secret = presented_secret({"headers": pairs})
    return f"the key {secret.decode()[-4:]}" if secret else None


def _leaks(request: ArchivedRequest) -> Iterable[str]:
    """The places of a request beside a bearer token in which something stands that begins as a key does."""
    cookies = [("Cookie", f"{cookie.name}={cookie.value}") for cookie in request.cookies or ()]
    fields = [f"{quote_plus(field.name)}={quote_plus(field.value)}" for field in request.query_string or ()]
    parts = urlsplit(request.url)
    query = "&".join((parts.query, *fields))
    body = request.post_data.body.encode() if request.post_data else b""
    return dict.fromkeys(misplaced_keys((*_headers(request.headers), *cookies), parts.path, query, (PREFIX,), body))
