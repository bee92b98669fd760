"""Whose nextCursor a page has that two organizations asked for at the same time."""

from __future__ import annotations

import json
from functools import partial
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from conformance.cases.concurrency import expect_own_cursors, volley
from conformance.cases.dataset import Dataset
from conformance.checks import Violation
from conformance.target.exchange import Exchange, Request


def page(cursor: str | None, count: int = 50) -> Exchange:
    body = json.dumps({"data": [{"id": f"con_{number}"} for number in range(count)], "nextCursor": cursor}).encode()
    request = Request("GET", "/api/v1/contacts", operation="listContacts")
    return Exchange(1, request, "http://127.0.0.1/api/v1/contacts", 200, httpx.Headers(), body, 0.0, 0.1, 0.0)


def judge(own: Exchange, other: Exchange, *alone: Exchange) -> None:
    """Judge a page of an organization that gets these pages when it asks alone, one after another."""
    answers = iter(alone)
    caller: Any = SimpleNamespace(get=lambda *_, **__: next(answers), send=lambda *_, **__: next(answers))
    expect_own_cursors(Dataset(caller, "primary"), "listContacts", [own], [other])


def test_nothing_is_asked_where_the_cursors_differ_or_short_lists_end() -> None:
    judge(page("mine"), page("theirs"))
    judge(page(None, 7), page(None, 9))
    judge(page(None), page("theirs"))


def test_cursors_that_are_alike_alone_too_are_no_violation() -> None:
    judge(page("50"), page("50"), page("50"))


def test_nor_is_a_list_that_has_changed() -> None:
    judge(page("50"), page("50"), page(None, 49), page("50"))


@pytest.mark.parametrize("theirs", ["theirs", None], ids=["a cursor", "the end of their list"])
def test_the_cursor_of_the_other_organization_is_one(theirs: str | None) -> None:
    with pytest.raises(Violation, match="has the nextCursor of the other organization"):
        judge(page(theirs), page(theirs), page("mine"), page("mine"))


def test_a_volley_returns_what_each_client_got_in_their_order() -> None:
    assert volley([partial(int, number) for number in range(4)]) == [0, 1, 2, 3]
