"""One request and its answer on a connection: the ASGI side, written for speed.

An answer's head is sent together with the first part of its body. A request of the API is served within the parser's callback,
without a task. Only if it has to wait does a task go on with it, as eager tasks do in Python 3.12. Until then it must not ask
asyncio for the current task, as `asyncio.timeout` does.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Coroutine, Generator, Iterable, Iterator
from contextvars import copy_context
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

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
_FRAMING = {b"content-length", b"transfer-encoding", b"connection"}
_STATUS_LINES = {status.value: b"HTTP/1.1 %d %b\r\n" % (status, status.phrase.encode()) for status in HTTPStatus}
_WITHOUT_BODY = (204, 304)

_MOST_LINES = 4_096
_Line = tuple[bytes, tuple[bytes, bytes] | None]
_lines: dict[tuple[bytes, bytes], _Line] = {}
"""A cache of encoded headers, since most answers have the same, each with its lower-case form if it says how the answer ends."""


class _Done:
    """What need not be waited for."""

    def __await__(self) -> Iterator[None]:
        return iter(())


_DONE: Awaitable[None] = _Done()  # type: ignore[assignment] # an iterator that ends at once serves as a generator


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

    def __init__(
        self, connection: Connection, app: ASGIApp, scope: Scope, *, keep_alive: bool, expects_continue: bool
    ) -> None:
        self._connection = connection
        self.app = app
        self.scope = scope
        self.keep_alive = keep_alive
        self._expects_continue = expects_continue
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
        """Wake the application: more of the request has come, or the client has left."""
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
        """Send a part of the answer (ASGI). Raises RuntimeError for parts that make none."""
        if self._connection.flow.write_paused and not self.disconnected:
            return self._send_later(message)
        self._send(message)
        return _DONE

    async def _send_later(self, message: Message) -> None:
        """Send a part once the client has read enough of what was sent before."""
        await self._connection.flow.drain()
        self._send(message)

    def _send(self, message: Message) -> None:
        if self.disconnected:
            return
        if self.response_complete:
            raise RuntimeError("The answer is complete.")
        if message["type"] == "http.response.start" and not self.response_started:
            self._begin(message["status"], message.get("headers", ()))
        elif message["type"] == "http.response.body" and self.response_started:
            self._go_on(message.get("body", b""), last=not message.get("more_body", False))
        else:
            raise RuntimeError(f"{message['type']} is out of place.")

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
        parts = [_STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status]
        framed = False
        for header in headers:
            line, framing = _lines.get(header) or _encoded(*header)
            parts.append(line)
            if framing is not None:
                framed = self._frame(*framing) or framed
        if not self.keep_alive and b"connection: close\r\n" not in parts:
            parts.append(b"connection: close\r\n")
        if not framed and self.scope["method"] != "HEAD" and status not in _WITHOUT_BODY:
            self._chunked = True
            parts.append(b"transfer-encoding: chunked\r\n")
        parts.append(b"\r\n")
        self._head = b"".join(parts)
        self._connection.flush_soon(self)

    def _frame(self, name: bytes, value: bytes) -> bool:
        """Note a header that says how the answer ends; returns whether it tells the length of the body."""
        if name == b"content-length":
            self._left = int(value)
            return True
        if name == b"transfer-encoding":
            self._chunked = value == b"chunked"
            return self._chunked
        if b"close" in (token.strip() for token in value.split(b",")):
            self.keep_alive = False
        return False

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


def _encoded(name: bytes, value: bytes) -> _Line:
    """A header as `_lines` keeps it. Raises RuntimeError for one that HTTP does not allow."""
    if not name or _NOT_IN_NAME.search(name) or _NOT_IN_VALUE.search(value):
        raise RuntimeError("A header has a character that HTTP does not allow.")
    if len(_lines) >= _MOST_LINES:
        _lines.clear()
    lower = name.lower()
    framing = (lower, value.lower()) if lower in _FRAMING else None
    encoded = _lines[name, value] = (b"%b: %b\r\n" % (lower, value), framing)
    return encoded
