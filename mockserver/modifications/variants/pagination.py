"""Other orders, cursors and pages. To a client a cursor is opaque, and the order only has to be stable (PAGE, reading)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count

from starlette.types import Scope

from mockserver.api.authentication import Caller
from mockserver.api.parameters import ParameterRules, Parameters
from mockserver.api.pipeline import Pipeline
from mockserver.modifications.helpers.pages import Order, change_question, keyset_page, matching
from mockserver.modifications.registry import variant
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from spec import contract

Filters = Mapping[str, str]


def _order(pipeline: Pipeline, order: Order) -> None:
    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        return keyset_page(matching(caller.tenant, collection, filters), order, after, limit)

    pipeline.page = page


def _spell(pipeline: Pipeline, encode: Callable[[str], str], decode: Callable[[str], str]) -> None:
    """Replace the form of cursors. `decode` raises ValueError for an invalid cursor."""
    encoded, decoded = pipeline.encode_cursor, pipeline.decode_cursor
    pipeline.encode_cursor = lambda position, caller: encode(encoded(position, caller))
    pipeline.decode_cursor = lambda text, caller: decoded(decode(text), caller)


@variant()
def oldest_first(pipeline: Pipeline) -> None:
    """Lists begin with the oldest item: the documentation names no order (PAGE, reading)."""
    _order(pipeline, tuple)


@variant()
def order_by_id(pipeline: Pipeline) -> None:
    """Lists are in the order of their random ids: the documentation names no order (PAGE, reading)."""
    _order(pipeline, lambda position: position.id)


@variant()
def hex_cursors(pipeline: Pipeline) -> None:
    """Cursors are hexadecimal: to a client they are opaque (PAGE, reading)."""
    _spell(pipeline, lambda text: text.encode().hex(), lambda text: bytes.fromhex(text).decode())


@variant()
def cursors_to_be_escaped(pipeline: Pipeline) -> None:
    """Cursors hold characters that a URL must escape: they are opaque, and passed on as values (PAGE, reading)."""

    def decode(text: str) -> str:
        if not text.startswith("+/ &é=") or not text.endswith("=="):
            raise ValueError("not a cursor")
        return text[6:-2]

    _spell(pipeline, lambda text: f"+/ &é={text}==", decode)


@variant()
def cursors_never_the_same(pipeline: Pipeline) -> None:
    """The same place has another cursor each time, as if cursors were encrypted (PAGE-12: the text may differ)."""
    numbers = count(1)

    def decode(text: str) -> str:
        number, dot, cursor = text.partition(".")
        if not dot or not number.isdigit():
            raise ValueError("not a cursor")
        return cursor

    _spell(pipeline, lambda text: f"{next(numbers)}.{text}", decode)


@variant()
def last_cursor_absent(pipeline: Pipeline) -> None:
    """The last page has no nextCursor at all (PAGE-8: null or absent)."""
    inner = pipeline.envelope

    def envelope(items: Sequence[bytes], cursor: str | None) -> bytes:
        return inner(items, cursor) if cursor else b'{"data":[%b]}' % b",".join(items)

    pipeline.envelope = envelope


@variant()
def limits_clamped(pipeline: Pipeline) -> None:
    """A limit out of bounds is moved into the bounds, and one that is no number is ignored (PAGE-5: 400, or a page of 1-200)."""
    inner = pipeline.read_parameters
    size = contract().page_size

    def clamp(text: str) -> int:
        try:
            return min(max(int(text[:30]), 1), size.maximum)
        except ValueError:
            return size.default

    def read(rules: ParameterRules, scope: Scope) -> Parameters:
        return inner(replace(rules, query={**rules.query, "limit": clamp}) if "limit" in rules.query else rules, scope)

    pipeline.read_parameters = read


@variant()
def invalid_cursor_is_first_page(pipeline: Pipeline) -> None:
    """An invalid cursor is ignored (PAGE-9: 400, or a page of the caller's own data)."""
    inner = pipeline.decode_cursor

    def decode(text: str, caller: Caller) -> Position:
        try:
            return inner(text, caller)
        except ValueError:
            return Position(32_503_680_000_000, "")

    pipeline.decode_cursor = decode


@variant(bends=("PAGE-13",))
def short_pages(pipeline: Pipeline) -> None:
    """Pages after the first hold the items left after a check: fewer than asked for, but at least one (PAGE-13 is a should)."""
    change_question(pipeline, lambda asked: asked._replace(limit=max(1, asked.limit - 2)) if asked.after else asked)
