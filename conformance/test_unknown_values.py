"""FILTER-9: a filter's value that nothing has shows nothing."""

from __future__ import annotations

from conformance.cases.dataset import Dataset
from conformance.cases.expected_pages import unknown_value
from conformance.cases.filters import NULLS, WITHOUT_A_HIT
from conformance.cases.resource_ids import MISSPELLINGS
from conformance.cases.tables import Cut, over
from conformance.cases.unmatched_filters import (
    UNKNOWN_TYPES,
    expect_nothing,
    known_beside,
    only_like,
    only_with,
    unknown_beside_known,
    value_with_a_hit,
    value_without_a_hit,
    word_with_a_hit,
)
from conformance.checks import not_tested, requirement

_BY_VALUE = (
    ("listContacts", "listId"),
    ("listContacts", "qualificationStatus"),
    ("listDrafts", "status"),
    ("listDrafts", "contactId"),
    ("listEvents", "eventType"),
)
_CAPITALS = "in capitals"
_MISSPELT = tuple(
    (*row, misspelling)
    for row in _BY_VALUE
    for misspelling in (*MISSPELLINGS, *([] if row[1].endswith("Id") else [_CAPITALS]))
)


@requirement("FILTER-9")
@over(_BY_VALUE)
def test_an_unknown_value_shows_nothing(case: tuple[str, str], dataset: Dataset) -> None:
    """A filter that shows something for an existing value shows nothing for a value that does not exist."""
    operation, name = case
    value_with_a_hit(dataset, operation, name)
    expect_nothing(dataset, operation, **{name: unknown_value(dataset, operation, name)})


@requirement("FILTER-9")
@over((UNKNOWN_TYPES,), Cut(quick=0, paced=0, standard=1))
def test_several_unknown_values_show_nothing(case: str, dataset: Dataset) -> None:
    """Several types that no event has, comma-separated, show nothing, while a known one shows its events."""
    value_with_a_hit(dataset, "listEvents", "eventType")
    expect_nothing(dataset, "listEvents", eventType=case)


@requirement("FILTER-9")
@over(_MISSPELT, Cut(quick=1, paced=1, standard=len(_MISSPELT)))
def test_a_misspelt_value_shows_nothing(case: tuple[str, str, str], dataset: Dataset) -> None:
    """A filter that shows something for an existing value does not show it for a similar value; case may be ignored."""
    operation, name, misspelling = case
    value = value_with_a_hit(dataset, operation, name)
    asked = MISSPELLINGS.get(misspelling, str.upper)(value)
    if asked in ("", value):
        not_tested(f"{name}={value} is too short to be misspelt, or has no small letters")
    only_like(dataset, operation, name, asked, *([value] if misspelling == _CAPITALS else []))


@requirement("FILTER-9")
@over(tuple(WITHOUT_A_HIT), Cut(quick=1, paced=2, standard=len(WITHOUT_A_HIT)))
def test_a_search_without_a_hit_shows_nothing(case: str, dataset: Dataset, seed: int) -> None:
    """A search without a match shows no contact, while another search finds some."""
    word_with_a_hit(dataset)
    expect_nothing(dataset, "listContacts", q=WITHOUT_A_HIT[case](dataset.contacts, seed))


@requirement("FILTER-9")
@over(NULLS, Cut(quick=0, paced=0, standard=len(NULLS)))
def test_a_search_does_not_find_what_is_null(case: str, dataset: Dataset) -> None:
    """A search for the word that null becomes in a careless text shows no contact that does not have it as a word of its own."""
    word_with_a_hit(dataset)
    only_with(dataset, case)


@requirement("FILTER-9")
@over(tuple(unknown_beside_known()), Cut(quick=0, paced=0, standard=len(unknown_beside_known())))
def test_an_unknown_value_beside_a_known_one(case: tuple[str, str, str, str], dataset: Dataset) -> None:
    """A value that no item has shows nothing, also beside values of other filters that show something by themselves."""
    operation, name, kind, others = case
    known = known_beside(dataset, operation, others)
    expect_nothing(dataset, operation, **{name: value_without_a_hit(dataset, operation, name, kind)}, **known)
