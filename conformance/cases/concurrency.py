"""Requests that several clients send at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from conformance.cases.dataset import DEFAULT, Dataset, next_cursor
from conformance.checks import Violation, expect, items, sound
from conformance.target.exchange import Exchange

T = TypeVar("T")


def volley(clients: Sequence[Callable[[], T]]) -> list[T]:
    """Do all at once, in threads that start together, and return what each of them got.

    Raises a Violation, or else another exception, when all are done.
    """
    start = Barrier(len(clients))

    def work(client: Callable[[], T]) -> T:
        start.wait()
        return client()

    with ThreadPoolExecutor(len(clients)) as pool:
        under_way = [pool.submit(work, client) for client in clients]
    failures = [failure for one in under_way if (failure := one.exception())]
    for failure in sorted(failures, key=lambda failure: not isinstance(failure, Violation)):
        raise failure
    return [one.result() for one in under_way]


def expect_own_cursors(dataset: Dataset, operation: str, own: Sequence[Exchange], others: Sequence[Exchange]) -> None:
    """Expect first pages to have the nextCursor of their own organization, not that of the other, which asked at the same time.

    `own` and `others` are usable pages of a list, asked for without limit. Two organizations may have the same cursor, as where
    it is a number of items: then their pages have it alone, too. Raises Violation, NotJudged.
    """
    for page in own:
        cursor = next_cursor(page)
        alike = [other for other in others if next_cursor(other) == cursor]
        ends = cursor is None and len(items(page)) < DEFAULT
        if alike and not ends and next_cursor(sound(dataset.asked(operation))) != cursor:
            again = sound(dataset.caller.get(operation))
            message = f"{page.line()} has the nextCursor of the other organization, which asked at the same time"
            expect(next_cursor(again) == cursor, message, page, alike[0], again)
