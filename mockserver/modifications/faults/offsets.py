"""Cursors that count items: a list that grows during a walk repeats an item."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mockserver.api.authentication import Caller
from mockserver.api.pipeline import Pipeline
from mockserver.modifications.helpers.pages import matching
from mockserver.modifications.registry import fault
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position

Filters = Mapping[str, str]


def _count_items(pipeline: Pipeline, applies: Callable[[Filters], bool]) -> None:
    """Make the cursors of lists under some filters a number of items."""
    inner = pipeline.page

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        if not applies(filters):
            return inner(caller, collection, filters, after, limit)
        rows = matching(caller.tenant, collection, filters)
        begin = after.created_at_ms if after else 0
        end = begin + limit
        following = Position(end, "offset") if end < len(rows) else None
        return Page([row.listed for row in rows[begin:end]], following)

    pipeline.page = page


@fault("PAGE-11")
def offset_cursors(pipeline: Pipeline) -> None:
    """The cursor is a number of items: an item that is added meanwhile moves another one to the next page, so it comes twice."""
    _count_items(pipeline, lambda _filters: True)


@fault("PAGE-11")
def offset_cursors_by_status(pipeline: Pipeline) -> None:
    """The cursor of contacts that are filtered by their status is a number of items."""
    _count_items(pipeline, lambda filters: "qualificationStatus" in filters)
