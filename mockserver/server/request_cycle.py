"""One request and its answer on a connection: the ASGI side, written for speed.

An answer's head is sent together with the first part of its body. A request of the API is served within the parser's callback,
without a task. Only if it has to wait does a task go on with it, as eager tasks do in Python 3.12. Until then it must not ask
asyncio for the current task, as `asyncio.timeout` does.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Coroutine, Generator, Iterable
from contextvars import copy_context
from functools import lru_cache
from http import HTTPStatus
from itertools import starmap
from typing import TYPE_CHECKING, Any, NamedTuple

from mockserver.api import paths
from mockserver.api.disconnect import ON_LEAVING
from mockserver.api.response import problem_response

if TYPE_CHECKING:
    import asyncio

    from starlette.types import ASGIApp, Message, Scope

    from mockserver.server.connection import Connection

HIGH_WATER = 65_536
"""The most bytes of a body that are kept for the application. Reading pauses beyond them."""

_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
_NOT_IN_NAME = re.compile(rb'[\x00-\x20\x7f()<>@,;:\[\]={}\\"/?]')
_NOT_IN_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_STATUS_LINES = {status.value: b"HTTP/1.1 %d %b\r\n" % (status, status.phrase.encode()) for status in HTTPStatus}
_WITHOUT_BODY = (204, 304)


class _Head(NamedTuple):
    """The head of an answer without the empty line at its end, and how the answer ends according to its headers."""

    text: bytes
    length: int | None
    chunked: bool
    close: bool


class RequestCycle:
    """A request and its answer. `more_body` says whether more of the request is to come."""

    __slots__ = (
        "_awaited",
        "_chunked",
        "_connection",
        "_expects_continue",
        "_head",
        "_left",
        "_news",
        "app",
        "body",
        "disconnected",
        "keep_alive",
        "more_body",
        "response_complete",
        "response_started",
        "scope",
    )

    def __init__(self, connection: Connection, app: ASGIApp, scope: Scope) -> None:
        self._connection = connection
        self.app = app
        self.scope = scope
        self.keep_alive = scope["http_version"] != "1.0" and connection.parser.should_keep_alive()
        self._expects_continue = connection.expect_100_continue
        self.body = bytearray()
        self.more_body = True
        self.disconnected = False
        self.response_started = False
        self.response_complete = False
        self._head: bytes | None = None
        self._chunked = False
        self._left = 0
        self._news = False
        self._awaited: asyncio.Future[None] | None = None

    def start(self) -> None:
        """Start the application on the request."""
        serving = self._serve()
        if not paths.is_api(self.scope["path"]):
            self._connection.spawn(serving, copy_context())
            return
        context = copy_context()
        try:
            awaited = context.run(serving.send, None)
        except StopIteration:
            return
        self.write_head()
        self._connection.spawn(_Begun(serving, awaited), context)

    def hear(self) -> None:
        """Wake the application, because more of the request has come or the client has left."""
        self._news = True
        awaited, self._awaited = self._awaited, None
        if awaited is not None and not awaited.done():
            awaited.set_result(None)

    def leave(self) -> None:
        """Record that the client has left."""
        self.disconnected = True
        self.tell_leaving()
        self.hear()

    def tell_leaving(self) -> None:
        """Call the callbacks for the moment when the client closes the connection."""
        on_leaving = self.scope.get(ON_LEAVING)
        if on_leaving is not None:
            on_leaving()

    async def receive(self) -> Message:
        """The next part of the request's body, or a disconnect if the client left or has its answer (ASGI)."""
        connection = self._connection
        if self._expects_continue:
            self._expects_continue = False
            connection.write(_GO_ON)
        if not (self._news or self.disconnected or self.response_complete):
            connection.flow.resume_reading()
            self._awaited = connection.loop.create_future()
            await self._awaited
        self._news = False
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        body, self.body = bytes(self.body), bytearray()
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    def send(self, message: Message) -> Awaitable[None]:
        """Send a part of the answer (ASGI). Raises RuntimeError for a part that does not belong there."""
        if self.disconnected:
            return self._connection.done
        if self._connection.flow.write_paused:
            return self._send_later(message)
        if self.response_complete:
            raise RuntimeError("The answer is complete.")
        if message["type"] == "http.response.start" and not self.response_started:
            self._begin(message["status"], message.get("headers", ()))
        elif message["type"] == "http.response.body" and self.response_started:
            self._go_on(message.get("body", b""), last=not message.get("more_body", False))
        else:
            raise RuntimeError(f"{message['type']} is out of place.")
        return self._connection.done

    async def _send_later(self, message: Message) -> None:
        """Send a part once the client has read enough of what was sent before."""
        await self._connection.flow.drain()
        await self.send(message)

    async def _serve(self) -> None:
        try:
            await self.app(self.scope, self.receive, self.send)
        except Exception:
            if self.response_started:
                # Only by closing the connection can the server show the client that something is missing.
                self._connection.transport.close()
                return
        if not self.response_started and not self.disconnected:
            close = [(b"connection", b"close")]
            answer = problem_response(500, "Internal error", "The mock failed to answer this request.", close)
            await answer(self.scope, self.receive, self.send)
        elif not self.response_complete and not self.disconnected:
            self._connection.transport.close()

    def _begin(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Make the head. It is sent with the next part, or at the end of this turn of the event loop."""
        self.response_started = True
        self._expects_continue = False
        head = _encoded_head(status, tuple(headers))
        text, self._left, self._chunked = head.text, head.length or 0, head.chunked
        if head.close:
            self.keep_alive = False
        if not self.keep_alive and b"\r\nconnection: close\r\n" not in text:
            text += b"connection: close\r\n"
        framed = head.chunked or head.length is not None
        if not framed and self.scope["method"] != "HEAD" and status not in _WITHOUT_BODY:
            self._chunked = True
            text += b"transfer-encoding: chunked\r\n"
        self._head = text + b"\r\n"
        self._connection.flush_soon(self)

    def _go_on(self, body: bytes, *, last: bool) -> None:
        if self.scope["method"] == "HEAD":
            body, self._left = b"", 0
        elif self._chunked:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (b"0\r\n\r\n" if last else b"")
        elif len(body) > self._left:
            raise RuntimeError("The answer is longer than its Content-Length.")
        else:
            self._left -= len(body)
        head, self._head = self._head, None
        self._connection.write(body if head is None else head + body)
        if last:
            self._end()

    def _end(self) -> None:
        if self._left:
            raise RuntimeError("The answer is shorter than its Content-Length.")
        self.response_complete = True
        if self._awaited is not None:
            self.hear()
        if not self.keep_alive:
            self._connection.transport.close()
        self._connection.completed()

    def write_head(self) -> None:
        """Send the head, if it still waits for the body."""
        head, self._head = self._head, None
        if head is not None:
            self._connection.write(head)


class _Begun(Coroutine[object, None, None]):
    """A coroutine that has run up to its first wait. A task goes on with it."""

    def __init__(self, coroutine: Coroutine[object, None, None], awaited: object) -> None:
        self._coroutine = coroutine
        self._awaited: tuple[object, ...] = (awaited,)

    def send(self, value: None) -> object:
        if self._awaited:
            (awaited,), self._awaited = self._awaited, ()
            return awaited
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> object:
        self._awaited = ()
        return self._coroutine.throw(*error)

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[object, None, None]:
        raise NotImplementedError("only a task goes on with it")


@lru_cache(maxsize=256)
def _encoded_head(status: int, headers: tuple[tuple[bytes, bytes], ...]) -> _Head:
    """The head of an answer. Cached, because most answers of one second are alike. Raises RuntimeError as `_line` does."""
    text = b"".join((_STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status, *starmap(_line, headers)))
    length, chunked, close = None, False, False
    for name, value in headers:
        lower = name.lower()
        if lower == b"content-length":
            length = int(value)
        elif lower == b"transfer-encoding":
            chunked = value.lower() == b"chunked"
        elif lower == b"connection":
            close = close or b"close" in (token.strip() for token in value.lower().split(b","))
    return _Head(text, length, chunked, close)


@lru_cache(maxsize=4_096)
def _line(name: bytes, value: bytes) -> bytes:
    """A header as it is sent. Raises RuntimeError for one that HTTP does not allow."""
    if not name or _NOT_IN_NAME.search(name) or _NOT_IN_VALUE.search(value):
        raise RuntimeError("A header has a character that HTTP does not allow.")
    return b"%b: %b\r\n" % (name.lower(), value)
