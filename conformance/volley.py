"""Requests that are under way at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from conformance.story import Violation


def volley(requests: Sequence[Callable[[], object]]) -> None:
    """Do all at once, in threads that start together. Raises a Violation, or else another exception, when all are done."""
    start = Barrier(len(requests))

    def fire(request: Callable[[], object]) -> None:
        start.wait()
        request()

    with ThreadPoolExecutor(len(requests)) as pool:
        under_way = [pool.submit(fire, request) for request in requests]
    failures = [failure for one in under_way if (failure := one.exception())]
    for failure in sorted(failures, key=lambda failure: not isinstance(failure, Violation)):
        raise failure
