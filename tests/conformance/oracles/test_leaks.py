"""ERROR-6: an error that shows internals of the server is recognized at any size; ordinary words raise no alarm."""

from __future__ import annotations

import json

import httpx
import pytest

from conformance.oracles.exchanges import ORACLES
from conformance.target.exchange import Exchange, Request

LEAK = next(oracle for oracle in ORACLES if oracle.requirement == "ERROR-6")


def fault(detail: str) -> str | None:
    return LEAK.fault(
        Exchange(
            number=1,
            request=Request("GET", "/api/v1/contacts/x", operation="getContact"),
            url="https://api.example/api/v1/contacts/x",
            status=404,
            headers=httpx.Headers({"content-type": "application/problem+json"}),
            body=json.dumps({"detail": detail}).encode(),
            sent=0.0,
            answered=0.0,
            at=0.0,
        )
    )


@pytest.mark.parametrize(
    "detail",
    [
        'Traceback (most recent call last):\n  File "app.py", line 3, in view',
        "TypeError: x\n    at async handler (file.js:10:5)",
        "TypeError: x\n\n\n    at handler (file.js:10:5)",
        "Npgsql.Error\n   at Outbound.Contacts.Find(String id)",
        "goroutine 7 [running]:",
        "in src/contacts.rs:10:5",
    ],
)
def test_a_stack_trace_is_known(detail: str) -> None:
    assert fault(detail) == "the answer shows a stack trace"


@pytest.mark.parametrize(
    "detail",
    [
        "SELECT id,\n name FROM contacts",
        "near SELECT SELECT a FROM b",
        "failed:\nselect x from y where id = $1",
        'select select "c"."id" from "c" limit ?',
        "select a from b, then select c from d where e = 1",
        "UPDATE contacts SET a",
        "SQLSTATE[42P01]",
        'no hits: {"query": {"bool": {"must": [{"match": {"name": "x"}}]}}}',
        'contacts.find({ "$or": [{"email": "x"}] })',
        "contacts.aggregate([{ $match: { status: 1 } }])",
    ],
)
def test_a_database_query_is_known(detail: str) -> None:
    assert fault(detail) == "the answer shows a database query"


@pytest.mark.parametrize(
    "detail",
    [
        "Please select a list from the menu",
        "at noon (local)",
        'status is {"$ne":"x"}, and no text',
        'the "query": {"limit": 5} has no cursor',
    ],
)
def test_ordinary_words_are_no_leak(detail: str) -> None:
    assert fault(detail) is None


@pytest.mark.parametrize(
    "part", ["SELECT ", "select ", "\n", "\nat x(1:1", '\n File "', "UPDATE ", "#1 /a", '"query" :', "{ "]
)
def test_an_answer_made_to_hold_up_the_search_is_searched_to_its_end(part: str) -> None:
    # With a pattern that starts anew at each place this takes minutes.
    detail = part * (400_000 // len(part))
    assert fault(detail) is None
    assert fault(f"{detail}SQLSTATE") == "the answer shows a database query"


def test_a_long_answer_is_searched_to_its_end() -> None:
    assert fault(f"{'word ' * 400_000}SQLSTATE") == "the answer shows a database query"
