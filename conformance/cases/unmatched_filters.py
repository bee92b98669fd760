"""Filters with and without a match: a value that shows something comes first, then one that must show nothing (FILTER-9)."""

from __future__ import annotations

from contextlib import suppress
from itertools import permutations
from urllib.parse import parse_qsl, urlsplit

import spec
from conformance.cases.dataset import LARGEST, Dataset
from conformance.cases.expected_pages import MOST_PAGES, combination, half, unknown_value, values
from conformance.cases.filters import SEARCHED, WITHOUT_A_HIT, excluded, occurs, values_of, words_of
from conformance.checks import NotJudged, expect, items, not_tested, sound

NO_SUCH_VALUE = (400, 404, 422)
"""The statuses that may refuse a filter's value because nothing has it."""

UNKNOWN_TYPES = "no.such-value,no.other-value"
"""Several types that no event has, as one value of `eventType`."""

_UNKNOWN = "unknown"
# Together, because a server that ignores a search beside one of them ignores it beside both.
_BESIDE_A_SEARCH = "listId and qualificationStatus"


def unknown_beside_known() -> list[tuple[str, str, str, str]]:
    """Rows of an operation, a filter, a kind of value that no item has, and other filters, whose values an item has."""
    rows = [
        (operation.id, name, _UNKNOWN, other)
        for operation in spec.contract().operations.values()
        for name, other in permutations(operation.filters, 2)
        if name != "q"
    ]
    return [*rows, *(("listContacts", "q", kind, _BESIDE_A_SEARCH) for kind in WITHOUT_A_HIT)]


def known_beside(dataset: Dataset, operation: str, others: str) -> dict[str, str]:
    """Values of the other filters of a row of `unknown_beside_known`, which show something by themselves."""
    if others != _BESIDE_A_SEARCH:
        return {others: value_with_a_hit(dataset, operation, others)}
    names = others.split(" and ")
    found: dict[str, str] = dataset.once(others, lambda: combination(dataset, operation, names))
    return found


def value_without_a_hit(dataset: Dataset, operation: str, name: str, kind: str) -> str:
    """A value of a filter that no item has, of a kind that `unknown_beside_known` names."""
    if kind == _UNKNOWN:
        return unknown_value(dataset, operation, name)
    return dataset.once(f"{kind} without a hit", lambda: WITHOUT_A_HIT[kind](dataset.contacts, dataset.seed))


def value_with_a_hit(dataset: Dataset, operation: str, name: str) -> str:
    """A value of a filter that shows something. Raises NotJudged if it shows nothing: another requirement judges that."""
    if name == "q":
        return word_with_a_hit(dataset)
    first = values(dataset, operation, name)[0]
    shown = dataset.walked(operation, limit=half(first.count), most_pages=MOST_PAGES, **{name: first.value})
    if not shown.items:
        raise NotJudged(f"{name}={first.value} shows nothing", shown.pages[0])
    return first.value


def word_with_a_hit(dataset: Dataset) -> str:
    """A word whose search finds a contact. Raises NotJudged if none does: FILTER-3 judges that."""
    return dataset.once("a word with a hit", lambda: _word_with_a_hit(dataset))


def _word_with_a_hit(dataset: Dataset) -> str:
    words = [word for member in SEARCHED for word in words_of(dataset.contacts, member)[:1]]
    if not words:
        not_tested("no contact has a plain word to search for")
    for word in words:
        if dataset.walked("listContacts", limit=LARGEST, most_pages=MOST_PAGES, q=word).items:
            return word
    raise NotJudged("a search for a contact's own words finds no contact")


def expect_nothing(dataset: Dataset, operation: str, **filters: str) -> None:
    """Expect an empty page, or a refusal because there is no such value."""
    answer = dataset.asked(operation, **filters)
    if answer.status in NO_SUCH_VALUE:
        return
    expect(answer.status == 200, f"{answer.line()}, expected an empty page, 400, 404 or 422", answer)
    shown = items(sound(answer))
    expect(not shown, f"{answer.request.target} matches nothing and shows {len(shown)} items", answer)


def only_like(dataset: Dataset, operation: str, name: str, asked: str, *like: str) -> None:
    """Expect a value to be refused, or to show no item but those that have it, or one of the values that are `like` it."""
    answer = dataset.asked(operation, **{name: asked})
    if answer.status in NO_SUCH_VALUE:
        return
    expect(answer.status == 200, f"{answer.line()}, expected an empty page, 400, 404 or 422", answer)
    allowed = [{name: value} for value in (asked, *like)]
    strange = [item["id"] for item in items(sound(answer)) if all(excluded(operation, one, item) for one in allowed)]
    expect(not strange, f"{answer.request.target} shows {strange[:1]}, which the filter excludes", answer)


def ask_for_unlisted(dataset: Dataset, operation: str) -> None:
    """Read a page of each documented value of a filter that no item of the whole list has; a refusal is no matter here."""
    for parameter in spec.contract().operations[operation].parameters:
        name = parameter.name
        listed = {value for item in dataset.walk(operation).items for value in values_of(name, item)}
        for value in parameter.schema.get("x-known-values", ()):
            if value not in listed:
                with suppress(NotJudged):
                    dataset.walked(operation, limit=LARGEST, most_pages=1, **{name: value})


def only_with(dataset: Dataset, text: str) -> None:
    """Expect a search for a text to be refused, or to show no contact but those that have it in a member."""
    answer = dataset.asked("listContacts", q=text)
    if answer.status in NO_SUCH_VALUE:
        return
    expect(answer.status == 200, f"{answer.line()}, expected a page, 400, 404 or 422", answer)
    strange = [item["id"] for item in items(sound(answer)) if not occurs(text, item)]
    expect(not strange, f"{answer.request.target} shows {strange[:1]}, which does not have it in any member", answer)


def expect_same_if_encoded(dataset: Dataset, operation: str, *, limit: int, **filters: str) -> None:
    """Expect the first page under filters to stay the same if each character of the query's values is percent-encoded."""
    page = dataset.walked(operation, limit=limit, most_pages=MOST_PAGES, **filters).pages[0]
    asked = urlsplit(page.request.target)
    encoded = "&".join(f"{name}={_encoded(value)}" for name, value in parse_qsl(asked.query))
    again = dataset.caller.send("GET", f"{asked.path}?{encoded}", operation=operation)
    told = f"{again.line()}, which is {asked.query} with all its characters percent-encoded"
    expect(again.status == 200, told, page, again)
    shown, shown_now = ([item["id"] for item in items(sound(answer))] for answer in (page, again))
    expect(shown == shown_now, f"{told}, shows {len(shown_now)} items, and {len(shown)} without it", page, again)


def _encoded(text: str) -> str:
    return "".join(f"%{octet:02x}" for octet in text.encode())
