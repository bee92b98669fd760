"""PAGE: cursor pagination, on walks whose data shows the difference between right and wrong.

PAGE-1 and PAGE-4 are judged on every page of the run (`test_every_exchange`); checks of cursors are in `test_cursors`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import ceil
from typing import Any

from hypothesis import strategies as st

import spec
from conformance.cases.dataset import DEFAULT, LARGEST, Dataset, Walk, limit_of, next_cursor, whole
from conformance.cases.expected_pages import (
    MOST_PAGES,
    confirmed,
    exactly,
    half,
    nothing_missing,
    on_changing_data,
    once,
)
from conformance.cases.filters import frequent_word, let_through, values_of
from conformance.cases.page_boundaries import bordered, limit_within_a_run, one_by_one, same_items, same_order
from conformance.cases.page_tables import (
    PLACES_OF_LIMITS,
    REMAINDERS,
    TOO_LARGE,
    FilteredWalk,
    filtered_walks,
    first_pages,
    fullest_filters,
    limit_that_leaves,
    unfiltered,
)
from conformance.cases.properties import for_examples
from conformance.cases.sampling import chooser
from conformance.cases.tables import Cut, Effort, over
from conformance.checks import expect, items, not_tested, requirement, sound
from conformance.target.client import Caller
from conformance.target.exchange import Exchange

LISTS = spec.LIST_OPERATIONS
# Numbers that are no count of items, texts that only a careless parser takes for numbers, and an empty value.
# A fraction is above the largest limit: one that is read as a small number shows nothing.
NO_COUNTS = {limit or "nothing": limit for limit in ("0", "-1", "abc", "300.5", "", "NaN", "Infinity", "1e9")}
WALKS = tuple(product(LISTS, REMAINDERS))
_WALKED = Cut(quick=1, paced=1, standard=12)
# Pages that a walk at a random limit may cost.
_FEW = 2


@requirement("PAGE-2")
@over(LISTS)
@on_changing_data
def test_a_page_holds_fifty_by_default(case: str, dataset: Dataset) -> None:
    """A list of 50 items or more shows 50 of them if the request has no limit."""
    if len(unfiltered(dataset, case)) < DEFAULT:
        not_tested(f"{case} has fewer than {DEFAULT} items")
    page = sound(dataset.asked(case))
    expect(len(items(page)) == DEFAULT, f"a page without limit holds {len(items(page))} items", page)


@requirement("PAGE-2")
@over(fullest_filters, Cut(quick=0, paced=0, standard=20))
@on_changing_data
def test_a_filtered_page_holds_fifty_by_default(case: FilteredWalk, dataset: Dataset) -> None:
    """A filtered list shows as many items without limit as at limit=50."""
    _as_at_the_default(dataset.caller, case.operation, **dict(case.filters))


@requirement("PAGE-2")
@over(LISTS, Cut(quick=0, paced=0, standard=len(LISTS)))
@on_changing_data
def test_a_later_page_holds_fifty_by_default(case: str, dataset: Dataset) -> None:
    """The second page of a list shows as many items without limit as at limit=50."""
    caller = dataset.caller.pinned()
    cursor = next_cursor(sound(caller.get(case, **whole(case))))
    if cursor is None:
        not_tested(f"{case} has no second page without limit")
    _as_at_the_default(caller, case, cursor=cursor, **whole(case))


@requirement("PAGE-3")
@over(LISTS)
@on_changing_data
def test_the_first_page_holds_as_many_as_asked_for(case: str, dataset: Dataset, run_effort: Effort) -> None:
    """If an unfiltered list has at least `limit` items, its first page holds exactly `limit`."""
    there = len(unfiltered(dataset, case))
    first = first_pages(dataset, case, further=run_effort.thorough)
    pages = [(limit, page) for page in first if (limit := limit_of(page) or 0) <= there]
    if not pages:
        not_tested(f"{case} is empty")
    for limit, page in pages:
        expect(len(items(page)) == limit, f"limit={limit} gives {len(items(page))} of {there} items", page)


@requirement("PAGE-3", whole_run=True)
@over(LISTS)
def test_a_limit_within_bounds_is_not_refused(case: str, dataset: Dataset) -> None:
    """A limit of 1 to 200 that was refused once in the run is served, if the list is served at another limit."""
    dataset.walk(case)
    refusal = dataset.refused_limits.get(case)
    if refusal:
        again = dataset.caller.send("GET", refusal.request.target, operation=case)
        expect(again.status == 200, f"{again.line()}, though a limit may be 1 to {LARGEST}", refusal, again)


@requirement("PAGE-5")
@over(tuple(product(LISTS, NO_COUNTS)), Cut(quick=4, paced=4, standard=len(LISTS) * len(NO_COUNTS)))
def test_a_limit_that_is_no_count(case: tuple[str, str], dataset: Dataset) -> None:
    """A limit that is 0, negative or no number is answered with 400, 422 or a page of 1 to 200 existing items."""
    operation, limit = case
    if not dataset.walk(operation).items:
        not_tested(f"{operation} is empty")
    _page_or_refusal(dataset.caller.get(operation, limit=NO_COUNTS[limit], **whole(operation)))


@requirement("PAGE-5")
@over(TOO_LARGE, Cut(quick=4, paced=12, standard=len(TOO_LARGE)))
def test_a_limit_above_the_largest(case: tuple[str, str], dataset: Dataset) -> None:
    """A list of more than 200 items never shows more than 200 on a page, whatever `limit` says."""
    operation, limit = case
    if len(dataset.walk(operation).ids) <= LARGEST:
        not_tested(f"{operation} has no more than {LARGEST} items")
    _page_or_refusal(dataset.caller.get(operation, limit=limit, **whole(operation)))


@requirement("PAGE-5")
@over(tuple(product(LISTS, PLACES_OF_LIMITS)), Cut(quick=0, paced=0, standard=len(LISTS) * len(PLACES_OF_LIMITS)))
def test_a_limit_above_the_largest_in_other_places(case: tuple[str, str], dataset: Dataset) -> None:
    """Behind a cursor, or beside another limit, a limit above 200 never shows more than 200 items either."""
    operation, place = case
    if len(dataset.walk(operation).ids) <= LARGEST + 1:
        not_tested(f"{operation} has no more than {LARGEST + 1} items")
    _page_or_refusal(dataset.caller.get(operation, **PLACES_OF_LIMITS[place](dataset, operation), **whole(operation)))


@requirement("PAGE-6")
@over(LISTS)
@on_changing_data
def test_a_walk_yields_every_item_once(case: str, dataset: Dataset, run_effort: Effort) -> None:
    """A walk whose pages end between items of one time shows the same items as the walk at 200, each once; at limit 1 too."""
    known, walked = dataset.walk(case), bordered(dataset, case)
    once(known)
    for other in (walked, *(one_by_one(dataset, case) if run_effort.thorough else ())):
        once(other)
        same_items(other, known)


@requirement("PAGE-6")
@over(WALKS, _WALKED)
@on_changing_data
def test_a_walk_yields_every_item_whatever_is_left_for_its_last_page(case: tuple[str, str], dataset: Dataset) -> None:
    """A walk shows the same items as the walk at 200, however many items are left for its last page."""
    operation, remainder = case
    walked = _with_remainder(dataset, operation, remainder)
    once(walked)
    same_items(walked, dataset.walk(operation))


@requirement("PAGE-7")
@over(WALKS, _WALKED)
@on_changing_data
def test_the_order_is_the_same_whatever_is_left_for_the_last_page(case: tuple[str, str], dataset: Dataset) -> None:
    """A walk shows the items in the order of the walk at 200, however many items are left for its last page."""
    operation, remainder = case
    same_order(_with_remainder(dataset, operation, remainder), dataset.walk(operation))


@requirement("PAGE-7")
@over(LISTS)
@on_changing_data
def test_the_order_is_the_same_at_another_limit(case: str, dataset: Dataset) -> None:
    """A walk whose pages end between items of one time shows the items in the order of the walk at 200."""
    same_order(bordered(dataset, case), dataset.walk(case))


@requirement("PAGE-7")
def test_the_order_is_the_same_at_any_limit(dataset: Dataset, seed: int) -> None:
    """Walks at random limits show the items of the walk at 200, in its order, from the start."""
    lists = [operation for operation in LISTS if len(dataset.walk(operation).ids) > 1]
    if not lists:
        not_tested("no list has two items")
    limits = chooser(seed).sample(range(1, LARGEST), 50)

    def prove(operation: str, limit: int) -> None:
        def look(seen: Dataset) -> None:
            walked = seen.walked(operation, limit=limit, most_pages=_FEW, **whole(operation))
            once(walked)
            same_items(walked, seen.walk(operation))
            same_order(walked, seen.walk(operation))

        confirmed(dataset, operation, look)

    for_examples(2, seed, prove, operation=st.sampled_from(lists), limit=st.sampled_from(limits))


@requirement("PAGE-10")
@over(filtered_walks, Cut(quick=3, paced=3, standard=70))
@on_changing_data
def test_filters_hold_on_every_page(case: FilteredWalk, dataset: Dataset) -> None:
    """A filtered list, walked over two or more pages, shows exactly the items that the filters let through."""
    exactly(dataset, case.operation, limit=case.limit, **dict(case.filters))


@requirement("PAGE-10")
def test_a_search_holds_on_every_page(dataset: Dataset) -> None:
    """A search over several pages, one of which ends between contacts of one time, shows the same contacts as at limit=200."""

    def look(seen: Dataset, word: str) -> None:
        on_one = seen.walked("listContacts", limit=LARGEST, most_pages=MOST_PAGES, q=word)
        if len(on_one.items) < 2 or not on_one.complete:
            not_tested(f"the search for {word!r} shows no two contacts, or more than {MOST_PAGES} pages")
        on_first = on_one.items[:LARGEST]
        limit = limit_within_a_run(on_first) or half(len(on_first))
        on_several = seen.walked("listContacts", limit=limit, most_pages=MOST_PAGES, q=word)
        once(on_several)
        strange = set(on_several.ids) - set(on_one.ids)
        expect(not strange, f"{len(strange)} contacts of the walk are not found at limit={LARGEST}", *on_several.pages)
        lost = set(on_one.ids) - set(on_several.ids) if on_several.complete else ()
        expect(not lost, f"{len(lost)} contacts are found at limit={LARGEST} alone", *on_one.pages, *on_several.pages)
        nothing_missing(seen, on_several, {"q": word})

    word = frequent_word(dataset.contacts)
    if not word:
        not_tested("no word is shared by two contacts or more, and by no more than a page of them")
    confirmed(dataset, "listContacts", lambda seen: look(seen, word))


@requirement("PAGE-10")
def test_any_filters_hold_on_every_page(dataset: Dataset, seed: int) -> None:
    """Random combinations of filters, walked over two or three pages, show exactly the items that they should."""
    lists = {operation: _values(dataset, operation) for operation in ("listContacts", "listDrafts", "listEvents")}
    lists = {operation: values for operation, values in lists.items() if values}
    if not lists:
        not_tested("no list that can be filtered has an item with a value of its filters")

    def prove(question: tuple[str, dict[str, str]], pages: int) -> None:
        operation, filters = question
        count = len(let_through(operation, filters, dataset.walk(operation).items))
        limit = min(LARGEST, ceil(count / pages))
        confirmed(dataset, operation, lambda seen: exactly(seen, operation, limit=limit, **filters))

    for_examples(2, seed, prove, question=_questions(lists), pages=st.integers(2, 3))


def _with_remainder(seen: Dataset, operation: str, remainder: str) -> Walk:
    """The whole list, walked at a limit that leaves the remainder for its last page."""
    limit = limit_that_leaves(remainder, len(seen.walk(operation).ids))
    return seen.walked(operation, limit=limit, most_pages=MOST_PAGES, **whole(operation))


def _as_at_the_default(caller: Caller, operation: str, **parameters: Any) -> None:
    """Expect a page without limit to hold as many items as at limit=50, if that page has all that it could have.

    Under filters, and behind a cursor, a page may be short: PAGE-13 is a should.
    """
    page = sound(caller.get(operation, **parameters))
    shown = len(items(page))
    if shown == DEFAULT:
        return
    known = sound(caller.get(operation, limit=DEFAULT, **parameters))
    there = len(items(known))
    short = there != DEFAULT and next_cursor(known)
    message = f"a page without limit holds {shown} items, and {there} at limit={DEFAULT}"
    expect(short or shown == there, message, page, known)


def _page_or_refusal(answer: Exchange) -> None:
    """Expect a bad limit to be refused, or to be replaced by a documented one."""
    also = (404,) if "cursor=" in answer.request.target else ()  # PAGE-9 lets a refused cursor be answered so
    if answer.status in (400, 422, *also):
        return
    expect(answer.status == 200, f"{answer.line()}, expected 400, 422 or a page", answer)
    shown = len(items(sound(answer)))
    expect(1 <= shown <= LARGEST, f"{answer.request.target} gives a page of {shown}", answer)


def _values(dataset: Dataset, operation: str) -> list[dict[str, list[str]]]:
    """For each item of a list that has some: the values by which filters find it, by their names, without `q`."""
    names = [name for name in spec.contract().operations[operation].filters if name != "q"]
    shown = dataset.walk(operation).items
    return [known for item in shown if (known := {name: own for name in names if (own := values_of(name, item))})]


@st.composite
def _questions(
    draw: st.DrawFn, lists: Mapping[str, Sequence[Mapping[str, Sequence[str]]]]
) -> tuple[str, dict[str, str]]:
    """A list, and some of the filters that let one of its items through."""
    operation = draw(st.sampled_from(list(lists)))
    own = draw(st.sampled_from(lists[operation]))
    names = draw(st.lists(st.sampled_from(list(own)), min_size=1, unique=True))
    return operation, {name: draw(st.sampled_from(own[name])) for name in names}
