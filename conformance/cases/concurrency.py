"""Requests that several clients send at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from conformance.checks import Violation


def volley(clients: Sequence[Callable[[], object]]) -> None:
    """Do all at once, in threads that start together. Raises a Violation, or else another exception, when all are done."""
    start = Barrier(len(clients))

    def work(client: Callable[[], object]) -> None:
        start.wait()
        client()

    with ThreadPoolExecutor(len(clients)) as pool:
        under_way = [pool.submit(work, client) for client in clients]
    failures = [failure for one in under_way if (failure := one.exception())]
    for failure in sorted(failures, key=lambda failure: not isinstance(failure, Violation)):
        raise failure
