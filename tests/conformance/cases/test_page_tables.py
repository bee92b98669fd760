"""Limits that leave a remainder."""

from __future__ import annotations

import pytest

from conformance.cases.page_tables import REMAINDERS, limit_that_leaves
from conformance.checks import NotTested


@pytest.mark.parametrize(
    ("remainder", "count", "limit"),
    [
        ("one item", 1000, 111),
        ("a whole page", 1000, 200),
        ("one item less than a page", 1000, 143),
        ("one item", 36, 35),
        ("a whole page", 36, 18),
        ("one item less than a page", 35, 18),
    ],
)
def test_it_is_the_largest_limit_that_leaves_so_much_for_the_last_page(remainder: str, count: int, limit: int) -> None:
    assert limit_that_leaves(remainder, count) == limit


@pytest.mark.parametrize(
    ("remainder", "count"),
    [*((remainder, 2) for remainder in REMAINDERS), ("a whole page", 37), ("one item", 1010)],
)
def test_some_lists_leave_it_at_no_limit(remainder: str, count: int) -> None:
    with pytest.raises(NotTested):
        limit_that_leaves(remainder, count)
