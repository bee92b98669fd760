"""Altered and made-up cursors, on which a careless server fails."""

from __future__ import annotations

import json
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest

from conformance.cases.altered_cursors import SPOILS, spoiled


def content_of(cursor: str | None) -> Any:
    return json.loads(urlsafe_b64decode(cursor or ""))


def encoded(content: object) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode()


class TestCursors:
    def test_another_value_stands_in_the_place_of_a_member_of_an_object(self) -> None:
        cursor = encoded({"id": "con_1", "t": "2026-05-01T08:00:00.000Z"})
        assert content_of(spoiled(cursor, "whose first member is 7", 1)) == {"id": 7, "t": "2026-05-01T08:00:00.000Z"}
        assert content_of(spoiled(cursor, "whose last member is null", 1)) == {"id": "con_1", "t": None}

    def test_another_value_stands_in_the_place_of_a_member_of_a_list(self) -> None:
        cursor = encoded(["2026-05-01T08:00:00.000Z", "con_1"]).rstrip("=")
        assert content_of(spoiled(cursor, "whose last member is [7]", 1)) == ["2026-05-01T08:00:00.000Z", [7]]

    @pytest.mark.parametrize("cursor", ["MTIz", "opaque", "{}", "40", encoded([]), encoded("x")])
    def test_a_cursor_that_shows_no_members_has_none_to_be_spoiled(self, cursor: str) -> None:
        assert spoiled(cursor, "whose first member is 7", 1) is None

    @pytest.mark.parametrize(
        "spoil", [spoil for spoil in SPOILS if spoil.startswith(("of n", "of a", "of b", "whose"))]
    )
    def test_no_made_up_cursor_needs_padding_which_some_servers_want_and_others_refuse(self, spoil: str) -> None:
        cursor = spoiled(encoded({"id": "con_1", "t": "now"}), spoil, 1) or ""
        assert "=" not in cursor
        assert len(cursor) % 4 == 0


class TestTexts:
    """Cursors that are no JSON: the date or number in them is altered, in the base64 that the server wrote."""

    @pytest.mark.parametrize("padding", ["=", ""])
    def test_a_date_gets_a_month_that_no_year_has(self, padding: str) -> None:
        text = "p=2026-05-01+08%3A00%3A00.250000"
        cursor = urlsafe_b64encode(text.encode()).decode().rstrip("=" if not padding else "")
        spoilt = spoiled(cursor, "with a month that no year has", 1) or ""
        assert len(spoilt) == len(cursor)
        assert b64decode(spoilt + "==").decode() == "p=2026-13-01+08%3A00%3A00.250000"

    @pytest.mark.parametrize(
        "text", ["o=50", "1777622400000|con_1", "1777622400000:con_1", "40", '{"t":1777622400000}']
    )
    def test_a_number_gets_more_digits_than_a_database_takes(self, text: str) -> None:
        cursor = urlsafe_b64encode(text.encode()).decode()
        spoilt = b64decode(spoiled(cursor, "with a number beyond 64 bits", 1) or "").decode()
        assert spoilt.replace("9" * 24, "") == text

    def test_a_cursor_that_is_a_number_itself_gets_more_digits(self) -> None:
        assert spoiled("40", "with a number beyond 64 bits", 1) == "40" + "9" * 24

    @pytest.mark.parametrize("spoil", ["with a month that no year has", "with a number beyond 64 bits"])
    @pytest.mark.parametrize(
        "cursor", ["opaque", "c2VjcmV0LmhtYWM", "7f3a-91bc", encoded({"id": "con_1"}), "08:00:00+00"]
    )
    def test_a_cursor_that_shows_neither_is_left_alone(self, cursor: str, spoil: str) -> None:
        assert spoiled(cursor, spoil, 1) is None
