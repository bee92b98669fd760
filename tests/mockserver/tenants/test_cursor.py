"""Cursors: base64url over id and time, as in the documentation's example, and nothing else."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.tenants.cursor import Position, decode, encode

EXAMPLE = "eyJpZCI6Ii4uLiIsInQiOiIyMDI2LTA1LTIzVDEwOjAwOjAwLjAwMFoifQ"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

ids = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
positions = st.builds(Position, st.integers(-62_135_596_800_000, 253_402_300_799_999), ids)


def spelled(content: object) -> str:
    return urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).rstrip(b"=").decode()


def assert_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a cursor|surrogates"):
        decode(text)


def test_the_documentations_example_is_a_cursor() -> None:
    position = Position(1_779_530_400_000, "...")
    assert decode(EXAMPLE) == position
    assert encode(position) == EXAMPLE


@given(positions)
def test_a_cursor_names_the_position_it_was_made_of(position: Position) -> None:
    cursor = encode(position)
    assert set(cursor) <= set(ALPHABET)
    assert decode(cursor) == position


@given(positions, st.data())
def test_a_part_of_a_cursor_is_none(position: Position, data: st.DataObject) -> None:
    cursor = encode(position)
    assert_refused(cursor[: data.draw(st.integers(0, len(cursor) - 1))])
    assert_refused(cursor[data.draw(st.integers(1, len(cursor) - 1)) :])


@given(positions, st.data())
def test_an_altered_cursor_is_refused_or_names_another_position(position: Position, data: st.DataObject) -> None:
    cursor = encode(position)
    at = data.draw(st.integers(0, len(cursor) - 1))
    altered = cursor[:at] + data.draw(st.sampled_from(ALPHABET.replace(cursor[at], ""))) + cursor[at + 1 :]
    try:
        other = decode(altered)
    except ValueError:
        return
    assert other != position
    assert encode(other) == altered


@given(st.text() | st.text(ALPHABET) | st.binary().map(lambda raw: urlsafe_b64encode(raw).rstrip(b"=").decode()))
def test_any_other_text_is_refused(text: str) -> None:
    try:
        position = decode(text)
    except ValueError:
        return
    assert encode(position) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        EXAMPLE + "==",
        EXAMPLE + "\n",
        " " + EXAMPLE,
        EXAMPLE + EXAMPLE,
        EXAMPLE[:-1] + "R",
        EXAMPLE.replace("I", "+", 1),
        EXAMPLE.replace("I", "/", 1),
        "ｅ" + EXAMPLE[1:],
        "\ud800",
        "A" * 100_000,
        "null",
        "W10",
    ],
)
def test_a_cursor_is_spelled_in_one_way_alone(text: str) -> None:
    assert_refused(text)


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {},
        {"id": "con_1"},
        {"t": "2026-05-23T10:00:00.000Z"},
        {"id": "", "t": "2026-05-23T10:00:00.000Z"},
        {"id": 1, "t": "2026-05-23T10:00:00.000Z"},
        {"id": None, "t": "2026-05-23T10:00:00.000Z"},
        {"t": "2026-05-23T10:00:00.000Z", "id": "con_1"},
        {"id": "con_1", "t": "2026-05-23T10:00:00.000Z", "organizationId": "org_1"},
        {"id": "con_1", "t": "2026-05-23T10:00:00Z"},
        {"id": "con_1", "t": "2026-05-23T10:00:00.000000Z"},
        {"id": "con_1", "t": "2026-05-23T10:00:00.000+00:00"},
        {"id": "con_1", "t": "2026-05-23T12:00:00.000+02:00"},
        {"id": "con_1", "t": "2026-05-23 10:00:00.000Z"},
        {"id": "con_1", "t": "20260523T100000.000Z"},
        {"id": "con_1", "t": "2026-02-30T10:00:00.000Z"},
        {"id": "con_1", "t": "२०२६-05-23T10:00:00.000Z"},
        {"id": "con_1", "t": 1_779_530_400_000},
        {"id": "con_1", "t": ""},
    ],
)
def test_a_cursor_holds_an_id_and_a_time_and_nothing_else(content: object) -> None:
    assert_refused(spelled(content))


def test_a_cursor_of_an_id_of_any_usual_length_is_short_enough() -> None:
    assert decode(encode(Position(0, "x" * 250))).id == "x" * 250
    assert_refused(encode(Position(0, "x" * 1000)))
