"""Walks that end too early or never, and whose order or filter depends on how they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from mockserver.api.authentication import Caller
from mockserver.api.pipeline import Parts
from mockserver.modifications.helpers.pages import change_question, keyset_page, matching, newest_first
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position

Filters = Mapping[str, str]


PageOf = Callable[[Caller, str, Filters, Position | None, int], Page]


_AFTER_ALL = Position(0, "end")


_BEFORE_ALL = Position(32_503_680_000_000, "start")


def change_page(parts: Parts, change: Callable[[Page, Position | None, int, PageOf], Page]) -> None:
    """Have every page changed: `change` gets the healthy page, what it was asked for, and a way to others of its list."""
    healthy = parts.page

    def page(caller: Caller, collection: str, filters: Filters, after: Position | None, limit: int) -> Page:
        found = healthy(caller, collection, filters, after, limit)
        return change(found, after, limit, lambda *_, **__: healthy(caller, collection, filters, found.next, limit))

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
class FilterLostOnPageTwo:
    """Only the first page is filtered: the cursor knows nothing of filters."""

    breaks: ClassVar[tuple[str, ...]] = ("PAGE-10",)

    def install(self, parts: Parts) -> None:
        change_question(parts, lambda asked: asked._replace(filters={} if asked.after else asked.filters))


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
        change_question(parts, lambda asked: asked._replace(limit=(asked.limit + 1) // 2) if asked.after else asked)
