"""Reads an HTTP Archive from a file within bounds, because it may be hostile. Members have the types of HAR 1.2."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

MOST_BYTES = 200 * 1024 * 1024
MOST_ENTRIES = 100_000
# A decoded value takes up to fifty times its bytes in the file. Archives of traffic have at most one value in thirty bytes.
MOST_VALUES = 10_000_000
_LONGEST_TIME = 86_400_000.0
Kind = TypeVar("Kind", bound=msgspec.Struct)


class ArchiveError(Exception):
    """A file that is no HTTP Archive, or goes beyond the bounds; the message is one line."""


class Pair(msgspec.Struct, frozen=True):
    """A header: its name and value."""

    name: str
    value: str


class Content(msgspec.Struct, frozen=True):
    """An answer's body. `size` is its decompressed size in bytes; some tools leave out `text`, or cut it."""

    text: str | None = None
    encoding: str | None = None
    size: float | None = None
    mime_type: str | None = msgspec.field(name="mimeType", default=None)


class ArchivedRequest(msgspec.Struct, frozen=True):
    """The request of an entry."""

    method: str
    url: str
    headers: tuple[Pair, ...] = ()


class ArchivedResponse(msgspec.Struct, frozen=True):
    """The answer of an entry. `status` is 0 or -1 if none came; `worker` is where Chrome's service worker got the answer."""

    status: int
    headers: tuple[Pair, ...] = ()
    content: Content = Content()
    worker: Any = msgspec.field(name="_serviceWorkerResponseSource", default=None)

    def header(self, name: str) -> str | None:
        """The first header of a name, compared without regard to case; None if there is none."""
        return next((pair.value for pair in self.headers if pair.name.lower() == name.lower()), None)


class ArchiveEntry(msgspec.Struct, frozen=True):
    """A request with its answer. `time` is in milliseconds.

    `cached` marks an answer that Chrome took from a cache; `fetch_type` is where Safari got the answer, in words.
    """

    started: str = msgspec.field(name="startedDateTime")
    request: ArchivedRequest
    response: ArchivedResponse
    time: float | None = None
    cached: Any = msgspec.field(name="_fromCache", default=None)
    fetch_type: Any = msgspec.field(name="_fetchType", default=None)
    cache: Any = None

    @property
    def began(self) -> float:
        """When the request was sent, in unix seconds. Raises ValueError and OverflowError."""
        moment = datetime.fromisoformat(self.started)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

    @property
    def took(self) -> float:
        """The seconds from sending to the last byte of the answer; 0 if the entry has no time."""
        return min(max(0.0, self.time or 0.0), _LONGEST_TIME) / 1000

    @property
    def from_cache(self) -> bool:
        """Whether the answer came from a browser's cache, as Chrome, Safari and Firefox mark it.

        Firefox tells only the cache's state after such a request; HAR 1.2 has null for a state before that was empty.
        """
        if self.cached or self.fetch_type in ("Disk Cache", "Memory Cache"):
            return True
        states = self.cache if isinstance(self.cache, dict) else {}
        return bool(states.get("afterRequest")) and "beforeRequest" not in states

    @property
    def made_by_browser(self) -> bool:
        """Whether Safari says that the browser, or a service worker in it, made the answer."""
        return self.fetch_type in ("Service Worker", "Inspector Override")


class _Asked(msgspec.Struct):
    url: str


class _Located(msgspec.Struct):
    request: _Asked


@dataclass(frozen=True)
class Archive:
    """A file's entries, in its order: their URLs, and the entries as they stand in the file."""

    file: Path
    urls: Sequence[str]
    members: Sequence[Any]

    def entry(self, index: int) -> ArchiveEntry:
        """An entry with all its members. Raises ArchiveError: some tools write odd entries for what is not of the API."""
        try:
            typed = _typed(self.members[index], index, ArchiveEntry)
            _ = typed.began  # raises ValueError for an unreadable time
        except ArchiveError as error:
            raise ArchiveError(f"{self.file}: {error}") from None
        except (ValueError, OverflowError):
            where = f"log.entries[{index}]: startedDateTime is no time"
            raise ArchiveError(f"{self.file}: no HTTP Archive: {where}") from None
        return typed


def read(file: Path) -> Archive:
    """Read an archive. Raises ArchiveError."""
    try:
        members = _members(_document(file))
        urls = tuple(_typed(member, index, _Located).request.url for index, member in enumerate(members))
        return Archive(file, urls, members)
    except OSError as error:
        raise ArchiveError(f"{file}: {error.strerror}") from None
    except ArchiveError as error:
        raise ArchiveError(f"{file}: {error}") from None


def _document(file: Path) -> Any:
    with file.open("rb") as opened:
        data = opened.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ArchiveError(
            f"more than {MOST_BYTES // 1024 // 1024} MiB; record less, or leave out what is not the API's"
        )
    if sum(data.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise ArchiveError(f"more than {MOST_VALUES:,} values; record less, or leave out what is not the API's")
    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=_refuse)
    except RecursionError:
        raise ArchiveError("no HTTP Archive: its JSON is nested too deep") from None
    except UnicodeDecodeError:
        raise ArchiveError("no HTTP Archive: it is not UTF-8") from None
    except ValueError as error:
        raise ArchiveError(f"no HTTP Archive: it is not JSON: {error}") from None


def _members(document: Any) -> list[Any]:
    log = document.get("log") if isinstance(document, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise ArchiveError("no HTTP Archive: it has no array log.entries")
    if len(entries) > MOST_ENTRIES:
        raise ArchiveError(f"{len(entries):,} entries, more than {MOST_ENTRIES:,}")
    return entries


def _typed(member: Any, index: int, kind: type[Kind]) -> Kind:
    try:
        return msgspec.convert(member, kind)
    except msgspec.ValidationError as error:
        raise ArchiveError(f"no HTTP Archive: log.entries[{index}]: {error}") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")
