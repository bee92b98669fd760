"""A key is found wherever a request holds it, also in another spelling; what only looks like one is none."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode

import pytest

from mockserver.api.keys import PREFIX
from mockserver.grading.leaks import misplaced_keys
from tests.support.graded_runs import CONTACTS

BARE = "TQl6jS8PGr7vPQOCtDmHhw6SNQHxwwke"
KEY = PREFIX + BARE
SPELLINGS = {
    "as it is": KEY,
    "without its prefix": BARE,
    "in base64": b64encode(KEY.encode()).decode(),
    "in base64 without padding": urlsafe_b64encode(f"?>?>:{KEY}".encode()).decode().rstrip("="),
    "in hexadecimal digits": KEY.encode().hex(),
    "in hexadecimal digits without its prefix": BARE.encode().hex().upper(),
}


def places(value: str) -> list[str]:
    """Where a value is found to hold the key, if a request has it in every place."""
    headers = [("X-Client", f"sync/1.0 ({value})"), ("Cookie", f"session={value}"), ("Authorization", f"Token {value}")]
    return list(
        misplaced_keys(headers, f"/api/v1/{value}", f"limit=5&token={value}", (KEY,), f"t={value}&n=1".encode())
    )


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_key_is_found_in_every_spelling_in_every_place(spelling: str) -> None:
    found = places(SPELLINGS[spelling])
    assert [place.split(" (")[0] for place in found] == [
        "the header `X-Client`",
        "a cookie",
        "the Authorization header without `Bearer`",
        "the path",
        "the query parameter `token`",
        "the body",
    ]


@pytest.mark.parametrize(
    "value",
    [
        BARE[:-1] + "f",
        BARE[:31],
        BARE.swapcase(),
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "eyJpZCI6ImNvbl9hNzM2ZTAzN2MyMjA0MjM5NzcyZiIsInQiOiIyMDI2LTExLTIyVDIwOjUyOjI3LjAyNloifQ",
        "a" * 5_000,
    ],
)
def test_what_resembles_a_key_is_none(value: str) -> None:
    assert places(value) == []


def test_a_short_key_is_known_by_its_prefix_alone() -> None:
    assert list(misplaced_keys([("X-Page", "contacts")], "/", "", (PREFIX + "contacts",))) == []


@pytest.mark.parametrize(
    ("others", "place"),
    [([], []), (["Basic dTpw"], ["one of several Authorization headers"]), ([f"Bearer {KEY}"], [])],
    ids=["alone", "beside another", "told twice by a recording"],
)
def test_a_key_in_one_of_several_authorization_headers_is_misplaced(others: list[str], place: list[str]) -> None:
    headers = [("Authorization", value) for value in (*others, f"Bearer {KEY}")]
    assert list(misplaced_keys(headers, CONTACTS, "", (KEY,))) == place
