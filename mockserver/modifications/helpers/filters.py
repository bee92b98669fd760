"""Other filters: ignored, replaced, or with another decision."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from mockserver.api.authentication import Caller
from mockserver.api.pipeline import Pipeline
from mockserver.api.problems import ParameterError, Refused, invalid_parameter
from mockserver.modifications.helpers.pages import keyset_page, matching, newest_first
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.tenants.index import Row
from mockserver.tenants.resource_types import Resource

Filters = Mapping[str, str]

Lets = Callable[[str, Resource], bool]
"""(value of the parameter, resource) → whether it is let through."""


def like(pattern: str, text: str) -> bool:
    """Whether a text matches a pattern of SQL's LIKE, in which each underscore is any one character."""
    return len(pattern) == len(text) and all(sign in ("_", own) for sign, own in zip(pattern, text, strict=True))


def change_filters(pipeline: Pipeline, collection: str, change: Callable[[Filters], Filters]) -> None:
    """Replace a collection's filters by others."""
    inner = pipeline.page

    def page(caller: Caller, asked: str, filters: Filters, after: Position | None, limit: int) -> Page:
        return inner(caller, asked, change(filters) if asked == collection else filters, after, limit)

    pipeline.page = page


def ignore(pipeline: Pipeline, collection: str, *names: str) -> None:
    """Ignore filters of a collection."""
    change_filters(
        pipeline, collection, lambda filters: {name: value for name, value in filters.items() if name not in names}
    )


def refuse(pipeline: Pipeline, collection: str, name: str, refuses: Callable[[str], bool]) -> None:
    """Refuse values of one filter of a collection as invalid."""
    inner = pipeline.page

    def page(caller: Caller, asked: str, filters: Filters, after: Position | None, limit: int) -> Page:
        if asked == collection and name in filters and refuses(filters[name]):
            raise Refused(invalid_parameter([ParameterError(name, "is refused")]))
        return inner(caller, asked, filters, after, limit)

    pipeline.page = page


def change_rows(pipeline: Pipeline, collection: str, name: str, rows: Callable[[Caller, Filters], list[Row]]) -> None:
    """Make a collection's pages of other rows if the parameter is given."""
    inner = pipeline.page

    def page(caller: Caller, asked: str, filters: Filters, after: Position | None, limit: int) -> Page:
        if asked != collection or name not in filters:
            return inner(caller, asked, filters, after, limit)
        return keyset_page(rows(caller, filters), newest_first, after, limit)

    pipeline.page = page


def change_filter(pipeline: Pipeline, collection: str, name: str, lets: Lets) -> None:
    """Replace the decision of one filter of a collection; the others stay as they are."""

    def rows(caller: Caller, filters: Filters) -> list[Row]:
        others = {other: value for other, value in filters.items() if other != name}
        found = matching(caller.tenant, collection, others)
        return [row for row in found if lets(filters[name], json.loads(row.single))]

    change_rows(pipeline, collection, name, rows)


def unfiltered_where_empty(pipeline: Pipeline, *names: str) -> None:
    """Replace an empty page by a page of the list without these filters."""
    inner = pipeline.page

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        found = inner(caller, collection, filters, None, 1)
        known = {} if not found.items and set(filters) <= set(names) else filters
        return inner(caller, collection, known, after, limit)

    pipeline.page = page
