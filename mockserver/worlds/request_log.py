"""The request log: the latest requests, their answers, and the reasons of refusals. Bounded in entries and in bytes."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Iterator, Sequence
from typing import TYPE_CHECKING

from mockserver.api import paths
from mockserver.api.documentation import PAGE as DOCUMENTATION
from mockserver.api.request_notes import ENTRY

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mockserver.api.keys import ApiKey
    from mockserver.api.problems import Problem
    from mockserver.api.response import Header
    from mockserver.clock import Clock

KEPT = 1_000
"""The number of entries that a request log keeps, the newest."""

KEPT_BYTES = 4_000_000
"""The number of bytes of answers' bodies that a request log keeps, the newest."""

KEPT_DOCUMENTATION = 50
"""The number of entries of the documentation page and its files that a request log keeps in addition, without bodies."""


class Entry:
    """One request and its answer. `at` is the unix time of its arrival, `seconds` how long it took, both by the mock's clock.
    `began` and `ended` are the same moments by `time.monotonic`, which no test can stop or move.

    `number` counts the requests of a request log, from 1. `status` is None if no answer was begun, `complete` says whether it was
    sent to its end. `body` is the answer's, None if it had to make room for newer ones; `size` is its length. `key` is the
    presented key if it is valid, `problem` the reason of a refusal, and `switches` the names of the modifications that applied.
    `is_documentation` marks requests for the documentation page or one of its files.
    """

    __slots__ = (
        "at",
        "began",
        "body",
        "client",
        "complete",
        "ended",
        "headers",
        "is_documentation",
        "key",
        "method",
        "number",
        "path",
        "problem",
        "query",
        "request_headers",
        "seconds",
        "size",
        "status",
        "switches",
    )

    def __init__(self, number: int, at: float, scope: Scope, switches: Sequence[str]) -> None:
        self.number = number
        self.at = at
        self.began = self.ended = time.monotonic()
        self.method: str = scope["method"]
        self.path = paths.raw_path(scope)
        self.query: bytes = scope["query_string"]
        self.is_documentation = scope["path"].startswith(DOCUMENTATION)
        self.request_headers: list[Header] = scope["headers"]
        self.client: tuple[str, int] | None = scope.get("client")
        self.switches = switches
        self.status: int | None = None
        self.headers: Sequence[Header] = ()
        self.body: bytes | None = b""
        self.size = 0
        self.seconds = 0.0
        self.complete = False
        self.key: ApiKey | None = None
        self.problem: Problem | None = None


class RequestLog:
    """The newest entries, oldest first. Iteration uses a snapshot."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: deque[Entry] = deque()
        self._with_body: deque[Entry] = deque()
        self._bytes = 0
        self._documentation = 0
        self._seen = 0
        self._is_whole = True
        self._waiting: set[asyncio.Future[None]] = set()

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def last(self) -> int:
        """The number of the newest request, 0 if there was none."""
        return self._seen

    @property
    def is_whole(self) -> bool:
        """Whether it has every request since it was created or cleared, and the bodies of all answers."""
        return self._is_whole

    @property
    def waiting(self) -> int:
        """The number of calls that wait for a new entry."""
        return len(self._waiting)

    async def record(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, switches: Sequence[str] = ()
    ) -> None:
        """Let `app` answer a request, and record both."""
        self._seen += 1
        began = self._clock.now()
        entry = scope[ENTRY] = Entry(self._seen, began, scope, switches)

        def seen(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                entry.status, entry.headers = message["status"], message["headers"]
                return send(message)
            part = message.get("body", b"")
            if not entry.is_documentation:
                entry.body = entry.body + part if entry.body else part
            entry.size += len(part)
            entry.complete = not message.get("more_body", False)
            return send(message)

        try:
            await app(scope, receive, seen)
        finally:
            entry.seconds, entry.ended = self._clock.now() - began, time.monotonic()
            self._keep(entry)

    def clear(self) -> None:
        """Delete all entries. Numbers continue."""
        self._entries.clear()
        self._with_body.clear()
        self._bytes = self._documentation = 0
        self._is_whole = True

    async def change(self, seconds: float) -> None:
        """Return when an entry is added, or after `seconds` of real time."""
        change = asyncio.get_running_loop().create_future()
        self._waiting.add(change)
        try:
            await asyncio.wait_for(change, seconds)
        except TimeoutError:
            pass
        finally:
            self._waiting.discard(change)

    def _keep(self, entry: Entry) -> None:
        self._entries.append(entry)
        if entry.is_documentation:
            self._documentation += 1
            self._drop_documentation()
        elif len(self._entries) - self._documentation > KEPT:
            self._drop_oldest()
            self._is_whole = False
        if entry.body:
            self._with_body.append(entry)
            self._bytes += len(entry.body)
            self._drop_bodies()
        if self._waiting:
            self._tell()

    def _drop_documentation(self) -> None:
        if self._documentation > KEPT_DOCUMENTATION:
            self._entries.remove(next(each for each in self._entries if each.is_documentation))
            self._documentation -= 1

    def _drop_oldest(self) -> None:
        """Drop the oldest entry that is not about the documentation page."""
        if self._entries[0].is_documentation:
            self._entries.remove(next(each for each in self._entries if not each.is_documentation))
        else:
            self._entries.popleft()

    def _drop_bodies(self) -> None:
        while self._bytes > KEPT_BYTES or len(self._with_body) > KEPT:
            oldest = self._with_body.popleft()
            self._bytes -= len(oldest.body or b"")
            oldest.body = None
            self._is_whole = False

    def _tell(self) -> None:
        for change in self._waiting:
            if not change.done():
                change.set_result(None)
