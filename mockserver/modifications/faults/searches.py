"""Searches that find too much, too little, or everyone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from mockserver.api.pipeline import Parts
from mockserver.modifications.helpers.filters import change_filter, change_filters, ignore, unfiltered_where_empty
from mockserver.tenants.search import fold


@dataclass(frozen=True)
class SearchIgnored:
    """`q` finds everyone."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-3", "FILTER-8", "FILTER-9")

    def install(self, parts: Parts) -> None:
        ignore(parts, "contacts", "q")


def _change_search(parts: Parts, lets: Callable[[str, str], bool], *members: str) -> None:
    """Have `q` look at these members alone, as `lets` has it: (folded needle, folded value)."""

    def found(value: str, contact: dict[str, Any]) -> bool:
        return any(lets(fold(value), fold(contact[member] or "")) for member in members)

    change_filter(parts, "contacts", "q", found)


_SEARCHED = ("firstName", "lastName", "email", "companyName")


@dataclass(frozen=True)
class SearchOfFirstNames:
    """`q` looks at first names alone."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-3",)

    def install(self, parts: Parts) -> None:
        _change_search(parts, lambda needle, value: needle in value, "firstName")


@dataclass(frozen=True)
class SearchWithoutCompany:
    """`q` does not look at companies."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-3",)

    def install(self, parts: Parts) -> None:
        _change_search(parts, lambda needle, value: needle in value, "firstName", "lastName", "email")


@dataclass(frozen=True)
class SearchWithoutEmail:
    """`q` does not look at addresses."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-3",)

    def install(self, parts: Parts) -> None:
        _change_search(parts, lambda needle, value: needle in value, "firstName", "lastName", "companyName")


@dataclass(frozen=True)
class SearchOfBeginnings:
    """`q` finds what a name, an address or a company begins with: no second word of it."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-3",)

    def install(self, parts: Parts) -> None:
        _change_search(parts, lambda needle, value: value.startswith(needle), *_SEARCHED)


@dataclass(frozen=True)
class SearchFindsEveryoneForNothing:
    """`q` that finds nobody is taken for no `q`."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-3", "FILTER-9")

    def install(self, parts: Parts) -> None:
        unfiltered_where_empty(parts, "q")


@dataclass(frozen=True)
class SearchForgetsFilters:
    """A search is made among all contacts, whatever the other filters."""

    breaks: ClassVar[tuple[str, ...]] = ("FILTER-8",)

    def install(self, parts: Parts) -> None:
        change_filters(parts, "contacts", lambda filters: {"q": filters["q"]} if "q" in filters else filters)
