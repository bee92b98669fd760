"""An index whose rows were added together, in any order: its first use finds them sorted, whichever use that is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mockserver.tenants.index import Index, Row


def row(number: int) -> Row:
    """A row. Every two rows have the same time."""
    return Row(number // 2, f"con_{number}", b"listed %d" % number, b"single %d" % number, "")


@pytest.fixture
def index() -> Index:
    """Rows 1 to 8, which were added in two parts."""
    made = Index()
    made.extend(map(row, (3, 8, 5, 1)))
    made.extend(map(row, (2, 7, 4, 6)))
    return made


def test_its_rows_are_counted_and_read_in_order(index: Index) -> None:
    assert len(index) == 8
    assert index.rows == [row(number) for number in range(1, 9)]
    assert len(index) == 8


@pytest.mark.parametrize(
    "change",
    [
        lambda index: index.place(row(9)),
        lambda index: index.discard(row(4).position),
        lambda index: index.extend([row(0)]),
        Index.copy,
        lambda index: index.older(row(4).position),
        lambda index: index.newest(3, 2),
        lambda index: index.page(8, 3),
    ],
)
def test_a_page_is_the_same_whatever_was_done_first(change: Callable[[Index], object], index: Index) -> None:
    change(index)
    assert index.page(index.older(row(4).position), 2) == (([b"listed 3", b"listed 2"], row(2).position))
    assert index.older(row(3).position) == len([each for each in index.rows if each < row(3)])


def test_a_copy_of_what_was_not_read_yet_is_independent(index: Index) -> None:
    twin = index.copy()
    twin.discard(row(1).position)
    assert (len(index), len(twin)) == (8, 7)
    assert index.page(2, 2)[0] == [b"listed 2", b"listed 1"]
