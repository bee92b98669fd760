"""Deliveries that wait for their time, in a queue for each endpoint, so that a slow endpoint does not delay others."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import count

from mockserver.webhooks.delivery import Delivery

AT_ONCE = 16
"""The most attempts at one endpoint at the same time."""

MOST_WAITING = 5_000
"""The most deliveries that wait for one endpoint."""


class Waiting:
    """Deliveries that are due later, or wait for one of their endpoint's `AT_ONCE` slots; it counts those under way."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, list[tuple[float, int, Delivery]]] = defaultdict(list)
        self._under_way: Counter[str] = Counter()
        self._order = count()

    def __bool__(self) -> bool:
        return bool(self._queues or self._under_way)

    def has_room(self, delivery: Delivery) -> bool:
        """Whether one more delivery may wait for its endpoint."""
        return len(self._queues.get(delivery.endpoint_id, ())) < MOST_WAITING

    def add(self, delivery: Delivery) -> None:
        """Have a delivery wait until it is due."""
        heapq.heappush(self._queues[delivery.endpoint_id], (delivery.due, next(self._order), delivery))

    def start_due(self, now: float) -> Iterator[Delivery]:
        """Take out what is due at `now` (unix seconds) and has a slot; `ended` frees it."""
        for endpoint_id, queue in tuple(self._queues.items()):
            while queue and queue[0][0] <= now and self._under_way[endpoint_id] < AT_ONCE:
                self._under_way[endpoint_id] += 1
                yield heapq.heappop(queue)[2]
            if not queue:
                del self._queues[endpoint_id]

    def ended(self, delivery: Delivery) -> None:
        """Free the slot of a delivery whose attempt is over."""
        self._under_way[delivery.endpoint_id] -= 1
        if not self._under_way[delivery.endpoint_id]:
            del self._under_way[delivery.endpoint_id]

    def clear(self) -> None:
        """Drop all waiting deliveries."""
        self._queues.clear()
