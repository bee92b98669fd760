"""Requests that are under way at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier


def volley(requests: Sequence[Callable[[], object]]) -> None:
    """Do all at once, in threads that start together. Raises the first exception, in the order given, when all are done."""
    start = Barrier(len(requests))

    def fire(request: Callable[[], object]) -> None:
        start.wait()
        request()

    with ThreadPoolExecutor(len(requests)) as pool:
        under_way = [pool.submit(fire, request) for request in requests]
    for one in under_way:
        one.result()
