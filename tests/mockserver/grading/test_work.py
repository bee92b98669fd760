"""A rule's work grows with the run and no faster: grading a long run takes seconds, not minutes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from mockserver.grading.records import Run
from mockserver.grading.rules import judge
from tests.support.graded_runs import CONTACTS, Story

SIZE = 240
MOST_GROWTH = 2.7
"""How much more work twice the requests may take. A rule that compares all pairs takes four times as much."""


def hammers_on(size: int) -> Run:
    story = Story("one-429")
    for number in range(size):
        story.refused(f"{CONTACTS}/con_{number % 7}", 600, wait=0.3, connection=number % 3)
    return story.run()


def insists(size: int) -> Run:
    story = Story()
    for number in range(size):
        story.ask(f"{CONTACTS}/con_{number // 2}", 404)
    return story.run()


def asks_the_same(size: int) -> Run:
    story = Story()
    for _ in range(size):
        story.ask(f"{CONTACTS}/con_1")
        for other in range(5):
            story.ask(f"{CONTACTS}/con_2{other}", 500)
    return story.run()


def is_served_between_refusals(size: int) -> Run:
    story = Story()
    for number in range(size):
        story.ask(f"{CONTACTS}/con_{number}", wait=0.5).refused(CONTACTS, 0.1, wait=0.5)
    return story.run()


def begins_walks_and_goes_on_with_them(size: int) -> Run:
    story = Story()
    for _ in range(size):
        story.page(CONTACTS, 50, "c1")
    for _ in range(size):
        story.page(f"{CONTACTS}?cursor=c1", 50, "c2")
    return story.run()


def walks_many_lists(size: int) -> Run:
    plain, story = Story(), Story("small-pages")
    for number in range(size):
        plain.page(f"{CONTACTS}?q={number}", 50, f"p{number}").page(f"{CONTACTS}?q={number}&cursor=p{number}", 5)
        story.page(f"{CONTACTS}?q={number}", 50, f"c{number}").page(f"{CONTACTS}?q={number}&cursor=c{number}", 5, "x")
    return story.run(plain=plain.run())


def builds_cursors(size: int) -> Run:
    story = Story().page(CONTACTS, 50)
    for number in range(size):
        story.ask(f"{CONTACTS}?cursor=made{number}", 400).ask(f"{CONTACTS}?cursor=null", 400)
    return story.run()


def uses_a_cursor_that_many_pages_gave(size: int) -> Run:
    story = Story()
    for number in range(size):
        story.page(f"{CONTACTS}?q={number}", 50, "c1")
    for _ in range(size):
        story.page(f"{CONTACTS}?cursor=c1", 50)
    return story.run()


def sends_expired_cursors_again(size: int) -> Run:
    story = Story("expiring-cursors").page(CONTACTS, 50, "c1")
    for _ in range(size):
        story.ask(f"{CONTACTS}?cursor=c1", 400, mark="expired")
    return story.run()


def fails_everywhere(size: int) -> Run:
    story = Story("server-errors")
    for number in range(size):
        story.ask(f"{CONTACTS}/con_{number}", 500, mark="server-error")
    return story.run()


def reads_broken_pages(size: int) -> Run:
    story = Story("truncated-bodies")
    for number in range(size):
        story.page(f"{CONTACTS}?q={number}&cursor=x", 50, complete=False, mark="truncated")
    return story.run(exit_code=0)


def begins_the_same_long_walk_again(size: int) -> Run:
    story = Story("sparse-data").page(CONTACTS, 50, "c1")
    for number in range(1, size):
        story.page(f"{CONTACTS}?cursor=c{number}", 50, f"c{number + 1}")
    for _ in range(size):
        story.page(CONTACTS, 50, "x")
    return story.run(plain=story.run())


SHAPES = (
    hammers_on,
    insists,
    asks_the_same,
    is_served_between_refusals,
    begins_walks_and_goes_on_with_them,
    walks_many_lists,
    builds_cursors,
    uses_a_cursor_that_many_pages_gave,
    sends_expired_cursors_again,
    fails_everywhere,
    reads_broken_pages,
    begins_the_same_long_walk_again,
)


@pytest.mark.parametrize("shape", SHAPES, ids=[shape.__name__ for shape in SHAPES])
def test_twice_the_requests_are_twice_the_work(shape: Callable[[int], Run]) -> None:
    once, twice = lines_run(shape(SIZE)), lines_run(shape(2 * SIZE))
    assert twice < MOST_GROWTH * once, f"{once:,} lines of Python, then {twice:,}"


def lines_run(run: Run) -> int:
    """The number of Python lines that are executed to judge a run. It is the same on every machine."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        judge(run)
    finally:
        sys.settrace(before)
    return count
