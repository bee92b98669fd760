"""PAGE, the requirements of cursors: every walk ends, and altered cursors, reused cursors and new items do no harm."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product
from operator import attrgetter
from typing import Any
from urllib.parse import parse_qs

import spec
from conformance.cases.altered_cursors import SPOILS, spoiled
from conformance.cases.dataset import DEFAULT, LARGEST, Dataset, Walk, limit_of, next_cursor, whole
from conformance.cases.expected_pages import confirmed, on_changing_data, once
from conformance.cases.filters import text_of
from conformance.cases.follow_ups import real_cursor
from conformance.cases.growing_lists import settled, shown_while_adding
from conformance.cases.page_boundaries import (
    bordered,
    filtered_alike,
    filters_of,
    of_many_pages,
    same_items,
    same_order,
)
from conformance.cases.sampling import cases, none_has
from conformance.cases.tables import Cut, Effort, over
from conformance.cases.unmatched_filters import ask_for_unlisted
from conformance.checks import PROBLEM, expect, items, not_tested, record_tried, requirement, sound
from conformance.oracles.usable import unusable
from conformance.target.client import Caller, Client
from conformance.target.exchange import Exchange
from spec.target import Target

LISTS = spec.LIST_OPERATIONS
_REFUSED = (400, 404, 422)


@requirement("PAGE-8")
@over(LISTS)
def test_a_walk_has_an_end(case: str, dataset: Dataset) -> None:
    """A walk ends with a page whose nextCursor is null or absent, and goes on only while it shows something new."""
    walked = dataset.walk(case)
    if not walked.items:
        not_tested(f"{case} is empty")
    expect(not walked.endless, "the walk has no end: its last nextCursor came back a second time", *walked.pages[-2:])
    if walked.refusal:
        not_tested(f"{walked.refusal.line()}: the walk was not served to its end (PAGE-6)")
    if not walked.complete:
        idle = [page for page in walked.pages if not items(page)]
        expect(not idle, f"{len(idle)} pages of a walk without end are empty and have a nextCursor", *idle[:2])
        once(walked)
        not_tested(f"{case} has no end within {len(walked.pages)} pages of {LARGEST}")


@requirement("PAGE-7", whole_run=True)
def test_the_order_is_the_same_under_the_same_filters(dataset: Dataset) -> None:
    """Walks of the run under the same filters, at other limits, show the items in the same order."""
    pairs = filtered_alike(dataset.walks)
    record_tried(len(pairs), len(pairs))  # if there are none, the other checks of PAGE-7 judge it
    for walked, other in pairs:
        _in_the_same_order(dataset, walked, other)


def _in_the_same_order(dataset: Dataset, walked: Walk, other: Walk) -> None:
    def look(seen: Dataset) -> None:
        same_order(*((walked, other) if seen is dataset else (_again(seen, walked), _again(seen, other))))

    confirmed(dataset, walked.operation, look)


def _again(dataset: Dataset, walked: Walk) -> Walk:
    limit = limit_of(walked.pages[0]) or DEFAULT
    filters: dict[str, Any] = filters_of(walked)
    most_pages = len(walked.pages) + bool(walked.refusal)
    return dataset.walked(walked.operation, limit=limit, most_pages=most_pages, **filters)


def longest_list(dataset: Dataset) -> list[str]:
    """The list that has the most items."""
    return [max(LISTS, key=lambda operation: len(dataset.walk(operation).ids))]


@requirement("PAGE-6")
@over(longest_list, Cut(quick=0, paced=0, standard=1))
@on_changing_data
def test_a_walk_of_many_pages_yields_every_item_once(case: str, dataset: Dataset) -> None:
    """The longest list shows the same items over twelve pages as at 200, each once."""
    walked = of_many_pages(dataset, case)
    once(walked)
    same_items(walked, dataset.walk(case))


@requirement("PAGE-6", whole_run=True)
def test_no_walk_is_refused_its_cursor(dataset: Dataset) -> None:
    """No nextCursor of an unfiltered list is refused when it is followed."""
    _cursors_are_served(dataset, filtered=False)


@requirement("PAGE-6", whole_run=True)
@over(LISTS)
def test_the_whole_list_hides_nothing_that_a_filter_shows(case: str, dataset: Dataset, run_effort: Effort) -> None:
    """Every item that a filtered list showed during the run, also by a documented value of no item, is in the whole list."""
    known = dataset.walk(case)
    if not known.complete:
        not_tested(f"{case} was not walked to its end")
    if run_effort.thorough:
        ask_for_unlisted(dataset, case)
    if not any(_hidden(walked, known) for walked in dataset.walks):
        return
    # An item may have been added since that walk, or deleted since its filter showed it.
    again = dataset.anew()
    fresh = again.walk(case)
    for walked in dataset.walks:
        if fresh.complete and (hidden := _hidden(walked, known) - set(fresh.ids)):
            later = _again(again, walked)
            for id_ in sorted(hidden & set(later.ids))[:1]:
                expect(False, f"a filter shows {id_}, and no walk of the whole list does", *later.pages, *fresh.pages)


def _hidden(walked: Walk, known: Walk) -> set[str]:
    """The ids that a walk of the same list shows and the known one does not, those of newer items aside."""
    if walked.operation != known.operation:
        return set()
    return {item["id"] for item in settled(walked.items, known)} - set(known.ids)


@requirement("PAGE-10", whole_run=True)
def test_no_filtered_walk_is_refused_its_cursor(dataset: Dataset) -> None:
    """No nextCursor of a filtered list is refused when it is followed."""
    _cursors_are_served(dataset, filtered=True)


def _cursors_are_served(dataset: Dataset, *, filtered: bool) -> None:
    walks = [walked for walked in dataset.walks if bool(filters_of(walked).keys() - {"includeArchived"}) is filtered]
    followed = [walked for walked in walks if len(walked.pages) > 1 or walked.refusal]
    record_tried(len(followed), len(followed))  # if there are none, the other checks of the requirement judge it
    for walked in followed:
        again = _again(dataset.anew(), walked) if walked.refusal else walked
        if again.refusal:
            expect(False, f"its own nextCursor is refused: {again.refusal.line()}", *again.pages[-1:], again.refusal)


@requirement("PAGE-8", whole_run=True)
@over(LISTS)
def test_no_walk_goes_round(case: str, dataset: Dataset) -> None:
    """No walk of the run, under any filters and at any limit, comes back to a cursor that it followed before."""
    walks = [walked for walked in dataset.walks if walked.operation == case]
    if not any(walked.items for walked in walks):
        not_tested(f"{case} shows nothing")
    for walked in walks:
        expect(
            not walked.endless, "the walk has no end: its last nextCursor came back a second time", *walked.pages[-2:]
        )


@requirement("PAGE-9")
@over(tuple(product(LISTS, SPOILS)), Cut(quick=4, paced=6, standard=len(LISTS) * len(SPOILS)))
@on_changing_data
def test_a_spoiled_cursor(case: tuple[str, str], dataset: Dataset, seed: int) -> None:
    """A spoiled cursor is refused with a problem, or answered with a page of the caller's own data."""
    operation, spoil = case
    cursor = spoiled(real_cursor(dataset, operation), spoil, seed)
    if cursor is None:
        not_tested(f"the cursors of {operation} show no member, date or number that this alters")
    _own_page_or_problem(dataset, operation, cursor)


@requirement("PAGE-9")
@over(tuple(permutations(LISTS, 2)), Cut(quick=1, paced=1, standard=12))
@on_changing_data
def test_the_cursor_of_another_list(case: tuple[str, str], dataset: Dataset) -> None:
    """A cursor of another list is refused with a problem, or answered with a page of the caller's own data."""
    operation, other = case
    if not dataset.walk(operation).items:
        not_tested(f"{operation} is empty")
    _own_page_or_problem(dataset, operation, real_cursor(dataset, other))


# After all other checks, because an added contact moves their page borders.
@requirement("PAGE-11", whole_run=True)
def test_contacts_added_during_a_walk(dataset: Dataset, target: Target) -> None:
    """A walk during which contacts are added shows every contact that existed when it began, and none twice."""
    known = dataset.walk("listContacts").ids
    if len(known) < 2:
        not_tested("there are fewer than two contacts")
    if not shown_while_adding(dataset, target.hooks.add_contact or "", known):
        not_tested("the contacts that the hook added do not show in the list")


@requirement("PAGE-11", whole_run=True)
def test_contacts_added_during_a_filtered_walk(dataset: Dataset, target: Target, run_effort: Effort) -> None:
    """So does a walk under a filter, if the contacts that are added have its value."""
    later, there = dataset.anew(), set(dataset.walk("listContacts").ids)
    added = [one for one in later.walk("listContacts").items if one["id"] not in there] if run_effort.thorough else []
    shown = False
    for value in {text_of(one, "qualificationStatus") for one in added[:1]} - {""}:
        filters: dict[str, Any] = {"qualificationStatus": value}
        known = later.walked("listContacts", limit=LARGEST, **filters)
        shown = shown_while_adding(later, target.hooks.add_contact or "", known.ids, **filters)
    record_tried(int(shown), 1)  # the check above judges PAGE-11 where the contacts that are added have other values


@requirement("PAGE-12")
@over(LISTS)
def test_a_cursor_used_twice(case: str, dataset: Dataset, run_effort: Effort) -> None:
    """A cursor that is used again leads to the same items in the same order; if time allows, it is used a third time."""
    walked = _of_three_pages(dataset, case)
    if len(walked.pages) < 2:
        not_tested(f"{case} has one page")
    times = 1 if run_effort.paced and case != LISTS[0] else 2
    again = [_repeated(dataset.caller, walked.pages[1]) for _ in range(times)]
    if all(_ids(page) == _ids(walked.pages[1]) for page in again):
        return
    # The data may have changed since that walk, so the cursor comes from a new walk.
    shown = len(items(walked.pages[0]))
    limit = shown - 1 if shown > 1 else 2
    first = sound(dataset.caller.get(case, limit=limit, **whole(case)))
    cursor = next_cursor(first)
    if cursor is None:
        not_tested(f"{case} has one page by now")
    second = sound(dataset.caller.get(case, limit=limit, cursor=cursor, **whole(case)))
    third = _repeated(dataset.caller, second)
    expect(_ids(third) == _ids(second), "the same cursor leads to other items the second time", first, second, third)


@requirement("PAGE-3", whole_run=True)
@over(LISTS)
def test_no_page_of_a_walk_is_longer_than_its_limit(case: str, client: Client) -> None:
    """No page of a walk, or of a filtered list, holds more items than its limit."""
    limits: dict[str, int] = {}
    for page in sorted(cases(client, lambda exchange: _page_of(case, exchange)), key=attrgetter("number")):
        limit = limit_of(page) or 0
        cursor = parse_qs(page.request.target.partition("?")[2]).get("cursor", [""])[0]
        if not cursor or limits.get(cursor) == limit:
            found = len(items(page))
            expect(found <= limit, f"a page holds {found} items, at limit={limit}", page)
        if following := next_cursor(page):
            limits[following] = limit


def _page_of(operation: str, exchange: Exchange) -> bool:
    asked = exchange.request.operation == operation and limit_of(exchange) is not None
    return asked and unusable(exchange) is None


@requirement("PAGE-13", whole_run=True)
def test_no_page_is_short(client: Client) -> None:
    """A page of the run that has a nextCursor holds as many items as it was asked for."""
    none_has(_short, cases(client, lambda exchange: limit_of(exchange) is not None and _goes_on(exchange)))


def _short(page: Exchange) -> str | None:
    found = len(page.json["data"])
    return f"{found} items, and a nextCursor" if found < (limit_of(page) or 0) else None


def _own_page_or_problem(dataset: Dataset, operation: str, cursor: str) -> None:
    answer = dataset.caller.get(operation, cursor=cursor, **whole(operation))
    if answer.status in _REFUSED:
        expect(answer.media_type == PROBLEM, f"the refusal is {answer.media_type}, no problem", answer)
        return
    expect(answer.status == 200, f"{answer.line()}, expected 400, 404, 422 or a page", answer)
    known = dataset.walk(operation)
    strange = {item["id"] for item in settled(items(sound(answer)), known)} - set(known.ids)
    message = f"a spoiled cursor shows {sorted(strange)[:1]}, which no walk shows"
    expect(not strange or not known.complete, message, answer)


def _of_three_pages(dataset: Dataset, operation: str) -> Walk:
    """A walk of three pages, if the list is long enough: only the third page shows a cursor that moves on."""
    walked = bordered(dataset, operation)
    third = len(dataset.walk(operation).ids) // 3
    if len(walked.pages) > 2 or not third:
        return walked
    return dataset.walked(operation, limit=min(LARGEST, third), most_pages=3, **whole(operation))


def _repeated(caller: Caller, exchange: Exchange) -> Exchange:
    """The same request again, with the same key."""
    same = replace(caller, keys=(exchange.request.credential,)) if exchange.request.credential else caller
    return same.send("GET", exchange.request.target, operation=exchange.request.operation)


def _ids(page: Exchange) -> list[str] | None:
    return None if unusable(page) else [item["id"] for item in items(page)]


def _goes_on(exchange: Exchange) -> bool:
    return unusable(exchange) is None and bool(next_cursor(exchange))
