"""FILTER: each filter shows exactly what it should, told by what the whole lists hold."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.estate import Estate
from conformance.expectations import (
    LARGEST,
    MOST_PAGES,
    SEARCHED,
    absent,
    combination,
    confirmed,
    exactly,
    half,
    on_one_page,
    settled,
    unknown_value,
    values,
    words_of,
)
from conformance.story import NotJudged, expect, items, not_tested, requirement, sound
from conformance.trials import each

_NOTHING = (400, 404)
_MOST_VALUES = 8


@requirement("FILTER-1")
def test_contacts_of_a_list(estate: Estate) -> None:
    """`listId` shows the contacts that name the list among theirs, wherever among them."""
    _by_value(estate, "listContacts", "listId")


@requirement("FILTER-2")
def test_contacts_by_qualification(estate: Estate) -> None:
    """`qualificationStatus` shows the contacts that have it, and not those of a status whose name holds it."""
    _by_every_value(estate, "listContacts", "qualificationStatus")


@requirement("FILTER-3")
def test_search_finds_contacts_by_their_words(estate: Estate) -> None:
    """`q` finds every contact that has the word in its first name, last name or company, or as its whole email."""
    each(SEARCHED, lambda member: _search(estate, member))


@requirement("FILTER-3")
def test_search_finds_nobody_by_a_word_that_is_nowhere(estate: Estate, seed: int) -> None:
    """Where a contact is found by a word of its own, a word that no contact has finds none."""
    _first_search(estate)
    _nothing(estate, "listContacts", q=absent(estate.contacts, seed))


@requirement("FILTER-4")
def test_archived_lists_are_shown_on_demand(estate: Estate) -> None:
    """Without `includeArchived=1` archived lists are missing and no others; with it both are there."""
    if not any(known["archivedAt"] for known in estate.lists):
        _look_for_hidden_lists(estate)
    confirmed(estate, "listLists", _unarchived_alone)
    _exact(estate, "listLists", LARGEST, includeArchived="0")


@requirement("FILTER-5")
def test_drafts_by_status(estate: Estate) -> None:
    """`status` shows the drafts that have it, and not those that had it once."""
    _by_every_value(estate, "listDrafts", "status")


@requirement("FILTER-6")
def test_drafts_of_a_contact(estate: Estate) -> None:
    """`contactId` shows that contact's drafts."""
    _by_value(estate, "listDrafts", "contactId")


@requirement("FILTER-7")
def test_events_of_a_type(estate: Estate) -> None:
    """`eventType` shows the events of the type."""
    _by_value(estate, "listEvents", "eventType")


@requirement("FILTER-7")
def test_events_of_several_types(estate: Estate) -> None:
    """Several types, comma-separated, show the events of each of them."""
    types = values(estate, "listEvents", "eventType")[-3:]
    if len(types) < 2:
        not_tested("the event feed has fewer than two types")
    several = ",".join(found.value for found in types)
    count = sum(found.count for found in types)
    _exact(estate, "listEvents", half(count), eventType=several)


@requirement("FILTER-8")
def test_filters_combine(estate: Estate) -> None:
    """Several filters show what each of them lets through, where none could be left out unnoticed."""
    combinations = (
        ("listContacts", ("listId", "qualificationStatus")),
        ("listContacts", ("listId", "q")),
        ("listDrafts", ("status", "contactId")),
    )
    each(combinations, lambda case: _exact(estate, case[0], LARGEST, **combination(estate, *case)))


@requirement("FILTER-8")
def test_a_search_for_nothing_combines_too(estate: Estate, seed: int) -> None:
    """A word that no contact has finds none among the contacts of a list either."""
    filters = combination(estate, "listContacts", ("listId", "qualificationStatus"))
    _exact(estate, "listContacts", LARGEST, **filters)
    _nothing(estate, "listContacts", **filters, q=absent(estate.contacts, seed))


@requirement("FILTER-9")
def test_an_unknown_value_shows_nothing(estate: Estate) -> None:
    """A filter that shows something for a value of the data shows nothing for a value that is not there."""
    filters = (
        ("listContacts", "listId"),
        ("listContacts", "qualificationStatus"),
        ("listDrafts", "status"),
        ("listDrafts", "contactId"),
        ("listEvents", "eventType"),
    )
    each(filters, lambda case: _unknown_value(estate, *case))


@requirement("FILTER-9")
def test_a_search_without_a_hit_shows_nothing(estate: Estate, seed: int) -> None:
    """A search that finds nobody shows no contact, where another finds some."""
    _first_search(estate)
    _nothing(estate, "listContacts", q=absent(estate.contacts, seed))


def _by_value(estate: Estate, operation: str, name: str) -> None:
    """The most telling value of a filter, over two pages, so that its walk serves PAGE-10 too."""
    value = values(estate, operation, name)[0]
    _exact(estate, operation, half(value.count), **{name: value.value})


def _by_every_value(estate: Estate, operation: str, name: str) -> None:
    """The most telling value of a filter whole, and a page of each other."""
    _by_value(estate, operation, name)
    for other in values(estate, operation, name)[1:_MOST_VALUES]:
        _on_one_page(estate, operation, **{name: other.value})


def _exact(estate: Estate, operation: str, limit: int, **filters: str) -> None:
    confirmed(estate, operation, lambda seen: exactly(seen, operation, limit=limit, **filters))


def _on_one_page(estate: Estate, operation: str, **filters: str) -> None:
    confirmed(estate, operation, lambda seen: on_one_page(seen, operation, **filters))


def _search(estate: Estate, member: str) -> None:
    words = words_of(estate.contacts, member)
    if not words:
        not_tested(f"no contact has a plain word as its {member}")
    _exact(estate, "listContacts", LARGEST, q=words[0])


def _first_search(estate: Estate) -> None:
    """A search that finds somebody. Raises NotJudged where it does not: FILTER-3 says so."""
    words = [word for member in SEARCHED for word in words_of(estate.contacts, member)[:1]]
    if not words:
        not_tested("no contact has a plain word to search for")
    searches = (estate.walked("listContacts", limit=LARGEST, most_pages=MOST_PAGES, q=word) for word in words)
    if not any(search.items for search in searches):
        raise NotJudged("a search for a contact's own words finds nobody")


def _unknown_value(estate: Estate, operation: str, name: str) -> None:
    first = values(estate, operation, name)[0]
    shown = estate.walked(operation, limit=half(first.count), most_pages=MOST_PAGES, **{name: first.value})
    if not shown.items:
        raise NotJudged(f"{name}={first.value} shows nothing", shown.pages[0])
    _nothing(estate, operation, **{name: unknown_value(estate, operation, name)})


def _nothing(estate: Estate, operation: str, **filters: str) -> None:
    """Expect an empty page, or to be told that there is no such thing."""
    answer = estate.asked(operation, **filters)
    if answer.status in _NOTHING:
        return
    expect(answer.status == 200, f"{answer.line()}, expected an empty page, 400 or 404", answer)
    shown = items(sound(answer))
    expect(not shown, f"{answer.request.target} matches nothing and shows {len(shown)} items", answer)


def _unarchived_alone(seen: Estate) -> None:
    """The list of lists without a parameter: every unarchived one, all of them among those that includeArchived=1 shows."""
    known = seen.walk("listLists")
    unarchived = [contact_list for contact_list in known.items if contact_list["archivedAt"] is None]
    shown = exactly(seen, "listLists", limit=half(len(unarchived) or LARGEST * 2))
    lost = {item["id"] for item in settled(shown.items, known)} - set(known.ids)
    expect(not lost, f"includeArchived=1 hides lists that are shown without it: {sorted(lost)[:1]}", *known.pages)


def _look_for_hidden_lists(estate: Estate) -> None:
    """Where includeArchived=1 shows no archived list: is there one that contacts are on?"""
    shown = set(estate.walk("listLists").ids)
    for list_id in _first([id_ for contact in estate.contacts for id_ in contact["listIds"] if id_ not in shown], 3):
        found = estate.caller.get("getList", id=list_id)
        archived = isinstance(found.json, dict) and found.status == 200 and found.json.get("archivedAt")
        expect(not archived, f"includeArchived=1 does not show the archived list {list_id}", found)
    not_tested("there is no archived list in the data")


def _first(ids: Iterable[str], most: int) -> list[str]:
    return list(dict.fromkeys(ids))[:most]
