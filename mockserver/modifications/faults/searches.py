"""Searches that find too much, too little, or everyone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote_plus

from mockserver.api.pipeline import Pipeline
from mockserver.modifications.helpers.filters import change_filter, change_filters, ignore, unfiltered_where_empty
from mockserver.modifications.registry import fault
from mockserver.tenants.resource_types import Resource
from mockserver.tenants.search import fold

Filters = Mapping[str, str]


@fault("FILTER-3", "FILTER-8", "FILTER-9")
def search_ignored(pipeline: Pipeline) -> None:
    """`q` finds everyone."""
    ignore(pipeline, "contacts", "q")


@fault("FILTER-9")
def short_search_ignored(pipeline: Pipeline) -> None:
    """`q` of fewer than three characters finds everyone: the index has no shorter words."""
    change_filters(pipeline, "contacts", lambda filters: _without_search(filters, lambda value: len(value) < 3))


@fault("FILTER-9")
def search_of_unknown_address_ignored(pipeline: Pipeline) -> None:
    """`q` with an email address finds everyone: the query parser takes it for an operator, and drops it."""
    change_filters(pipeline, "contacts", lambda filters: _without_search(filters, lambda value: "@" in value))


@fault("FILTER-9")
def search_of_signs_ignored(pipeline: Pipeline) -> None:
    """`q` without a letter or digit finds everyone: nothing of it is left for the index."""
    change_filters(pipeline, "contacts", lambda filters: _without_search(filters, _is_signs))


def _is_signs(value: str) -> bool:
    return not any(map(str.isalnum, value))


def _without_search(filters: Filters, dropped: Callable[[str], bool]) -> Filters:
    return {name: value for name, value in filters.items() if name != "q" or not dropped(value)}


def _change_search(pipeline: Pipeline, lets: Callable[[str, str], bool], *members: str) -> None:
    """Make `q` search only these members, by `lets`: (folded needle, folded value) → whether it is found."""

    def found(value: str, contact: Resource) -> bool:
        return any(lets(fold(value), fold(contact[member] or "")) for member in members)

    change_filter(pipeline, "contacts", "q", found)


_SEARCHED = ("firstName", "lastName", "email", "companyName")


@fault("FILTER-3")
def search_of_first_names(pipeline: Pipeline) -> None:
    """`q` searches first names only."""
    _change_search(pipeline, lambda needle, value: needle in value, "firstName")


@fault("FILTER-3")
def search_without_company(pipeline: Pipeline) -> None:
    """`q` does not search companies."""
    _change_search(pipeline, lambda needle, value: needle in value, "firstName", "lastName", "email")


@fault("FILTER-3")
def search_without_email(pipeline: Pipeline) -> None:
    """`q` does not search email addresses."""
    _change_search(pipeline, lambda needle, value: needle in value, "firstName", "lastName", "companyName")


@fault("FILTER-3")
def search_of_beginnings(pipeline: Pipeline) -> None:
    """`q` finds only the beginning of a name, an address or a company, not its second word."""
    _change_search(pipeline, lambda needle, value: value.startswith(needle), *_SEARCHED)


@fault("FILTER-3")
def search_of_ascii(pipeline: Pipeline) -> None:
    """The database converts only ASCII letters of `q` to lower case: `émile` does not find `Émile`."""
    _change_search(pipeline, lambda needle, value: needle in value and needle[:1].isascii(), *_SEARCHED)


@fault("FILTER-3")
def search_of_small_addresses(pipeline: Pipeline) -> None:
    """An address is converted to lower case and compared with addresses as they are stored: one with capitals is never found."""

    def found(value: str, contact: Resource) -> bool:
        address = contact["email"] or ""
        return fold(value) in (address if "@" in value else fold(" ".join(contact[name] or "" for name in _SEARCHED)))

    change_filter(pipeline, "contacts", "q", found)


@fault("FILTER-3")
def search_decoded_twice(pipeline: Pipeline) -> None:
    """The value of `q` is decoded once more: a plus in an address becomes a space."""
    change_filters(
        pipeline,
        "contacts",
        lambda filters: {name: unquote_plus(value) if name == "q" else value for name, value in filters.items()},
    )


@fault("FILTER-9", "FILTER-3")
def search_with_wildcards(pipeline: Pipeline) -> None:
    """`q` is a pattern of SQL's LIKE, whose wildcards are not escaped."""

    def found(needle: str, value: str) -> bool:
        return re.search(re.escape(needle).replace("_", ".").replace("%", ".*"), value) is not None

    _change_search(pipeline, found, *_SEARCHED)


@fault("FILTER-9", "FILTER-3")
def search_of_nulls(pipeline: Pipeline) -> None:
    """`q` is searched in a text made of all members, in which a member that is null is the word `null`."""

    def found(value: str, contact: Resource) -> bool:
        return fold(value) in fold(" ".join(contact[member] or "null" for member in _SEARCHED))

    change_filter(pipeline, "contacts", "q", found)


@fault("FILTER-3", "FILTER-9")
def search_finds_everyone_for_nothing(pipeline: Pipeline) -> None:
    """`q` without a match is ignored, and finds everyone."""
    unfiltered_where_empty(pipeline, "q")


@fault("FILTER-8")
def search_forgets_filters(pipeline: Pipeline) -> None:
    """A search ignores the other filters."""
    change_filters(pipeline, "contacts", lambda filters: {"q": filters["q"]} if "q" in filters else filters)
