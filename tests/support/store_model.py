"""A model of the stores: contacts of few words, and which of them a filter lets through, in which order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any

import pytest
from hypothesis import strategies as st

from mockserver.clock import utc
from mockserver.tenants import search
from mockserver.tenants.collection import Collection
from mockserver.tenants.cursor import Position

Resource = dict[str, Any]

WORDS = ["Anna", "ANNE", "Straße", "İpek", "ΟΔΥΣΣΕΥΣ", "李", "🦊", "a\x1fb", "O'B", "", None]

NEEDLES = [
    "a",
    "nn",
    "anna",
    "ANNA ANNE",
    "ss",
    "STRASSE",
    "i̇",
    "δυς",
    "李",
    "🦊",
    "\x1f",
    "@",
    "e@x",
    "zzz",
    " ",
    "o'b",
]

LIST_IDS = ["lst_1", "lst_2", "lst_3"]

STATUSES = ["qualified", "pending"]

moments = st.integers(0, 3).map(utc)

words = st.sampled_from(WORDS)

limits = st.integers(1, 7)


def contact_of(ids: st.SearchStrategy[str]) -> st.SearchStrategy[Resource]:
    return st.fixed_dictionaries(
        {
            "id": ids,
            "firstName": words,
            "lastName": words,
            "email": st.sampled_from(["anne@x.example", "Bob@Y.example", None]),
            "companyName": words,
            "qualificationStatus": st.sampled_from(STATUSES),
            "listIds": st.lists(st.sampled_from(LIST_IDS), unique=True),
            "createdAt": moments,
        }
    )


def contacts_of(prefix: str) -> st.SearchStrategy[Resource]:
    return contact_of(st.integers(0, 25).map(lambda number: f"{prefix}_{number * 7 % 26:02}"))


contact_filters = st.fixed_dictionaries(
    {},
    optional={
        "listId": st.sampled_from([*LIST_IDS, "lst_none", ""]),
        "qualificationStatus": st.sampled_from([*STATUSES, "other"]),
        "q": st.sampled_from(NEEDLES),
    },
)


def holds(contact: Resource, needle: str) -> bool:
    """How `q` is read: word for word."""
    first, last = contact["firstName"], contact["lastName"]
    fields = [first, last, contact["email"], contact["companyName"], f"{first} {last}" if first and last else None]
    wanted = needle.replace("\x1f", " ").casefold()
    return any(wanted in field.replace("\x1f", " ").casefold() for field in fields if field)


def lets_through(filters: Mapping[str, str], contact: Resource) -> bool:
    return (
        ("listId" not in filters or filters["listId"] in contact["listIds"])
        and filters.get("qualificationStatus", contact["qualificationStatus"]) == contact["qualificationStatus"]
        and ("q" not in filters or holds(contact, filters["q"]))
    )


def newest_first(resources: Iterable[Resource]) -> list[Resource]:
    return sorted(resources, key=lambda resource: (resource["createdAt"], resource["id"]), reverse=True)


def walk(
    collection: Collection, filters: Mapping[str, str], limit: int, between: Callable[[], None] = lambda: None
) -> list[Resource]:
    """All items, page by page; no page but the last is shorter than the limit, and none is empty unless all are."""
    items: list[Resource] = []
    after: Position | None = None
    for number in count():
        page = collection.page(filters, after, limit)
        assert len(page.items) == limit or page.next is None
        assert page.items or number == 0
        items += map(json.loads, page.items)
        if page.next is None:
            return items
        after = page.next
        between()
    raise AssertionError


def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make blocks small: a few rows are many blocks to a search, and some more are segments with grams."""
    for name, value in {"_BLOCK": 2, "_BLOCKS": 3, "_FEW": 0, "_WORN": 2, "_WITHOUT_GRAMS": 2}.items():
        monkeypatch.setattr(search, name, value)
