"""Pages made from all rows, in any order."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from mockserver.api.authentication import Caller
from mockserver.clock import milliseconds
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.tenants.index import Row
from mockserver.tenants.search import fold
from mockserver.tenants.tenant import Tenant

if TYPE_CHECKING:
    from _typeshed import SupportsRichComparison

    from mockserver.api.pipeline import Pipeline

Order = Callable[[Position], "SupportsRichComparison"]
"""What positions are sorted by, ascending; no two rows may have the same."""


class Question(NamedTuple):
    """What a page of a collection is asked for."""

    filters: Mapping[str, str]
    after: Position | None
    limit: int


def change_question(pipeline: Pipeline, change: Callable[[Question], Question]) -> None:
    """Answer every question for a page with the page of another question."""
    inner = pipeline.page

    def page(caller: Caller, collection: str, filters: Mapping[str, str], after: Position | None, limit: int) -> Page:
        return inner(caller, collection, *change(Question(filters, after, limit)))

    pipeline.page = page


def matching(tenant: Tenant, collection: str, filters: Mapping[str, str]) -> list[Row]:
    """All rows of a collection that pass the filters, `q` included, newest first."""
    needle = fold(filters.get("q", ""))
    rows = getattr(tenant, collection).rows(filters)
    return [row for row in reversed(rows) if needle in row.text]


def newest_first(position: Position) -> tuple[int, tuple[int, ...]]:
    """The mock's own order."""
    return -position.created_at_ms, tuple(-ord(character) for character in position.id)


def keyset_page(rows: Iterable[Row], order: Order, after: Position | None, limit: int) -> Page:
    """The next rows behind a position, in an order."""
    keyed = sorted(((order(row.position), row) for row in rows), key=lambda pair: pair[0])
    begin = 0 if after is None else bisect_right(keyed, order(after), key=lambda pair: pair[0])
    found = [row for _, row in keyed[begin : begin + limit]]
    more = len(keyed) > begin + limit
    return Page([row.listed for row in found], found[-1].position if more else None)


def position_of(item: bytes) -> Position:
    """The position of a resource, given as JSON."""
    resource = json.loads(item)
    return Position(milliseconds(resource["createdAt"]), resource["id"])
