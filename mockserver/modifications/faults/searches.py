"""Searches that find too much, too little, or everyone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
    """`q` of fewer than four characters finds everyone: the index has no words so short."""
    change_filters(pipeline, "contacts", lambda filters: _without_search(filters, lambda value: len(value) < 4))


@fault("FILTER-9")
def search_of_unknown_address_ignored(pipeline: Pipeline) -> None:
    """`q` with an address in it finds everyone: the parser of queries drops what it takes for an operator."""
    change_filters(pipeline, "contacts", lambda filters: _without_search(filters, lambda value: "@" in value))


def _without_search(filters: Filters, dropped: Callable[[str], bool]) -> Filters:
    return {name: value for name, value in filters.items() if name != "q" or not dropped(value)}


def _change_search(pipeline: Pipeline, lets: Callable[[str, str], bool], *members: str) -> None:
    """Have `q` look at these members alone, as `lets` has it: (folded needle, folded value)."""

    def found(value: str, contact: Resource) -> bool:
        return any(lets(fold(value), fold(contact[member] or "")) for member in members)

    change_filter(pipeline, "contacts", "q", found)


_SEARCHED = ("firstName", "lastName", "email", "companyName")


@fault("FILTER-3")
def search_of_first_names(pipeline: Pipeline) -> None:
    """`q` looks at first names alone."""
    _change_search(pipeline, lambda needle, value: needle in value, "firstName")


@fault("FILTER-3")
def search_without_company(pipeline: Pipeline) -> None:
    """`q` does not look at companies."""
    _change_search(pipeline, lambda needle, value: needle in value, "firstName", "lastName", "email")


@fault("FILTER-3")
def search_without_email(pipeline: Pipeline) -> None:
    """`q` does not look at addresses."""
    _change_search(pipeline, lambda needle, value: needle in value, "firstName", "lastName", "companyName")


@fault("FILTER-3")
def search_of_beginnings(pipeline: Pipeline) -> None:
    """`q` finds what a name, an address or a company begins with: no second word of it."""
    _change_search(pipeline, lambda needle, value: value.startswith(needle), *_SEARCHED)


@fault("FILTER-3")
def search_of_ascii(pipeline: Pipeline) -> None:
    """`q` is made lower case in the database, which does so with ASCII alone: `Émile` is found by no `émile`."""
    _change_search(pipeline, lambda needle, value: needle in value and needle[:1].isascii(), *_SEARCHED)


@fault("FILTER-3", "FILTER-9")
def search_finds_everyone_for_nothing(pipeline: Pipeline) -> None:
    """`q` without a match is taken for no `q`."""
    unfiltered_where_empty(pipeline, "q")


@fault("FILTER-8")
def search_forgets_filters(pipeline: Pipeline) -> None:
    """A search ignores the other filters."""
    change_filters(pipeline, "contacts", lambda filters: {"q": filters["q"]} if "q" in filters else filters)
