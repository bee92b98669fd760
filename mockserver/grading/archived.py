"""Reads the entries of an HTTP Archive that ask the API. Members have the types of HAR 1.2."""

from __future__ import annotations

import math
from base64 import b64decode
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeGuard

import msgspec

from mockserver.api.keys import PREFIX
from mockserver.api.paths import is_api
from mockserver.control.har import CREATOR
from mockserver.grading.addresses import Address, address_of
from mockserver.grading.records import PLAIN

MOST_BYTES = 500_000_000
LONGEST_TIME = 86_400_000.0
"""Milliseconds beyond which a time of an archive counts as this one, a day."""

_SWITCHING_PROTOCOLS = 101
_BY_THE_BROWSER = "non-authoritative-reason"
"""The header of redirects that Chrome makes by itself, such as those to https."""

_CONDITIONS = frozenset({"if-none-match", "if-modified-since"})
_NOT_FETCHED = ("Memory Cache", "Disk Cache", "Service Worker", "Inspector Override")
"""Safari's words for where an answer came from if not from the network."""


class NoArchive(Exception):
    """A file that is no HTTP Archive; the message says why, in one line."""


class Header(msgspec.Struct, frozen=True):
    """A header, or another pair of a name and a value."""

    name: str
    value: str = ""


class Body(msgspec.Struct, frozen=True):
    """A body; many tools leave it out."""

    text: str | None = None
    encoding: str | None = None


class Posted(msgspec.Struct, frozen=True):
    """The body of a request: as a text, or a form's fields."""

    text: str | None = None
    params: tuple[Header, ...] | None = None

    @property
    def body(self) -> str:
        """All of it that the archive has."""
        return "&".join((self.text or "", *(f"{field.name}={field.value}" for field in self.params or ())))


class ArchivedRequest(msgspec.Struct, frozen=True, rename="camel"):
    """The request of an entry. Some tools tell cookies and the query only apart from the headers and the URL."""

    method: str
    url: str
    headers: tuple[Header, ...]
    post_data: Posted | None = None
    cookies: tuple[Header, ...] | None = None
    query_string: tuple[Header, ...] | None = None


class ArchivedResponse(msgspec.Struct, frozen=True):
    """The answer of an entry. The last two members are Chrome's marks of an answer that a service worker gave."""

    status: int
    headers: tuple[Header, ...]
    content: Body | None = None
    via_worker: object = msgspec.field(name="_fetchedViaServiceWorker", default=None)
    worker_source: object = msgspec.field(name="_serviceWorkerResponseSource", default=None)

    @property
    def body(self) -> bytes:
        """The body, as far as the archive has it. Raises ValueError."""
        text = self.content.text or "" if self.content else ""
        if self.content and self.content.encoding == "base64":
            return b64decode(text)
        return text.encode("utf-8", "replace")


class Timings(msgspec.Struct, frozen=True):
    """The phases of an exchange, in milliseconds."""

    blocked: float | None = None
    dns: float | None = None
    connect: float | None = None
    send: float | None = None
    wait: float | None = None
    receive: float | None = None

    @property
    def total(self) -> float | None:
        """The sum of the phases that are told; None if it is not told how long the answer was waited for."""
        phases = (self.blocked, self.dns, self.connect, self.send, self.wait, self.receive)
        return sum(phase for phase in phases if _is_told(phase)) if _is_told(self.wait) else None


class _Asked(msgspec.Struct, frozen=True):
    url: str
    method: object = None
    headers: msgspec.Raw = msgspec.Raw(b"")


class _EntryRequest(msgspec.Struct, frozen=True):
    """The part of an entry that tells whether it asks the API. Other entries are not read any further."""

    request: _Asked


class ArchiveEntry(msgspec.Struct, frozen=True):
    """A request with its answer. Times are in milliseconds. `from_cache` is Chrome's mark, `fetched` Safari's."""

    started: str = msgspec.field(name="startedDateTime")
    request: ArchivedRequest
    response: ArchivedResponse
    time: float | None = None
    timings: Timings | None = None
    connection: object = None
    pageref: object = None
    cache: object = None
    from_cache: object = msgspec.field(name="_fromCache", default=None)
    fetched: object = msgspec.field(name="_fetchType", default=None)

    @property
    def address(self) -> Address:
        """What is asked. Raises ValueError."""
        found = address_of(self.request.url)
        if found is None:
            raise ValueError("its URL is no address")
        return found

    def began(self) -> float:
        """When the request was sent, in unix seconds. Raises ValueError."""
        return datetime.fromisoformat(self.started).timestamp()

    @property
    def took(self) -> float:
        """The seconds from the request to the end of its answer, a day at the most; infinite if they are not told."""
        total = self.time if _is_told(self.time) else self.timings.total if self.timings else None
        return math.inf if total is None else min(total, LONGEST_TIME) / 1_000

    @property
    def receiving(self) -> float:
        """The seconds for which the answer came in; 0 if they are not told."""
        receive = self.timings.receive if self.timings else None
        return min(receive, LONGEST_TIME) / 1_000 if _is_told(receive) else 0.0

    def was_sent(self) -> bool:
        """Whether the request went to the network. A browser also records what it takes from a cache, or answers by itself.

        If a service worker asks the network, that request is an entry of its own.
        """
        response = self.response
        by_worker = response.via_worker or response.worker_source
        by_browser = any(header.name.lower() == _BY_THE_BROWSER for header in response.headers)
        taken = self.from_cache or by_worker or by_browser or self.fetched in _NOT_FETCHED
        return not taken and not self._is_from_firefox_cache()

    def _is_from_firefox_cache(self) -> bool:
        """Whether Firefox tells of a cached answer. It also does so where the API confirmed that answer by a 304."""
        after = self.cache.get("afterRequest") if isinstance(self.cache, dict) else None
        return bool(after) and not any(header.name.lower() in _CONDITIONS for header in self.request.headers)


class _Log(msgspec.Struct, frozen=True):
    entries: list[msgspec.Raw]
    creator: object = None

    def is_of_a_grade(self) -> bool:
        """Whether a grade has written it: such an archive has a page for each run."""
        return isinstance(self.creator, dict) and self.creator.get("name") == CREATOR


class _Archive(msgspec.Struct, frozen=True):
    log: _Log


def _is_told(milliseconds: float | None) -> TypeGuard[float]:
    """Whether an archive tells a time. It has -1 or nothing for what its writer did not know."""
    return milliseconds is not None and milliseconds >= 0


def read(file: Path) -> list[ArchiveEntry]:
    """The entries that ask the API, or that carry a key, in their order. Raises OSError, ValueError and NoArchive."""
    if file.stat().st_size > MOST_BYTES:
        raise NoArchive(f"{file} has more than {MOST_BYTES // 1_000_000} MB")
    archive = msgspec.json.decode(file.read_bytes().removeprefix(BOM_UTF8), type=_Archive)
    entries = list(_entries(archive.log.entries))
    if archive.log.is_of_a_grade():  # only its plain run is a client's ordinary traffic
        entries = [entry for entry in entries if entry.pageref == PLAIN] or entries
    answered = (entry for entry in entries if entry.response.status != _SWITCHING_PROTOCOLS)
    return sorted(answered, key=ArchiveEntry.began)


def _entries(raws: Sequence[msgspec.Raw]) -> Iterator[ArchiveEntry]:
    """The entries to judge, in the file's order. Raises ValueError for one of the API that cannot be read."""
    for index, asks_the_api in _asking(raws):
        try:
            yield _entry(index, raws[index])
        except ValueError:
            if asks_the_api:
                raise


def _entry(index: int, raw: msgspec.Raw) -> ArchiveEntry:
    """An entry in full. Raises ValueError, with the entry's index, if a part of it cannot be read."""
    try:
        entry = msgspec.json.decode(raw, type=ArchiveEntry)
        _ = entry.began(), entry.response.body
    except (ValueError, OverflowError) as error:
        raise ValueError(f"log.entries[{index}]: {error}") from None
    return entry


def _asking(entries: Iterable[msgspec.Raw]) -> list[tuple[int, bool]]:
    """The indices of the entries that ask the API, or carry a key, in the file's order; and whether each asks the API.

    The API is where a documented operation is asked with a key. Where no key was recorded, it is where one is asked at all.
    """
    seen = [(index, *_seen(raw)) for index, raw in enumerate(entries)]
    found = [(address, has_key) for _, address, has_key in seen if address and address.is_documented]
    keyed = {address.base for address, has_key in found if has_key}
    bases = keyed or {address.base for address, _ in found}
    asking = [
        (index, has_key, address.base in bases and is_api(address.path)) for index, address, has_key in seen if address
    ]
    return [(index, asks_the_api) for index, has_key, asks_the_api in asking if has_key or asks_the_api]


def _seen(raw: msgspec.Raw) -> tuple[Address | None, bool]:
    """What an entry asks, None if it does not speak HTTP to a server; and whether one of its headers holds a key.

    What has no URL asks nothing. An archive may hold other entries of any form.
    """
    try:
        request = msgspec.json.decode(raw, type=_EntryRequest).request
    except ValueError:
        return None, False
    address = None if request.method == "CONNECT" else address_of(request.url)
    return address, PREFIX.encode() in bytes(request.headers)
