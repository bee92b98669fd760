"""FILTER: each filter shows exactly the items that it should, compared with the whole lists."""

from __future__ import annotations

from conformance.cases.archived_lists import any_with_archived_ones, no_archived_one_hidden, unarchived_alone
from conformance.cases.dataset import LARGEST, Dataset
from conformance.cases.expected_pages import (
    combination,
    confirmed,
    exactly,
    half,
    on_changing_data,
    on_one_page,
    values,
)
from conformance.cases.filters import (
    SEARCHED,
    absent,
    awkward_words,
    let_through,
    values_of,
    words_of,
)
from conformance.cases.page_boundaries import limit_of_two_pages
from conformance.cases.page_tables import FilteredWalk, partners, values_beside_filters
from conformance.cases.tables import Cut, Effort, over
from conformance.cases.unmatched_filters import (
    NO_SUCH_VALUE,
    expect_nothing,
    expect_same_if_encoded,
    only_like,
    value_with_a_hit,
    word_with_a_hit,
)
from conformance.checks import not_tested, record_tried, requirement

_SEVERAL = (
    ("listContacts", ("listId", "qualificationStatus")),
    ("listContacts", ("listId", "q")),
    ("listContacts", ("qualificationStatus", "q")),
    ("listContacts", ("listId", "qualificationStatus", "q")),
    ("listDrafts", ("status", "contactId")),
)
_VALUES = Cut(quick=3, paced=4, standard=10)
_UNUSED = Cut(quick=0, paced=0, standard=1)
_MOST_UNUSED = 20
# With this many types, some servers ignore the filter.
_SEVERAL_TYPES = 5
_ITSELF = "itself"
# The lists that have what these filters take.
_LISTED = {"listId": "listLists", "contactId": "listContacts"}


def archived_lists(dataset: Dataset) -> list[str]:
    """The archived lists that contacts are on. Raises NotTested if there are none."""
    named = {value for contact in dataset.contacts for value in values_of("listId", contact)}
    found = [known["id"] for known in dataset.lists if known.get("archivedAt") and known["id"] in named]
    return found or not_tested("no contact is on an archived list")


@requirement("FILTER-1")
def test_contacts_of_a_list(dataset: Dataset, run_effort: Effort) -> None:
    """`listId` shows the contacts that have the list among their lists, at any place."""
    _by_every_value(dataset, "listContacts", "listId", run_effort)


@requirement("FILTER-1")
@over(archived_lists, Cut(quick=1, paced=1, standard=4))
def test_contacts_of_an_archived_list(case: str, dataset: Dataset) -> None:
    """The id of an archived list shows the contacts that are on it, or is refused as an unknown list is."""
    _exact_or_refused(dataset, "listContacts", listId=case)


@requirement("FILTER-2")
def test_contacts_by_qualification(dataset: Dataset, run_effort: Effort) -> None:
    """`qualificationStatus` shows the contacts that have it, and not those of a status whose name contains it."""
    _by_every_value(dataset, "listContacts", "qualificationStatus", run_effort)


@requirement("FILTER-3")
@over(SEARCHED)
def test_search_finds_contacts_by_their_words(case: str, dataset: Dataset) -> None:
    """`q` finds every contact that has the word in its first name, last name or company, or as its whole email."""
    words = words_of(dataset.contacts, case)
    if not words:
        not_tested(f"no contact has a plain word as its {case}")
    _exact(dataset, "listContacts", LARGEST, q=words[0])


def searched_words(dataset: Dataset) -> list[tuple[str, str]]:
    """Words that a careless search misses, with their members; if there are none, the words that the fewest contacts have."""
    telling = [(member, word) for member in SEARCHED for word in words_of(dataset.contacts, member)[:1]]
    return awkward_words(dataset.contacts) or telling


@requirement("FILTER-3")
@over(searched_words, Cut(quick=1, paced=1, standard=8))
def test_search_finds_contacts_by_any_word(case: tuple[str, str], dataset: Dataset) -> None:
    """`q` finds every contact by a word beyond ASCII, by one with which no name begins, and by an email with a plus."""
    _, word = case
    _exact(dataset, "listContacts", LARGEST, q=word)


@requirement("FILTER-3")
@over(searched_words, Cut(quick=0, paced=0, standard=1))
def test_a_search_percent_encoded(case: tuple[str, str], dataset: Dataset) -> None:
    """`q` finds the same contacts if each of its characters is percent-encoded."""
    _, word = case
    confirmed(
        dataset,
        "listContacts",
        lambda seen: expect_same_if_encoded(seen, "listContacts", limit=LARGEST, q=word),
    )


@requirement("FILTER-3")
def test_search_finds_nobody_by_a_word_that_is_nowhere(dataset: Dataset, seed: int) -> None:
    """A search for a word that no contact has finds nothing, while a contact is found by its own word."""
    word_with_a_hit(dataset)
    expect_nothing(dataset, "listContacts", q=absent(dataset.contacts, seed))


@requirement("FILTER-4")
def test_archived_lists_are_shown_on_demand(dataset: Dataset) -> None:
    """Without `includeArchived=1` a list shows all but the archived ones; with it, all."""
    confirmed(dataset, "listLists", any_with_archived_ones)
    confirmed(dataset, "listLists", no_archived_one_hidden)
    if not any(known.get("archivedAt") for known in dataset.lists):
        not_tested("there is no archived list in the data")
    confirmed(dataset, "listLists", unarchived_alone)
    _exact(dataset, "listLists", LARGEST, includeArchived="0")


@requirement("FILTER-5")
def test_drafts_by_status(dataset: Dataset, run_effort: Effort) -> None:
    """`status` shows the drafts that have it now, and not those that had it earlier."""
    _by_every_value(dataset, "listDrafts", "status", run_effort)


@requirement("FILTER-6")
def test_drafts_of_a_contact(dataset: Dataset, run_effort: Effort) -> None:
    """`contactId` shows that contact's drafts."""
    _by_every_value(dataset, "listDrafts", "contactId", run_effort)


@requirement("FILTER-7")
def test_events_of_a_type(dataset: Dataset, run_effort: Effort) -> None:
    """`eventType` shows the events of the type."""
    _by_every_value(dataset, "listEvents", "eventType", run_effort)


def several_types(dataset: Dataset) -> list[FilteredWalk]:
    """The events of several types, but not of all, over two pages. Raises NotTested if there are fewer than two types."""
    types = [found.value for found in values(dataset, "listEvents", "eventType")]
    if len(types) < 2:
        not_tested("the event feed has fewer than two types")
    several = ",".join(types[-max(2, min(_SEVERAL_TYPES, len(types) - 1)) :])
    limit = limit_of_two_pages(let_through("listEvents", {"eventType": several}, dataset.events))
    return [FilteredWalk("listEvents", (("eventType", several),), limit)]


@requirement("FILTER-7")
@over(several_types)
def test_events_of_several_types(case: FilteredWalk, dataset: Dataset) -> None:
    """Several types, comma-separated, show the events of each of them."""
    _exact(dataset, case.operation, case.limit, **dict(case.filters))


@requirement("FILTER-7")
@over(several_types, Cut(quick=0, paced=0, standard=1))
@on_changing_data
def test_several_types_percent_encoded(case: FilteredWalk, dataset: Dataset) -> None:
    """Several types show the same events if their commas, and all other characters, are percent-encoded."""
    expect_same_if_encoded(dataset, case.operation, limit=case.limit, **dict(case.filters))


@requirement("FILTER-7")
@over(("unheard-of", _ITSELF), Cut(quick=0, paced=0, standard=2))
def test_a_type_beside_an_unknown_one(case: str, dataset: Dataset) -> None:
    """A type together with one that no event has, or with itself, shows the events of the first, each once, or is refused."""
    known = value_with_a_hit(dataset, "listEvents", "eventType")
    _exact_or_refused(dataset, "listEvents", eventType=f"{known},{known if case == _ITSELF else case}")


@requirement("FILTER-8")
@over(_SEVERAL, Cut(quick=3, paced=5, standard=5))
def test_filters_combine(case: tuple[str, tuple[str, ...]], dataset: Dataset) -> None:
    """Several filters together show exactly what all of them let through; each of them has an effect."""
    operation, names = case
    _exact(dataset, operation, LARGEST, **combination(dataset, operation, names))


@requirement("FILTER-8")
@over(values_beside_filters, Cut(quick=1, paced=1, standard=84))
def test_each_value_combines(case: FilteredWalk, dataset: Dataset) -> None:
    """Each value of a filter, together with a value of another filter or a search, shows what both let through."""
    _on_one_page(dataset, case.operation, **dict(case.filters))


@requirement("FILTER-8")
@over(archived_lists, Cut(quick=0, paced=0, standard=4))
def test_an_archived_list_combines_too(case: str, dataset: Dataset) -> None:
    """If the id of an archived list shows its contacts, a qualification beside it shows those of them that have it."""
    if dataset.asked("listContacts", limit=dataset.largest("listContacts"), listId=case).status in NO_SUCH_VALUE:
        not_tested("the id of an archived list is refused")
    statuses = partners(dataset, "listContacts", ("listId", case), "qualificationStatus")
    if not statuses:
        not_tested("the contacts of the archived list have one qualification")
    _on_one_page(dataset, "listContacts", listId=case, qualificationStatus=statuses[0])


@requirement("FILTER-8")
def test_a_search_for_nothing_combines_too(dataset: Dataset, seed: int) -> None:
    """A search for a word that no contact has finds nothing among the contacts of a list either."""
    filters = combination(dataset, "listContacts", ("listId", "qualificationStatus"))
    _exact(dataset, "listContacts", LARGEST, **filters)
    expect_nothing(dataset, "listContacts", **filters, q=absent(dataset.contacts, seed))


def _by_every_value(dataset: Dataset, operation: str, name: str, run_effort: Effort) -> None:
    """Walk the filter's best value over two pages, which is a case of PAGE-10 too; try one page of each other value.

    Last, of what exists and is in no item: such a value shows nothing, or is refused as an unknown one is.
    """
    first, *others = values(dataset, operation, name)
    _exact(dataset, operation, half(first.count), **{name: first.value})
    chosen = others[: (_VALUES.most(run_effort) or len(others) + 1) - 1]
    for other in chosen:
        _on_one_page(dataset, operation, **{name: other.value})
    unused = _unused(dataset, operation, name)
    of_nothing = unused[: _UNUSED.most(run_effort)]
    for value in of_nothing:
        only_like(dataset, operation, name, value)
    record_tried(1 + len(chosen) + len(of_nothing), 1 + len(others) + len(unused))


def _exact(dataset: Dataset, operation: str, limit: int, **filters: str) -> None:
    confirmed(dataset, operation, lambda seen: exactly(seen, operation, limit=limit, **filters))


def _on_one_page(dataset: Dataset, operation: str, **filters: str) -> None:
    confirmed(dataset, operation, lambda seen: on_one_page(seen, operation, **filters))


def _exact_or_refused(dataset: Dataset, operation: str, **filters: str) -> None:
    if dataset.asked(operation, limit=dataset.largest(operation), **filters).status not in NO_SUCH_VALUE:
        _on_one_page(dataset, operation, **filters)


def _unused(dataset: Dataset, operation: str, name: str) -> list[str]:
    """Some known ids that a filter takes and no item of its list has; none if the list was not walked to its end."""
    listing, known = _LISTED.get(name), dataset.walk(operation)
    if listing is None or not known.complete:
        return []
    used = {value for item in known.items for value in values_of(name, item)}
    return [one["id"] for one in dataset.walk(listing).items if one["id"] not in used][:_MOST_UNUSED]
