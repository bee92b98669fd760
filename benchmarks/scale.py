"""The mock with a thousand contacts beside the mock with a million, in one process: what a page, a search and a contact cost.

    python -m benchmarks.scale [CONTACTS]

A page is what a whole request for it costs (authentication, limiter, Connexion, store), the network aside, which costs the same
with any number of contacts. Requests ask for random places, so the processor's cache helps only as far as the data fits into
it.

Processor time is judged, because other work on the machine does not count in it: all of this is one thread that waits for
nothing, and on an idle machine the clock says the same.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from mockserver.app import Settings, create_app
from mockserver.tenants import cursor
from mockserver.tenants.tenant import Tenant
from spec import RateLimits, contract

FEW = 1_000
MANY = 1_000_000
VAST = 1_000_000_000
"""Requests that the key may make, so that the limiter counts and refuses none."""

NEEDLES = (
    "anna smith",
    "robotics",
    "brightwater",
    "günther",
    "straße",
    "a",
    "@",
    "1234",
    "king@northgate",
    "not there",
)

_BATCH = 50
_BATCHES = 100
_FULL = contract().page_size.default


def main() -> None:
    """Measure, and print the figures as JSON."""
    few, many = FEW, int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    small = _Mock(few)
    before = _memory()
    began, began_cpu = time.perf_counter(), time.process_time()
    large = _Mock(many)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
    gc.collect()
    beyond = _memory() - before - sum(map(len, large.tenant.contacts.singles()))
    gc.freeze()
    random = Random("places")
    figures = {
        "contacts": many,
        "seedSeconds": seconds,
        "seedCpuSeconds": cpu_seconds,
        "bytesBeyondJson": beyond / many,
        "pages": asyncio.run(_pages(small, large, random)),
        "searches": {needle: _search_milliseconds(large.tenant, needle) for needle in NEEDLES},
        "copyMilliseconds": _copy_milliseconds(small.tenant),
    }
    print(json.dumps(figures, ensure_ascii=False))


class _Mock:
    """A mock with one organization."""

    def __init__(self, contacts: int) -> None:
        self._app = create_app(Settings(organizations=1, contacts=contacts))
        state = self._app.state
        now = state.clock.now()
        whole = set(contract().scopes)
        key = next(key for key in state.keys if set(key.scopes) == whole and key.is_valid_at(now))
        self._key = replace(key, limits=RateLimits(VAST, VAST, contract().rate_limits.burst_window))
        state.keys.put(self._key)
        (self.tenant,) = state.tenants.values()

    async def seconds(self, path: str, queries: Sequence[str]) -> float:
        """Processor time of a request for the path with each of these query strings, on average."""
        scopes = [self._scope(path, query) for query in queries]
        began = time.process_time()
        for scope in scopes:
            await self._app(scope, _receive, _send)
        return (time.process_time() - began) / len(scopes)

    def _scope(self, path: str, query: str) -> dict[str, Any]:
        return {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(b"host", b"127.0.0.1"), (b"authorization", f"Bearer {self._key.secret}".encode())],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
            "state": {},
        }


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(message: Any) -> None:
    if message["type"] == "http.response.start" and message["status"] != 200:
        raise RuntimeError(f"answered {message['status']}")


async def _pages(small: _Mock, large: _Mock, random: Random) -> list[Mapping[str, Any]]:
    """What a page costs with few and with many contacts, in microseconds, filter by filter: medians of alternating batches."""
    found: list[Mapping[str, Any]] = []
    for name, operation, filters, limit in _questions():
        path = contract().operations[operation].path
        costs: tuple[list[float], list[float]] = [], []
        questions = [_queries(mock.tenant, path.rpartition("/")[2], filters, limit, random) for mock in (small, large)]
        for _ in range(_BATCHES):
            for mock, queries, cost in zip((small, large), questions, costs, strict=True):
                cost.append(await mock.seconds(path, list(islice(queries, _BATCH))))
        few, many = (median(cost) * 1e6 for cost in costs)
        # Batches that follow each other run beside the same other work on the machine.
        ratio = median(after / before for before, after in zip(*costs, strict=True))
        found.append({"filter": name, "limit": limit, "few": few, "many": many, "ratio": ratio})
    return found


def _questions() -> list[tuple[str, str, Mapping[str, str], int]]:
    """Filters, and the page size of which both mocks have enough items."""
    qualified = {"qualificationStatus": "qualified"}
    return [
        ("contacts", "listContacts", {}, _FULL),
        ("contacts by status", "listContacts", qualified, _FULL),
        ("contacts on a list", "listContacts", {"listId": "?"}, 10),
        ("contacts on a list by status", "listContacts", {"listId": "?", **qualified}, 3),
        ("drafts", "listDrafts", {}, _FULL),
        ("drafts by status", "listDrafts", {"status": "sent"}, 20),
        ("events", "listEvents", {}, _FULL),
        ("events by type", "listEvents", {"eventType": "draft.sent"}, 20),
    ]


def _queries(tenant: Tenant, collection: str, filters: Mapping[str, str], limit: int, random: Random) -> Iterator[str]:
    """Endless query strings that ask for full pages at random places among the items that the filters let through."""
    store = getattr(tenant, collection)
    lists = [row.id for row in tenant.lists.rows({})]
    lists.sort(key=lambda list_id: -len(tenant.contacts.rows({"listId": list_id})))
    while True:
        chosen = {name: random.choice(lists[:5]) if value == "?" else value for name, value in filters.items()}
        rows = store.rows(chosen)
        after = rows[random.randrange(min(limit, len(rows) - 1), len(rows))].position
        given = {**chosen, "limit": str(limit), "cursor": cursor.encode(after)}
        yield "&".join(f"{name}={value}" for name, value in given.items())


def _search_milliseconds(tenant: Tenant, needle: str) -> float:
    """The milliseconds that the first page of a search takes, the slowest of three."""
    return max(_milliseconds(lambda: tenant.contacts.page({"q": needle}, None, _FULL)) for _ in range(3))


def _copy_milliseconds(tenant: Tenant) -> float:
    return median(_milliseconds(tenant.copy) for _ in range(5))


def _milliseconds(work: Any) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1e3


def _memory() -> int:
    """The resident memory of this process, in bytes."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGESIZE")


if __name__ == "__main__":
    main()
