"""Other orders, cursors and pages. To a client a cursor is opaque, and the order only has to be stable (PAGE, reading)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import ClassVar

from starlette.types import Scope

from mockserver.api.authentication import Caller
from mockserver.api.parameters import Parameters, Rules
from mockserver.api.pipeline import Parts
from mockserver.modifications.helpers.pages import Order, change_question, keyset_page, matching
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from spec import contract

Filters = Mapping[str, str]


def _order(parts: Parts, order: Order) -> None:
    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        return keyset_page(matching(caller.tenant, collection, filters), order, after, limit)

    parts.page = page


def _spell(parts: Parts, encode: Callable[[str], str], decode: Callable[[str], str]) -> None:
    """Have cursors spelled otherwise. `decode` raises ValueError for what is none."""
    encoded, decoded = parts.encode_cursor, parts.decode_cursor
    parts.encode_cursor = lambda position, caller: encode(encoded(position, caller))
    parts.decode_cursor = lambda text, caller: decoded(decode(text), caller)


@dataclass(frozen=True)
class OldestFirst:
    """Lists begin with the oldest: the documentation names no order (PAGE, reading)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        _order(parts, tuple)


@dataclass(frozen=True)
class OrderById:
    """Lists are in the order of ids, which says nothing: the documentation names no order (PAGE, reading)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        _order(parts, lambda position: position.id)


@dataclass(frozen=True)
class HexCursors:
    """Cursors are hexadecimal: to a client they are opaque (PAGE, reading)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        _spell(parts, lambda text: text.encode().hex(), lambda text: bytes.fromhex(text).decode())


@dataclass(frozen=True)
class CursorsToBeEscaped:
    """Cursors hold characters that a URL must escape: they are opaque, and passed on as values (PAGE, reading)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        def decode(text: str) -> str:
            if not text.startswith("+/ &é=") or not text.endswith("=="):
                raise ValueError("not a cursor")
            return text[6:-2]

        _spell(parts, lambda text: f"+/ &é={text}==", decode)


@dataclass(frozen=True)
class CursorsNeverTheSame:
    """The same place has another cursor each time, as where cursors are encrypted (PAGE-12: it may be spelled otherwise)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        numbers = count(1)

        def decode(text: str) -> str:
            number, dot, cursor = text.partition(".")
            if not dot or not number.isdigit():
                raise ValueError("not a cursor")
            return cursor

        _spell(parts, lambda text: f"{next(numbers)}.{text}", decode)


@dataclass(frozen=True)
class LastCursorAbsent:
    """The last page has no nextCursor at all (PAGE-8: null or absent)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        healthy = parts.envelope

        def envelope(items: Sequence[bytes], cursor: str | None) -> bytes:
            return healthy(items, cursor) if cursor else b'{"data":[%b]}' % b",".join(items)

        parts.envelope = envelope


@dataclass(frozen=True)
class LimitsClamped:
    """A limit out of bounds is moved into them, and what is no number ignored (PAGE-5: 400, or a page of 1-200)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        healthy = parts.read_parameters
        size = contract().page_size

        def clamp(text: str) -> int:
            try:
                return min(max(int(text[:30]), 1), size.maximum)
            except ValueError:
                return size.default

        def read(rules: Rules, scope: Scope) -> Parameters:
            return healthy(
                replace(rules, query={**rules.query, "limit": clamp}) if "limit" in rules.query else rules, scope
            )

        parts.read_parameters = read


@dataclass(frozen=True)
class InvalidCursorIsFirstPage:
    """A cursor that is none is ignored (PAGE-9: 400, or a page of the caller's own data)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        healthy = parts.decode_cursor

        def decode(text: str, caller: Caller) -> Position:
            try:
                return healthy(text, caller)
            except ValueError:
                return Position(32_503_680_000_000, "")

        parts.decode_cursor = decode


@dataclass(frozen=True)
class ShortPages:
    """Pages behind the first hold what was left after a check: fewer than asked for, never none (PAGE-13 is a should)."""

    bends: ClassVar[tuple[str, ...]] = ("PAGE-13",)

    def install(self, parts: Parts) -> None:
        change_question(parts, lambda asked: asked._replace(limit=max(1, asked.limit - 2)) if asked.after else asked)
