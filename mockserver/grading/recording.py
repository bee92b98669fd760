"""Records the requests of a client: an ASGI layer around a grading mock.

This is the only module that knows the mock's form of requests; all others work on `Exchange` records.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_plus

import msgspec

from mockserver.api import paths
from mockserver.api.authentication import presented_secret
from mockserver.api.keys import ApiKey, KeyRing
from mockserver.grading.facts import asked
from mockserver.grading.leaks import misplaced_keys
from mockserver.grading.records import Exchange

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

BEGAN = "outbound.grading.began"
"""Where the ASGI scope keeps the time of a request's first byte, by `time.monotonic`."""

CONNECTION = "outbound.grading.connection"
"""Where the ASGI scope keeps the number of the request's connection."""

OPENED = "outbound.grading.opened"
"""Where the ASGI scope keeps the time at which the request's connection was opened, by `time.monotonic`."""

OPEN_AT_ONCE = "outbound.grading.open-at-once"
"""Where the ASGI scope keeps how many connections were open when the request's was opened, this one among them."""

_ROW = "outbound.grading.row"
_MOST_OF_A_BODY = 65_536
_BODY_WITHIN = 2.0
"""The most seconds for which a request's body is read before the request is served."""

MOST_REQUESTS = 10_000
MOST_BYTES = 100_000_000
"""How many requests of a run are recorded, and after how many bytes of requests and answers no further one is."""

_MOST_HELD_UP = 100
"""The number of connections whose first request is held up."""

_NOT_GRADED = (paths.CONTROL, paths.CONSOLE, paths.WORLD, "/api-docs")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def mark(scope: Scope, what: str) -> None:
    """Record what a trial does to a request."""
    row = scope.get(_ROW)
    if row is not None:
        row.mark = what


def presented(scope: Scope, keys: KeyRing) -> ApiKey | None:
    """The key that a request presents as a bearer token, valid or not; None if it presents none that is known."""
    secret = presented_secret(scope)
    return keys.find(secret) if secret else None


def with_query(scope: Scope, name: str, change: Callable[[str], str]) -> Scope:
    """The request with another value of a query parameter, if it has the parameter. Everything else stays as it was sent."""
    pairs = scope["query_string"].decode("latin-1").split("&")
    if not any(pair.partition("=")[0] == name for pair in pairs):
        return scope
    changed = [
        f"{name}={quote(change(unquote_plus(pair.partition('=')[2])), safe='')}"
        if pair.partition("=")[0] == name
        else pair
        for pair in pairs
    ]
    return {**scope, "query_string": "&".join(changed).encode("latin-1")}


class Recorder:
    """Records the requests to `app` and its answers. It searches every request for `keys`; times count from `started`.

    `first_wait` is for how many seconds the first request of a connection is held up. Over a network the first answer takes a
    while, and what a client sends in parallel is in flight at once; a mock on the same machine could answer the first request
    before the last is sent. Only the first connections are held up, so that opening very many does not take long.
    """

    def __init__(self, app: ASGIApp, keys: KeyRing, started: float, first_wait: float = 0.0) -> None:
        self._app = app
        self._first_wait = first_wait
        self._held_up: set[int] = set()
        self._keys = keys
        self._started = started
        self._rows: list[_Row] = []
        self._bytes = 0
        self.unrecorded = 0
        """How many requests came after the record was full. They are served, and nothing else is known of them."""
        self._changes: list[float] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"].startswith(_NOT_GRADED):
            if scope["path"].startswith(paths.CONTROL) and scope["method"] not in _SAFE:
                self._changes.append(time.monotonic() - self._started)
            await self._app(scope, receive, send)
        elif len(self._rows) < MOST_REQUESTS and self._bytes < MOST_BYTES:
            await self._record(scope, receive, send)
        else:
            self.unrecorded += 1
            await self._app(scope, receive, send)

    def changes(self) -> tuple[float, ...]:
        """When the mock's data was changed through its control API."""
        return tuple(self._changes)

    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges that were recorded so far."""
        connections: dict[int, int] = {}
        keys = self._keys
        return tuple(
            _exchange(row, number, connections.setdefault(row.connection, len(connections) + 1), keys, self._started)
            for number, row in enumerate(tuple(self._rows), 1)
        )

    async def _record(self, scope: Scope, receive: Receive, send: Send) -> None:
        row = scope[_ROW] = _Row(scope)
        self._rows.append(row)
        await self._let_others_come(row.connection)
        taken_in = _taking_in(row, receive, await _read_ahead(row, scope, receive))

        async def sent(message: Message) -> None:
            await send(message)
            row.see(message)

        try:
            await self._app(scope, taken_in, sent)
        finally:
            row.ended = time.monotonic()
            self._bytes += row.size

    async def _let_others_come(self, connection: int) -> None:
        if self._first_wait and connection not in self._held_up and len(self._held_up) < _MOST_HELD_UP:
            self._held_up.add(connection)
            await asyncio.sleep(self._first_wait)


async def _read_ahead(row: _Row, scope: Scope, receive: Receive) -> list[Message]:
    """Record a request's body, and return its ASGI messages.

    The mock does not read the body of a GET, so a key in it would not be seen otherwise.
    """
    messages: list[Message] = []
    if not any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"]):
        return messages
    await asyncio.sleep(0)  # A time limit needs a task, which the server makes when a request has to wait.
    with suppress(TimeoutError):
        async with asyncio.timeout(_BODY_WITHIN):
            while not messages or messages[-1].get("more_body", False):
                messages.append(await receive())
                row.take_in(messages[-1])
                if len(row.request_body) >= _MOST_OF_A_BODY:
                    break
    return messages


def _taking_in(row: _Row, receive: Receive, messages: list[Message]) -> Receive:
    """The `receive` of the application: first the messages that were read ahead, then the later ones."""

    async def received() -> Message:
        if messages:
            return messages.pop(0)
        message = await receive()
        row.take_in(message)
        return message

    return received


class _Row:
    """A request and its answer while they are under way. Times are those of `time.monotonic`."""

    __slots__ = (
        "answered",
        "began",
        "body",
        "complete",
        "connection",
        "ended",
        "headers",
        "mark",
        "method",
        "open_at_once",
        "opened",
        "path",
        "query",
        "request_body",
        "request_headers",
        "sent",
        "status",
    )

    def __init__(self, scope: Scope) -> None:
        now = time.monotonic()
        self.began: float = scope.get(BEGAN, now)
        self.connection: int = scope.get(CONNECTION, 1)
        self.opened: float = scope.get(OPENED, self.began)
        self.open_at_once: int = scope.get(OPEN_AT_ONCE, 1)
        self.method: str = scope["method"]
        self.path: str = paths.raw_path(scope).decode("latin-1")
        self.query: str = scope["query_string"].decode("latin-1")
        self.request_headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        self.request_body = b""
        self.sent = now
        self.answered: float | None = None
        self.ended: float | None = None
        self.status: int | None = None
        self.headers: Iterable[tuple[bytes, bytes]] = ()
        self.body = bytearray()
        self.complete = False
        self.mark: str | None = None

    @property
    def size(self) -> int:
        """The bytes of the request and its answer."""
        headers = sum(len(name) + len(value) for name, value in (*self.request_headers, *self.headers))
        return len(self.path) + len(self.query) + headers + len(self.request_body) + len(self.body)

    def take_in(self, message: Message) -> None:
        """Record a part of the request's body."""
        if message["type"] == "http.request":
            self.sent = time.monotonic()
            self.request_body += message.get("body", b"")[: _MOST_OF_A_BODY - len(self.request_body)]

    def see(self, message: Message) -> None:
        """Record a part of the answer after it was sent."""
        if message["type"] == "http.response.start":
            self.status, self.headers, self.answered = message["status"], message["headers"], time.monotonic()
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            if not message.get("more_body", False):
                self.complete, self.ended = True, time.monotonic()


class _Page(msgspec.Struct, rename="camel"):
    data: list[msgspec.Raw]
    next_cursor: object = None


def page_members(body: bytes) -> tuple[int | None, str | None]:
    """How many items a page's body holds, and its next cursor; None for both if it is no page."""
    try:
        page = msgspec.json.decode(body, type=_Page)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, None
    following = page.next_cursor
    return len(page.data), following if isinstance(following, str) and following else None


def _exchange(row: _Row, number: int, connection: int, keys: KeyRing, started: float) -> Exchange:
    headers = headers_as_text(row.request_headers)
    secrets = tuple(key.secret for key in keys)
    key = presented({"headers": row.request_headers}, keys)
    found = asked(row.path)
    body = bytes(row.body)
    is_list = found is not None and found.operation.is_list and row.status == 200
    items, following = page_members(body) if is_list else (None, None)
    return Exchange(
        number=number,
        method=row.method,
        path=row.path,
        query_string=row.query,
        began=row.began - started,
        sent=row.sent - started,
        answered=None if row.answered is None else row.answered - started,
        ended=(row.ended or time.monotonic()) - started,
        connection=connection,
        opened=row.opened - started,
        open_at_once=row.open_at_once,
        status=row.status,
        complete=row.complete,
        key=key.id if key else None,
        organization=key.organization_id if key else None,
        leaks=tuple(misplaced_keys(headers, row.path, row.query, secrets, row.request_body)),
        next_cursor=following,
        items=items,
        mark=row.mark,
        request_headers=headers,
        headers=headers_as_text(row.headers),
        body=body,
    )


def headers_as_text(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    """Header fields as text."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
