"""Walks that end too early or never, or whose order or filter changes from page to page or from walk to walk."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from mockserver.api.authentication import Caller
from mockserver.api.pipeline import Pipeline
from mockserver.modifications.helpers.pages import Question, change_question, keyset_page, matching, newest_first
from mockserver.modifications.registry import fault
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.tenants.resource_types import Resource
from spec import contract

Filters = Mapping[str, str]


_AFTER_ALL = Position(0, "end")
_BEFORE_ALL = Position(32_503_680_000_000, "start")


def _end_walks(pipeline: Pipeline, ends: Callable[[Page, int], bool]) -> None:
    """End a walk after a page if `ends` returns True; it gets the next page, and the limit."""
    inner = pipeline.page

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        found = inner(caller, collection, filters, after, limit)
        if found.next and ends(inner(caller, collection, filters, found.next, limit), limit):
            return found._replace(next=None)
        return found

    pipeline.page = page


def _lead_on(pipeline: Pipeline, to: Position) -> None:
    """Give the last page a cursor that leads to a position."""
    inner = pipeline.page

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        found = inner(caller, collection, filters, after, limit)
        return found._replace(next=found.next or to)

    pipeline.page = page


@fault("PAGE-6", "PAGE-10")
def last_partial_page_lost(pipeline: Pipeline) -> None:
    """The number of pages is rounded down: the last items are never served if they do not fill a page."""
    _end_walks(pipeline, lambda following, limit: len(following.items) < limit)


@fault("PAGE-6")
def single_items_skip_ties(pipeline: Pipeline) -> None:
    """At `limit=1` a page begins with the next older item: of the items of one moment only the first is served."""

    def change(asked: Question) -> Question:
        if asked.limit > 1 or asked.filters or asked.after is None:
            return asked
        return asked._replace(after=Position(asked.after.created_at_ms, ""))

    change_question(pipeline, change)


@fault("PAGE-6")
def walk_ends_at_400(pipeline: Pipeline) -> None:
    """A walk ends after 400 items, as with a search index that limits its window."""
    _end_within(pipeline, lambda _limit: 400)


@fault("PAGE-6")
def walk_ends_after_nine_pages(pipeline: Pipeline) -> None:
    """A walk ends after nine pages: a guard against endless loops stops it."""
    _end_within(pipeline, lambda limit: 9 * limit)


def _end_within(pipeline: Pipeline, most: Callable[[int], int]) -> None:
    """End walks after `most` items, a function of the limit."""
    inner = pipeline.page

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        found = inner(caller, collection, filters, after, limit)
        if found.next is None:
            return found
        window = inner(caller, collection, filters, None, most(limit)).next
        return found._replace(next=None) if window and found.next <= window else found

    pipeline.page = page


@fault("FILTER-7", "PAGE-10")
def several_types_skip_ties(pipeline: Pipeline) -> None:
    """Events of several types are read behind the time in the cursor, without its id: the rest of a moment is lost."""

    def change(asked: Question) -> Question:
        if asked.after is None or "," not in asked.filters.get("eventType", ""):
            return asked
        return asked._replace(after=Position(asked.after.created_at_ms, ""))

    change_question(pipeline, change)


@fault("PAGE-6")
def contacts_on_no_list_lost(pipeline: Pipeline) -> None:
    """The whole list of contacts is joined with the lists that they are on: a contact on none shows only under a filter."""
    _hide(pipeline, "contacts", lambda filters: not filters, lambda contact: not contact["listIds"])


@fault("PAGE-6")
def rejected_drafts_kept_back(pipeline: Pipeline) -> None:
    """Rejected drafts show only to those who ask for them by their status."""
    _hide(
        pipeline, "drafts", lambda filters: "status" not in filters, lambda draft: bool(draft["status"] == "rejected")
    )


def _hide(
    pipeline: Pipeline, hidden_in: str, applies: Callable[[Filters], bool], hides: Callable[[Resource], bool]
) -> None:
    """Leave resources out of a collection's pages under the filters to which this applies."""
    inner = pipeline.page

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        if collection != hidden_in or not applies(filters):
            return inner(caller, collection, filters, after, limit)
        rows = [row for row in matching(caller.tenant, collection, filters) if not hides(json.loads(row.single))]
        return keyset_page(rows, newest_first, after, limit)

    pipeline.page = page


@fault("PAGE-7")
def order_changes_with_limit(pipeline: Pipeline) -> None:
    """Large pages are read from another index, and are in the order of ids."""
    inner = pipeline.page

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        if limit < 100:
            return inner(caller, collection, filters, after, limit)
        return keyset_page(matching(caller.tenant, collection, filters), lambda at: at.id, after, limit)

    pipeline.page = page


@fault("PAGE-7")
def ties_come_in_any_order(pipeline: Pipeline) -> None:
    """Items of the same moment come in one order in one walk, and in the other order in the next walk."""
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

    pipeline.page = page


@fault("PAGE-8")
def walk_never_ends(pipeline: Pipeline) -> None:
    """The last page has a cursor, too: it leads to an empty page, which has the same cursor again."""
    _lead_on(pipeline, _AFTER_ALL)


@fault("PAGE-8", "PAGE-6")
def walk_starts_over(pipeline: Pipeline) -> None:
    """The last page's cursor leads back to the first."""
    _lead_on(pipeline, _BEFORE_ALL)


@fault("PAGE-10", "PAGE-6")
def filter_lost_on_page_two(pipeline: Pipeline) -> None:
    """Only the first page is filtered: the cursor knows nothing of filters."""
    change_question(pipeline, lambda asked: asked._replace(filters={} if asked.after else asked.filters))


@fault("PAGE-10", "PAGE-6")
def filtered_walk_ends_early(pipeline: Pipeline) -> None:
    """A filtered list has only one page: items after it are never served."""
    inner = pipeline.page

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        found = inner(caller, collection, filters, after, limit)
        return found._replace(next=None) if filters else found

    pipeline.page = page


@fault("PAGE-10", "FILTER-1", "FILTER-2", "FILTER-5", "FILTER-6", "FILTER-7", "FILTER-8")
def largest_page_unfiltered(pipeline: Pipeline) -> None:
    """At `limit=200` only `includeArchived` counts: the largest pages come from a cache of whole lists."""

    def change(asked: Question) -> Question:
        cached = asked.limit == contract().page_size.maximum and "includeArchived" not in asked.filters
        return asked._replace(filters={}) if cached else asked

    change_question(pipeline, change)


@fault("PAGE-13")
def pages_grow_shorter(pipeline: Pipeline) -> None:
    """Every page after the first holds half as many items as asked for."""
    change_question(pipeline, lambda asked: asked._replace(limit=(asked.limit + 1) // 2) if asked.after else asked)


@fault("PAGE-6", "PAGE-10")
def lone_last_item_lost(pipeline: Pipeline) -> None:
    """If only one item remains after a page, the page is taken for the last one."""
    _end_walks(pipeline, lambda following, _limit: len(following.items) == 1)


@fault("PAGE-6", "PAGE-10")
def second_page_missing(pipeline: Pipeline) -> None:
    """The second page is empty, and is the last one."""
    inner = pipeline.page

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        return Page([], None) if after else inner(caller, collection, filters, after, limit)

    pipeline.page = page
