"""The walks to try, as data: lists at limits that leave each kind of last page, and filtered lists over several pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations as pairs_of
from itertools import permutations, product
from typing import Any

import spec
from conformance.cases.dataset import DEFAULT, LARGEST, Dataset, Resource, next_cursor, whole
from conformance.cases.expected_pages import MOST_PAGES, combinations, half, values
from conformance.cases.filters import SEARCHED, frequent_word, let_through, values_of, words_of
from conformance.cases.page_boundaries import bordered, limit_within_a_run, telling_limit
from conformance.checks import NotTested
from conformance.plural import counted
from conformance.target.client import target
from conformance.target.exchange import Exchange

# How many items are left for the last page of a walk: a whole page if the total is a multiple of the limit.
REMAINDERS = {"one item": 1, "a whole page": 0, "one item less than a page": -1}
# Limits that are read as a large number, or as none, by a careless parser; and first pages whose size no other check counts.
_READ_AS_MORE = {"listContacts": (f" {LARGEST + 100}", "0x1F4"), "listDrafts": ("0x1F4",), "listEvents": ("all",)}
_FURTHER_LIMITS = {"listContacts": 51, "listLists": 51, "listDrafts": 100, "listEvents": 100}
TOO_LARGE = tuple(
    (operation, limit)
    for operation in spec.LIST_OPERATIONS
    for limit in (str(LARGEST + 1), f"+{LARGEST + 100}", "9" * 20, *_READ_AS_MORE.get(operation, ()))
)
"""Lists, each with limits above the largest, and some that are no numbers."""

# How many values of a filter are walked, the most telling first; and how many combinations of several filters.
_MOST_VALUES = 12
_MOST_COMBINATIONS = 3
_USABLE = 5


def _behind_a_cursor(dataset: Dataset, operation: str) -> dict[str, Any]:
    first = dataset.walked(operation, limit=1, most_pages=1, **whole(operation))
    return {"limit": LARGEST + 1, "cursor": next_cursor(first.pages[0])}


def _beside_a_filter(dataset: Dataset, operation: str) -> dict[str, Any]:
    """A filter that lets more than the largest page through: a value, or every type of events."""
    items = dataset.walk(operation).items
    for name in _filters(operation):
        found = [value for value, _ in Counter(v for item in items for v in values_of(name, item)).most_common()]
        value = ",".join(found) if name == "eventType" else "".join(found[:1])
        if len(let_through(operation, {name: value}, items)) > LARGEST + 1:
            return {"limit": LARGEST + 1, name: value}
    raise NotTested(f"no filter of {operation} lets more than {LARGEST + 1} items through")


PLACES_OF_LIMITS: Mapping[str, Callable[[Dataset, str], dict[str, Any]]] = {
    "behind a cursor": _behind_a_cursor,
    "before another limit": lambda _dataset, _operation: {"limit": (LARGEST + 1, _USABLE)},
    "beside a filter": _beside_a_filter,
    "behind another limit": lambda _dataset, _operation: {"limit": (_USABLE, LARGEST + 1)},
}
"""Places of a limit above the largest, other than the first page: functions of a list of more than 201 items."""


@dataclass(frozen=True)
class FilteredWalk:
    """A filtered list, at a limit at which it takes two pages or ends with a full one."""

    operation: str
    filters: tuple[tuple[str, str], ...]
    limit: int

    def __str__(self) -> str:
        return target(self.operation, limit=self.limit, **dict(self.filters))


def limit_that_leaves(remainder: str, count: int) -> int:
    """The largest limit at which a walk over `count` items takes several pages and its last one holds the remainder.

    Raises NotTested if there is none.
    """
    for limit in range(min(LARGEST, count - 1), 1, -1):
        if (count - REMAINDERS[remainder]) % limit == 0 and count <= limit * MOST_PAGES:
            return limit
    raise NotTested(f"a list of {counted(count, 'item')} leaves {remainder} for the last page at no limit")


def filtered_walks(dataset: Dataset) -> list[FilteredWalk]:
    """Each filter with its values, and combinations of filters, at limits that leave one item, fill a page, or halve the list.

    If the list has items of one time, also at a limit that ends a page between them.
    """
    found: list[FilteredWalk] = []
    for operation in spec.LIST_OPERATIONS:
        for filters, count in _questions(dataset, operation, _filters(operation)):
            between = limit_within_a_run(let_through(operation, dict(filters), dataset.walk(operation).items))
            limits = dict.fromkeys((half(count), count - 1, count, between))
            usable = [limit for limit in limits if 0 < limit <= LARGEST and count <= limit * MOST_PAGES]
            found += [FilteredWalk(operation, filters, limit) for limit in usable]
    return found


def unfiltered(seen: Dataset, operation: str) -> list[Resource]:
    """The known items that a list shows without any parameter."""
    return let_through(operation, {}, seen.walk(operation).items)


def first_pages(seen: Dataset, operation: str, *, further: bool) -> list[Exchange]:
    """First pages of the unfiltered list at some limits, the largest that it fills among them; most were walked already.

    `further` adds one whose limit is just above the default, or half of the largest.
    """
    there = len(unfiltered(seen, operation))
    limits = [limit for limit in (1, there, _FURTHER_LIMITS[operation] * further) if 0 < limit < LARGEST]
    pages = [seen.walked(operation, limit=limit, most_pages=1).pages[0] for limit in limits]
    if operation == "listLists":
        # The known walk includes archived lists; FILTER-4 walks the list without them.
        return [*pages, seen.walked(operation, limit=half(there or LARGEST * 2), most_pages=MOST_PAGES).pages[0]]
    telling = telling_limit(seen.walk(operation).items)
    return [*pages, seen.walk(operation).pages[0], *([bordered(seen, operation).pages[0]] if telling else [])]


def fullest_filters(dataset: Dataset) -> list[FilteredWalk]:
    """Each filter, and combination of filters, with the values that let the most items through; a search."""
    found: dict[tuple[str, ...], tuple[int, FilteredWalk]] = {}
    for operation in spec.LIST_OPERATIONS:
        for filters, count in _questions(dataset, operation, _filters(operation)):
            names = (operation, *dict(filters))
            if count > found.get(names, (0,))[0]:
                found[names] = (count, FilteredWalk(operation, filters or tuple(whole(operation).items()), DEFAULT))
    word = frequent_word(dataset.contacts)
    search = [FilteredWalk("listContacts", (("q", word),), DEFAULT)] if word else []
    return [*(case for _, case in found.values()), *search]


def values_beside_filters(dataset: Dataset) -> list[FilteredWalk]:
    """Each value of a filter beside a value of each other filter, or a word to search for, on one page."""
    found: dict[frozenset[tuple[str, str]], FilteredWalk] = {}
    for operation in spec.LIST_OPERATIONS:
        for name, other in permutations(_filters(operation), 2):
            for value in _told_apart(dataset, operation, name)[:_MOST_VALUES]:
                for partner in partners(dataset, operation, (name, value), other):
                    both = ((name, value), (other, partner))
                    found.setdefault(frozenset(both), FilteredWalk(operation, both, LARGEST))
    return list(found.values())


def partners(dataset: Dataset, operation: str, known: tuple[str, str], other: str) -> list[str]:
    """A value of the other filter that narrows what the known one shows; for a search, a word of each member."""
    name, value = known
    having = [resource for resource in dataset.walk(operation).items if value in values_of(name, resource)]
    if other == "q":
        return [word for member in SEARCHED for word in words_of(having[:LARGEST], member)[:1]]
    counts = Counter(found for resource in having for found in set(values_of(other, resource)))
    telling = _told_apart(dataset, operation, other)
    return [partner for partner in telling if 0 < counts[partner] < len(having)][:1]


def _filters(operation: str) -> list[str]:
    return [name for name in spec.contract().operations[operation].filters if name != "includeArchived"]


def _told_apart(dataset: Dataset, operation: str, name: str) -> list[str]:
    """Values of a filter that narrow a list without emptying it, the most telling first; none for a search."""
    try:
        return [] if name == "q" else [known.value for known in values(dataset, operation, name)]
    except NotTested:
        return []


def _questions(dataset: Dataset, operation: str, names: list[str]) -> Iterator[tuple[tuple[tuple[str, str], ...], int]]:
    with suppress(NotTested):
        unfiltered = len(let_through(operation, {}, dataset.walk(operation).items))
        if operation == "listLists" and unfiltered > 1:
            yield (), unfiltered
    for name in names:
        with suppress(NotTested):
            telling = values(dataset, operation, name)[:_MOST_VALUES] if name != "q" else []
            yield from (((((name, value.value),)), value.count) for value in telling if value.count > 1)
    for number, together in product((2, 3), (names,)):
        for chosen in pairs_of(together, number):
            with suppress(NotTested):
                several = combinations(dataset, operation, chosen)[:_MOST_COMBINATIONS]
                yield from ((one.filters, one.count) for one in several if one.count > 1)
