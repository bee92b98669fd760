"""Groups requests of a run: repetitions of one request, pages of one walk, refusals and waits."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property

from mockserver.grading.facts import default_page, largest_page
from mockserver.grading.records import Exchange, ListKey

EARLY = 0.1
"""Seconds by which a wait may be too short, because timers are not exact."""

IN_FLIGHT = 0.25
"""A request on another connection within this many seconds after an answer may have been sent before the answer arrived."""


@dataclass(frozen=True)
class Walk:
    """The pages of one walk over a list, in their order. `ended` says whether its last page was served."""

    key: ListKey
    pages: tuple[Exchange, ...]

    @property
    def ended(self) -> bool:
        """Whether the last page was served."""
        return self.pages[-1].next_cursor is None

    @cached_property
    def items(self) -> int:
        """Items on all its pages."""
        return sum(page.items or 0 for page in self.pages)


def walks(exchanges: Iterable[Exchange]) -> list[Walk]:
    """The walks over lists, in the order of their first pages. A page continues the latest walk that leads to its cursor."""
    found: list[tuple[ListKey, list[Exchange]]] = []
    waiting: dict[str, list[int]] = {}
    for page in by_beginning(exchange for exchange in exchanges if exchange.is_page):
        key = page.list_key
        if key is None:
            continue
        if page.cursor:
            walk = _continued(waiting.get(page.cursor, []), page, found)
        else:
            walk = len(found)
            found.append((key, []))
        if walk is None:
            continue
        found[walk][1].append(page)
        if page.next_cursor:
            insort(waiting.setdefault(page.next_cursor, []), walk)
    return [Walk(key, tuple(pages)) for key, pages in found]


def _continued(waiting: list[int], page: Exchange, found: Sequence[tuple[ListKey, list[Exchange]]]) -> int | None:
    """Take the latest walk whose last page had been served when `page` was asked; None if there is none.

    Where a recording does not tell how long a page took, its cursor shows that it had been served.
    """
    for place in range(len(waiting) - 1, -1, -1):
        if found[waiting[place]][1][-1].known_until <= page.began:
            return waiting.pop(place)
    return None


def limit_of(exchange: Exchange) -> int:
    """How many items a page was asked to hold."""
    text = next((value for name, value in exchange.query if name == "limit"), "")
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= largest_page():
        return int(text)
    return default_page()


def by_beginning(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """The exchanges in the order in which their requests came."""
    return sorted(exchanges, key=lambda exchange: (exchange.began, exchange.number))


def repetitions(exchanges: Iterable[Exchange]) -> list[list[Exchange]]:
    """Groups of requests with the same method, target and key, each in the order of arrival."""
    groups: dict[tuple[object, str | None], list[Exchange]] = {}
    for exchange in by_beginning(exchanges):
        groups.setdefault((exchange.alike, exchange.key), []).append(exchange)
    return list(groups.values())


def in_turn(group: Sequence[Exchange]) -> list[Exchange]:
    """The requests of a group that were sent after the previous answer: requests in flight together count as one."""
    turns: list[Exchange] = []
    for exchange in group:
        if not turns or exchange.began >= turns[-1].ended:
            turns.append(exchange)
    return turns


def is_told(group: Sequence[Exchange]) -> bool:
    """Whether it is known which requests of a group were in flight together. Two or fewer count as sent in turn."""
    return len(group) <= 2 or all(math.isfinite(exchange.ended) for exchange in group[:-1])


def retry_after(exchange: Exchange) -> float | None:
    """Seconds that an answer asks its client to wait; None if it asks for nothing, or nothing that can be read."""
    text = (exchange.header("retry-after") or "").strip()
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(exchange.header("date") or "")
        return max(0.0, (parsedate_to_datetime(text) - date).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
