"""Filters with and without a match: a value that shows something comes first, then one that must show nothing (FILTER-9)."""

from __future__ import annotations

from conformance.cases.dataset import LARGEST, Dataset
from conformance.cases.expected_pages import MOST_PAGES, half, values
from conformance.cases.filters import SEARCHED, words_of
from conformance.checks import NotJudged, expect, items, not_tested, sound

NO_SUCH_VALUE = (400, 404, 422)
"""The statuses that may refuse a filter's value because nothing has it."""


def value_with_a_hit(dataset: Dataset, operation: str, name: str) -> str:
    """A value of a filter that shows something. Raises NotJudged if it shows nothing: another requirement judges that."""
    first = values(dataset, operation, name)[0]
    shown = dataset.walked(operation, limit=half(first.count), most_pages=MOST_PAGES, **{name: first.value})
    if not shown.items:
        raise NotJudged(f"{name}={first.value} shows nothing", shown.pages[0])
    return first.value


def see_a_search_with_a_hit(dataset: Dataset) -> None:
    """A search that finds a contact. Raises NotJudged if it finds none: FILTER-3 judges that."""
    words = [word for member in SEARCHED for word in words_of(dataset.contacts, member)[:1]]
    if not words:
        not_tested("no contact has a plain word to search for")
    searches = (dataset.walked("listContacts", limit=LARGEST, most_pages=MOST_PAGES, q=word) for word in words)
    if not any(search.items for search in searches):
        raise NotJudged("a search for a contact's own words finds no contact")


def expect_nothing(dataset: Dataset, operation: str, **filters: str) -> None:
    """Expect an empty page, or a refusal because there is no such value."""
    answer = dataset.asked(operation, **filters)
    if answer.status in NO_SUCH_VALUE:
        return
    expect(answer.status == 200, f"{answer.line()}, expected an empty page, 400, 404 or 422", answer)
    shown = items(sound(answer))
    expect(not shown, f"{answer.request.target} matches nothing and shows {len(shown)} items", answer)
