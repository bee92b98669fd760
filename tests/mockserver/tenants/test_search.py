"""A search finds what the model finds, however often its index was built again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.clock import utc
from mockserver.tenants import resource_types, search
from mockserver.tenants.collection import Collection
from mockserver.tenants.index import Row
from tests.support.store_model import (
    Resource,
    contact_of,
    small_blocks,
    walk,
)

ANY_CONTACT = contact_of(st.just(""))


@given(st.lists(st.integers(0, 40), unique=True), st.integers(0, 40), st.sets(st.integers(0, 40)), st.data())
def test_a_search_finds_each_contact_in_whatever_order_they_were_put(
    numbers: list[int], loaded: int, renamed: set[int], data: st.DataObject
) -> None:
    def contact(number: int, name: str) -> Resource:
        own = {"id": f"con_{number:02}", "createdAt": utc(number // 2), "firstName": name}
        return data.draw(ANY_CONTACT) | own

    names = {number: f"w{number:02}" for number in numbers}
    collection = Collection(resource_types.CONTACTS)
    with pytest.MonkeyPatch.context() as monkeypatch:
        small_blocks(monkeypatch)
        collection.extend(contact(number, names[number]) for number in numbers[:loaded])
        for number in numbers[loaded:]:
            collection.put(contact(number, names[number]))
        for number in renamed & names.keys():
            names[number] = f"v{number:02}"
            collection.put(contact(number, names[number]))
        for number, name in names.items():
            assert [found["id"] for found in walk(collection, {"q": name}, 1)] == [f"con_{number:02}"]
            assert walk(collection, {"q": name.translate({118: "w", 119: "v"})}, 1) == []


def row(number: int, text: str) -> Row:
    return Row(number, f"con_{number}", b"", b"", text)


def counted_segments(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of rows of each segment that is made from now on."""
    made: list[int] = []
    original = search._Segment.__init__

    def counting(self: Any, rows: Sequence[Row], **options: bool) -> None:
        made.append(len(rows))
        original(self, rows, **options)

    monkeypatch.setattr(search._Segment, "__init__", counting)
    return made


def test_grams_rule_out_the_blocks_of_a_large_collection_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(number, f"text {number}") for number in range(500)]
    blocks = {}
    for without_grams in (0, 32):
        monkeypatch.setattr(search, "_WITHOUT_GRAMS", without_grams)
        (segment,) = search.Search(rows)._segments
        blocks[without_grams] = segment.candidates("text 499").bit_count(), segment.candidates("none")
    assert blocks == {0: (1, 0), 32: (8, 0b11111111)}


def test_a_search_of_which_much_has_changed_is_made_anew_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(number, f"text {number}") for number in range(20_000)]
    searched = search.Search(rows)
    made = counted_segments(monkeypatch)
    for number in range(5_000):
        searched.add(row(7_000, f"other text {number}"), rows)
        searched.add(row(9_000, "text 9000"), rows)
    assert 2 <= len(made) <= 5
    assert max(made) <= 64 * 60


def test_new_rows_and_known_texts_wear_no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[Row] = []
    searched = search.Search(rows)
    made = counted_segments(monkeypatch)
    for number in range(20_000):
        rows.append(row(number, f"text {number}"))
        searched.add(rows[-1], rows)
        searched.add(rows[-1], rows)
    assert made == [1] * -(-20_000 // (64 * 60))
    assert [found.id for found in searched.newest(rows, 20_000, 2, "text 77")] == ["con_7799", "con_7798"]


def test_a_search_forgets_what_was_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    small_blocks(monkeypatch)
    rows: list[Row] = []
    searched = search.Search(rows)
    for number in range(500):
        rows.append(row(number, f"<{number}>"))
        searched.add(rows[-1], rows)
        if len(rows) > 20:
            searched.remove(rows.pop(5).position, rows)
    assert len(searched._segments) < 12
    assert sum(len(segment._texts) for segment in searched._segments) < 40
    for number in (0, 4, 490, 499):
        assert [found.id for found in searched.newest(rows, len(rows), 2, f"<{number}>")] == [f"con_{number}"]


@pytest.mark.parametrize("without_grams", [0, 32])
def test_a_search_over_many_blocks_finds_what_is_rare_and_what_is_common(
    without_grams: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_WITHOUT_GRAMS", without_grams)
    collection = Collection(resource_types.CONTACTS)
    nobody = dict.fromkeys(("firstName", "lastName", "email", "companyName"))
    rare = {3, 70, 1999}
    collection.extend(
        {
            **nobody,
            "id": f"con_{number:04}",
            "firstName": "Zoë" if number in rare else "Zo",
            "companyName": "ëx" if number % 50 == 0 else "Acme",
            "qualificationStatus": "pending",
            "listIds": [],
            "createdAt": utc(number // 9),
        }
        for number in range(2000)
    )
    assert {int(each["id"][4:]) for each in walk(collection, {"q": "zoë"}, 50)} == rare
    assert len(walk(collection, {"q": "ZO"}, 50)) == 2000
    assert len(walk(collection, {"q": "ë"}, 7)) == 40 + 3
    assert walk(collection, {"q": "zoëx"}, 50) == []
