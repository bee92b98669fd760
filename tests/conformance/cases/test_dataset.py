"""A list that refuses what the documentation allows is still walked, and its refusal is kept for the requirement."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from conformance.cases.dataset import Dataset
from conformance.cases.expected_pages import exactly
from conformance.checks import NotJudged, Violation
from conformance.target.client import Caller, target
from conformance.target.exchange import Exchange, Request

_COUNT = 260
_IDS = [f"con_{number}" for number in range(_COUNT)]

Query = dict[str, list[str]]


class Lists:
    """Lists of 260 items; a cursor is the number of items before the next page. `refuses` says which queries get 400."""

    def __init__(self, refuses: Callable[[Query], bool]) -> None:
        self._refuses = refuses

    def pinned(self) -> Lists:
        return self

    def get(self, operation: str, /, **parameters: Any) -> Exchange:
        return self.send("GET", target(operation, **parameters), operation=operation)

    def send(self, method: str, path: str, *, operation: str) -> Exchange:
        query = parse_qs(urlsplit(path).query)
        begin, limit = (int(query.get(name, [default])[0]) for name, default in (("cursor", "0"), ("limit", "50")))
        end = begin + limit
        page = {"data": [{"id": id_} for id_ in _IDS[begin:end]], "nextCursor": str(end) if end < _COUNT else None}
        status = 400 if self._refuses(query) else 200
        request = Request(method, path, operation=operation)
        url = f"http://127.0.0.1{path}"
        return Exchange(1, request, url, status, httpx.Headers(), json.dumps(page).encode(), 0.0, 0.1, 0.0)


def dataset(refuses: Callable[[Query], bool]) -> Dataset:
    return Dataset(cast("Caller", Lists(refuses)), "primary")


def limit_above_100(query: Query) -> bool:
    return int(query.get("limit", ["50"])[0]) > 100


def test_a_list_that_refuses_a_limit_is_walked_at_half_of_it() -> None:
    seen = dataset(limit_above_100)
    assert seen.walk("listContacts").ids == _IDS
    assert seen.largest("listContacts") == 100
    assert "limit=200" in seen.refused_limits["listContacts"].request.target


def test_lists_that_refuse_archived_ones_are_walked_without() -> None:
    seen = dataset(lambda query: "includeArchived" in query)
    assert seen.walk("listLists").ids == _IDS
    assert seen.refused_archived
    assert "includeArchived=1" in seen.refused_archived.request.target
    assert (seen.refused_limits, seen.largest("listLists")) == ({}, 200)


def test_lists_that_refuse_limit_and_archived_ones_show_both() -> None:
    seen = dataset(lambda query: limit_above_100(query) or "includeArchived" in query)
    assert seen.walk("listLists").ids == _IDS
    assert seen.refused_archived
    assert "limit=200" in seen.refused_limits["listLists"].request.target


@pytest.mark.parametrize("operation", ["listContacts", "listLists"])
def test_a_list_that_refuses_the_smallest_limit_is_walked_at_twice_as_much(operation: str) -> None:
    seen = dataset(lambda query: query.get("limit") == ["1"])
    archived: dict[str, Any] = {"includeArchived": "1"} if operation == "listLists" else {}
    assert seen.walked(operation, limit=1, most_pages=1, **archived).ids == _IDS[:2]
    assert seen.refused_archived is None
    assert "limit=1" in seen.refused_limits[operation].request.target


@pytest.mark.parametrize("limit", [1, 200])
def test_what_refuses_everything_refuses_no_limit_alone(limit: int) -> None:
    seen = dataset(lambda _query: True)
    with pytest.raises(NotJudged):
        seen.walked("listContacts", limit=limit)
    assert seen.refused_limits == {}


def test_a_filtered_list_is_walked_at_a_limit_at_which_it_is_served_without_the_filter() -> None:
    seen = dataset(lambda query: query.get("limit") in (["1"], ["2"]))
    assert seen.walked("listContacts", limit=1, most_pages=1, listId="lst_1").ids == _IDS[:4]
    assert "limit=1" in seen.refused_limits["listContacts"].request.target


def test_a_walk_ends_where_its_cursor_is_refused() -> None:
    walked = dataset(lambda query: "cursor" in query).walk("listContacts")
    assert walked.ids == _IDS[:200]
    assert not walked.complete
    assert walked.refusal
    assert "cursor=200" in walked.refusal.request.target


def test_a_known_value_that_is_refused_breaks_the_filter() -> None:
    seen = dataset(lambda query: "qualificationStatus" in query)
    with pytest.raises(Violation, match="qualificationStatus=pending"):
        exactly(seen, "listContacts", limit=5, qualificationStatus="pending")
    assert not seen.refused_limits


@pytest.mark.parametrize(
    ("operation", "filters"),
    [
        ("listContacts", {"q": "Li"}),
        ("listLists", {"includeArchived": "0"}),
        ("listContacts", {"listId": "lst_archived"}),
        ("listDrafts", {"contactId": "con_deleted"}),
    ],
)
def test_a_refusal_that_the_documentation_leaves_open_is_no_violation(operation: str, filters: dict[str, str]) -> None:
    with pytest.raises(NotJudged):
        exactly(dataset(lambda query: bool(query.keys() & filters.keys())), operation, limit=5, **filters)


@pytest.mark.parametrize(("operation", "name"), [("listContacts", "listId"), ("listDrafts", "contactId")])
def test_the_refusal_of_an_id_that_a_list_shows_breaks_the_filter(operation: str, name: str) -> None:
    with pytest.raises(Violation, match=f"{name}=con_7"):
        exactly(dataset(lambda query: name in query), operation, limit=5, **{name: "con_7"})


def test_a_limit_that_is_refused_under_a_filter_is_not_the_filters_affair() -> None:
    seen = dataset(lambda query: query.get("limit") == ["1"])
    walked = exactly(seen, "listContacts", limit=1, qualificationStatus="pending")
    assert "limit=2" in walked.pages[0].request.target
