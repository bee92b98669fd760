"""Pages of another form than `{data, nextCursor}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from mockserver.api.pipeline import Parts
from mockserver.api.response import json_bytes

Filters = Mapping[str, str]


@dataclass(frozen=True)
class LastCursorEmpty:
    """The last page's cursor is an empty string."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-8",)

    def install(self, parts: Parts) -> None:
        healthy = parts.envelope
        parts.envelope = lambda items, cursor: healthy(items, cursor or "")


@dataclass(frozen=True)
class BareArray:
    """A list is an array, its cursor nowhere."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-1", "OP-1")

    def install(self, parts: Parts) -> None:
        parts.envelope = lambda items, _cursor: b"[%b]" % b",".join(items)


@dataclass(frozen=True)
class DataNamedItems:
    """The items are called `items`."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-1", "OP-1")

    def install(self, parts: Parts) -> None:
        parts.envelope = lambda items, cursor: (
            b'{"items":[%b],"nextCursor":%b}' % (b",".join(items), json_bytes(cursor))
        )


@dataclass(frozen=True)
class CursorNamedOtherwise:
    """The cursor is called `next_cursor`: to a client that reads the documentation every page is the last."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-6",)

    def install(self, parts: Parts) -> None:
        parts.envelope = lambda items, cursor: (
            b'{"data":[%b],"next_cursor":%b}' % (b",".join(items), json_bytes(cursor))
        )


@dataclass(frozen=True)
class CursorIsAnObject:
    """The cursor comes decoded, as an object."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-1", "OP-1")

    def install(self, parts: Parts) -> None:
        healthy = parts.envelope

        def envelope(items: Sequence[bytes], cursor: str | None) -> bytes:
            after = {"after": cursor} if cursor else None
            return healthy(items, None)[: -len(b"null}")] + json_bytes(after) + b"}"

        parts.envelope = envelope
