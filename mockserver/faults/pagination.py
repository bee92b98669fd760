"""Cursors that lose, repeat or never end, and walks that depend on how they are made."""

# ruff: noqa: D102 - the class says what its install does

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from mockserver.access.caller import Caller
from mockserver.answer import json_bytes
from mockserver.changes.pages import keyset_page, matching, newest_first, position_of
from mockserver.parts import Parts
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position

Filters = Mapping[str, str]
PageOf = Callable[[Caller, str, Filters, Position | None, int], Page]

_AFTER_ALL = Position(0, "end")
_BEFORE_ALL = Position(32_503_680_000_000, "start")


def change_position(parts: Parts, change: Callable[[Position], Position]) -> None:
    """Have a page begin after another position than the one that its cursor names."""
    healthy = parts.page

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        return healthy(caller, collection, filters, after and change(after), limit)

    parts.page = page


def change_page(parts: Parts, change: Callable[[Page, Position | None, int, PageOf], Page]) -> None:
    """Have every page changed: `change` gets the healthy page, what it was asked for, and a way to others of its list."""
    healthy = parts.page

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        found = healthy(caller, collection, filters, after, limit)
        return change(found, after, limit, lambda *_, **__: healthy(caller, collection, filters, found.next, limit))

    parts.page = page


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
class LastPartialPageLost:
    """The number of pages is rounded down: what does not fill a page is never reached."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-6", "PAGE-10")

    def install(self, parts: Parts) -> None:
        def change(found: Page, _after: Position | None, limit: int, following: Any) -> Page:
            return found._replace(next=None) if found.next and len(following().items) < limit else found

        change_page(parts, change)


@dataclass(frozen=True)
class WalkEndsAt400:
    """No cursor leads beyond the four hundredth item, as where a search index caps its window."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-6",)

    def install(self, parts: Parts) -> None:
        healthy = parts.page

        def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
            found = healthy(caller, collection, filters, after, limit)
            if found.next is None:
                return found
            window = healthy(caller, collection, filters, None, 400).next
            return found._replace(next=None) if window and found.next <= window else found

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
class OrderChangesWithLimit:
    """Large pages are read by another index, and come in the order of ids."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-7",)

    def install(self, parts: Parts) -> None:
        healthy = parts.page

        def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
            if limit < 100:
                return healthy(caller, collection, filters, after, limit)
            return keyset_page(matching(caller.tenant, collection, filters), lambda at: at.id, after, limit)

        parts.page = page


@dataclass(frozen=True)
class TiesComeInAnyOrder:
    """Items of one moment come in the one order or the other, as the database likes; a walk keeps to one."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-7",)

    def install(self, parts: Parts) -> None:
        walks = 0

        def other_ties(position: Position) -> tuple[int, str]:
            return -position.created_at_ms, position.id

        def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
            nonlocal walks
            walks += after is None
            odd = after.id.endswith("~") if after else bool(walks % 2)
            at = after._replace(id=after.id.removesuffix("~")) if after else None
            rows = matching(caller.tenant, collection, filters)
            found = keyset_page(rows, other_ties if odd else newest_first, at, limit)
            following = found.next and found.next._replace(id=found.next.id + "~" * odd)
            return found._replace(next=following)

        parts.page = page


@dataclass(frozen=True)
class LastCursorEmpty:
    """The last page's cursor is an empty string."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-8",)

    def install(self, parts: Parts) -> None:
        healthy = parts.envelope
        parts.envelope = lambda items, cursor: healthy(items, cursor or "")


@dataclass(frozen=True)
class WalkNeverEnds:
    """The last page has a cursor too, to an empty page that has the same again."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-8",)

    def install(self, parts: Parts) -> None:
        change_page(parts, lambda found, *_: found._replace(next=found.next or _AFTER_ALL))


@dataclass(frozen=True)
class WalkStartsOver:
    """The last page's cursor leads back to the first."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-8", "PAGE-6")

    def install(self, parts: Parts) -> None:
        change_page(parts, lambda found, *_: found._replace(next=found.next or _BEFORE_ALL))


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


@dataclass(frozen=True)
class FilterLostOnPageTwo:
    """Only the first page is filtered: the cursor knows nothing of filters."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-10",)

    def install(self, parts: Parts) -> None:
        healthy = parts.page

        def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
            return healthy(caller, collection, {} if after else filters, after, limit)

        parts.page = page


@dataclass(frozen=True)
class FilteredWalkEndsEarly:
    """A filtered list has one page alone: what the filter lets through beyond it is never reached."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-10",)

    def install(self, parts: Parts) -> None:
        healthy = parts.page

        def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
            found = healthy(caller, collection, filters, after, limit)
            return found._replace(next=None) if filters else found

        parts.page = page


@dataclass(frozen=True)
class PagesGrowShorter:
    """Every page but the first holds half of what was asked for."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-13",)

    def install(self, parts: Parts) -> None:
        healthy = parts.page

        def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
            return healthy(caller, collection, filters, after, limit if after is None else (limit + 1) // 2)

        parts.page = page


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
