"""Cursors that skip, repeat, crash, or can be used but once."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from mockserver.api.authentication import Caller
from mockserver.api.pipeline import Parts
from mockserver.modifications.helpers.pages import change_question, matching, position_of
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position

Filters = Mapping[str, str]


def change_position(parts: Parts, change: Callable[[Position], Position]) -> None:
    """Have a page begin after another position than the one that its cursor names."""
    change_question(parts, lambda asked: asked._replace(after=asked.after and change(asked.after)))


@dataclass(frozen=True)
class CursorSkipsTies:
    """The cursor is a time alone, and a page goes on with what is older: items of the same moment are lost."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-6", "PAGE-7", "PAGE-10")

    def install(self, parts: Parts) -> None:
        change_position(parts, lambda after: Position(after.created_at_ms, ""))


@dataclass(frozen=True)
class CursorRepeatsTies:
    """The cursor is a time alone, and a page goes on with what is as old: items of the same moment come again."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-6", "PAGE-7", "PAGE-10")

    def install(self, parts: Parts) -> None:
        change_position(parts, lambda after: Position(after.created_at_ms, "\U0010ffff"))


@dataclass(frozen=True)
class LastItemComesAgain:
    """A page begins with the last item of the one before: `<=` where `<` was meant."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-6", "PAGE-7", "PAGE-10")

    def install(self, parts: Parts) -> None:
        change_position(parts, lambda after: Position(after.created_at_ms, after.id + "\0"))


@dataclass(frozen=True)
class BorderItemLost:
    """The item fetched to see whether there is more becomes the cursor, and is on neither page."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-6", "PAGE-7", "PAGE-10")

    def install(self, parts: Parts) -> None:
        healthy = parts.page

        def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
            found = healthy(caller, collection, filters, after, limit + 1)
            more = len(found.items) > limit
            return Page(found.items[:limit], position_of(found.items[limit]) if more else None)

        parts.page = page


@dataclass(frozen=True)
class OffsetCursors:
    """The cursor is a number of items: what is added meanwhile pushes an item over the border of a page, to be seen twice."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-11",)

    def install(self, parts: Parts) -> None:
        def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
            rows = matching(caller.tenant, collection, filters)
            begin = after.created_at_ms if after else 0
            end = begin + limit
            following = Position(end, "offset") if end < len(rows) else None
            return Page([row.listed for row in rows[begin:end]], following)

        parts.page = page


@dataclass(frozen=True)
class CursorCrashesOnGarbage:
    """A cursor that cannot be decoded is an unhandled exception."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-9", "ERROR-5")

    def install(self, parts: Parts) -> None:
        healthy = parts.decode_cursor

        def decode(text: str, caller: Caller) -> Position:
            try:
                return healthy(text, caller)
            except ValueError as error:
                raise RuntimeError("not a cursor") from error

        parts.decode_cursor = decode


@dataclass(frozen=True)
class AlteredCursorCrashes:
    """A cursor is decoded with care, and its time passed to the database as it is: a cursor of another form crashes there."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-9", "ERROR-5")

    def install(self, parts: Parts) -> None:
        healthy = parts.decode_cursor

        def decode(text: str, caller: Caller) -> Position:
            try:
                return healthy(text, caller)
            except ValueError as error:
                if text.startswith("eyJ"):
                    raise RuntimeError("invalid input syntax for a timestamp") from error
                raise

        parts.decode_cursor = decode


@dataclass(frozen=True)
class CursorOnceOnly:
    """A cursor is forgotten when it is used: a client that tries again is told that it is malformed."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-12",)

    def install(self, parts: Parts) -> None:
        healthy = parts.decode_cursor
        used: dict[str, int] = {}

        def encode(position: Position, caller: Caller) -> str:
            text = encoded(position, caller)
            used.pop(text, None)
            return text

        def decode(text: str, caller: Caller) -> Position:
            position = healthy(text, caller)
            used[text] = used.get(text, 0) + 1
            if used[text] > 1:
                raise ValueError("used")
            return position

        encoded = parts.encode_cursor
        parts.encode_cursor, parts.decode_cursor = encode, decode


@dataclass(frozen=True)
class CursorMovesOn:
    """A cursor is a handle of the server's that moves on with each use: the second use is served the page after."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-12",)

    def install(self, parts: Parts) -> None:
        healthy = parts.page
        used: set[tuple[Any, ...]] = set()

        def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
            found = healthy(caller, collection, filters, after, limit)
            if after is None:
                used.clear()
                return found
            use = (caller.key.id, collection, after, limit)
            if use in used and found.next:
                return healthy(caller, collection, filters, found.next, limit)
            used.add(use)
            return found

        parts.page = page


def _crash_on_content(parts: Parts, crashes: Callable[[Any], bool]) -> None:
    """Have a cursor crash by the JSON in it."""
    healthy = parts.decode_cursor

    def decode(text: str, caller: Caller) -> Position:
        try:
            return healthy(text, caller)
        except ValueError:
            if crashes(_content(text)):
                raise RuntimeError("a defect") from None
            raise

    parts.decode_cursor = decode


def _content(text: str) -> Any:
    try:
        return json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None


@dataclass(frozen=True)
class CursorOfAnotherShapeCrashes:
    """What is in a cursor is taken for an object: a list has no members to be read."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-9", "ERROR-5")

    def install(self, parts: Parts) -> None:
        _crash_on_content(parts, lambda content: isinstance(content, list))


@dataclass(frozen=True)
class CursorWithoutMembersCrashes:
    """A cursor is decoded with care, and its members read as if they were there."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-9", "ERROR-5")

    def install(self, parts: Parts) -> None:
        _crash_on_content(parts, lambda content: isinstance(content, dict) and not {"id", "t"} <= set(content))


@dataclass(frozen=True)
class CursorOfBadTimeCrashes:
    """A cursor's members are checked to be texts; that the one is no time is an unhandled exception."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-9", "ERROR-5")

    def install(self, parts: Parts) -> None:
        def crashes(content: Any) -> bool:
            return isinstance(content, dict) and all(isinstance(content.get(name), str) for name in ("id", "t"))

        _crash_on_content(parts, crashes)


@dataclass(frozen=True)
class NegativeCursorCrashes:
    """A cursor that is a number below zero is an offset that the database refuses."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-9", "ERROR-5")

    def install(self, parts: Parts) -> None:
        healthy = parts.decode_cursor

        def decode(text: str, caller: Caller) -> Position:
            if text.startswith("-") and text[1:].isdecimal():
                raise RuntimeError("a defect")
            return healthy(text, caller)

        parts.decode_cursor = decode


@dataclass(frozen=True)
class CursorInWholeSeconds:
    """The cursor's time is cut to seconds: what is older within the second is lost."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-6", "PAGE-7", "PAGE-10")

    def install(self, parts: Parts) -> None:
        change_position(parts, lambda after: Position(after.created_at_ms // 1_000 * 1_000, after.id))
