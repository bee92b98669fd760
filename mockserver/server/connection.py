"""One connection of a client: uvicorn's, with bounds on its input, and a problem document as the answer to invalid HTTP.

It overrides many of uvicorn's methods, private ones too, so uvicorn's version is pinned."""

# ruff: noqa: D102 - most methods are callbacks of asyncio's and of the parser's

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mockserver.api.body import TRAILERS
from mockserver.api.disconnect import TRANSPORT
from mockserver.server.bad_requests import (
    LONGEST_HEAD,
    MOST_HEADERS,
    BadRequest,
    last_answer,
    reason_of,
    too_long,
    too_much_around_the_body,
)
from mockserver.server.request_cycle import HIGH_WATER, RequestCycle

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine
    from contextvars import Context

    from starlette.types import Scope

    from mockserver.server.configuration import Configuration

WITHIN = 60.0
"""Seconds in which a request must arrive, and in which a client must read a waiting answer."""

KEPT_ALIVE = 75.0
"""Seconds after which an idle connection is closed."""

_ASGI = {"version": "3.0", "spec_version": "2.3"}

_IN_A_ROW = 16
"""The most requests of one connection that are served before other connections get their turn."""

_UPGRADE = re.compile(rb"\r\nupgrade:[^\r\n]*", re.IGNORECASE)
_LINGERING = 2.0
"""Seconds for which a connection stays open after a refusal in the middle of a request, so that the client can read it."""


class Connection(HttpToolsProtocol):
    """A connection that enforces RFC 9112. `waiting_since`, in seconds of the event loop, is None between requests.

    `done` is a future that is done: what `send` returns if there is nothing to wait for.
    """

    config: Configuration
    cycle: RequestCycle  # type: ignore[assignment] # in uvicorn's place: the request that came last

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self.done = self.loop.create_future()
        self.done.set_result(None)
        self.waiting_since: float | None = self.loop.time()
        self._idle_since = self.waiting_since
        self._unheard_since: float | None = None
        self._in_head = True
        self._unread = 0
        self._queue: deque[RequestCycle] = deque()
        self._served: RequestCycle | None = None
        self._serving = False
        self._refused = self._ended = False
        self._last_words: bytes | None = None
        self._lingering = _LINGERING

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections.discard(self)
        self._queue.clear()
        if self._served is not None:
            self._served.leave()
        self.flow.resume_writing()
        if exc is None:
            self.transport.close()
        self.parser = None  # type: ignore[assignment] # as uvicorn does, because it refers to this connection

    def pause_writing(self) -> None:
        self._unheard_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._unheard_since = None
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._unread += len(data)
        if b"pgrade:" in data and (self._in_head or self.waiting_since is None):
            # A server may ignore Upgrade (RFC 9110, section 7.8), which Java's client sends. The parser would not read the body.
            head, end, rest = data.partition(b"\r\n\r\n")
            data = _UPGRADE.sub(b"", head) + end + rest
        try:
            self.parser.feed_data(data)
            if self._unread > LONGEST_HEAD:
                raise too_long() if self._in_head else too_much_around_the_body()
        except httptools.HttpParserUpgrade:
            # No other protocol is supported: the request is answered as if it had no Upgrade, and the connection ends.
            self.cycle.keep_alive = False
        except (httptools.HttpParserError, BadRequest) as error:
            self._refuse(reason_of(error))
        self._serve_waiting()

    def eof_received(self) -> bool:  # type: ignore[override] # asyncio's meaning: whether the connection stays open
        self._lingering = 0.0
        cycle = self.cycle
        if self.scheme == "https":
            return False  # TLS has no half-closed connections.
        if self._refused:
            return not self._ended
        if cycle is None or cycle.response_complete or cycle.more_body:
            return False
        # The client may still read: the last of its requests is answered, then the connection ends.
        cycle.keep_alive = False
        if self._served is not None:
            self._served.tell_leaving()
        return True

    def on_message_begin(self) -> None:
        self.url = b""
        self.expect_100_continue = False
        self.headers = []
        self.waiting_since = self.loop.time()
        self._in_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        # The parser reports trailers like headers. A trailer must not take effect as a header (RFC 9110, section 6.5.1).
        if not self._in_head:
            self.cycle.scope.setdefault(TRAILERS, []).append((name, value))
            return
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        headers, version = self.headers, self.parser.get_http_version()
        if len(headers) > MOST_HEADERS:
            raise BadRequest(431, f"A request may have {MOST_HEADERS} headers.")
        if (
            self._unread > LONGEST_HEAD
            and len(self.url) + sum(len(name) + len(value) for name, value in headers) > LONGEST_HEAD
        ):
            raise too_long()
        names = [name for name, _ in headers]
        if names.count(b"host") != 1 and version == "1.1":
            raise BadRequest(400, "A request must have one Host header (RFC 9112, section 3.2).")
        self._unread = 0
        # A layer of uvicorn reads a proxy's headers about its client.
        forwarded = b"x-forwarded-for" in names or b"x-forwarded-proto" in names
        self.cycle = RequestCycle(self, self.app if forwarded else self.config.app, self._scope(version))
        if self._served is not None or self._queue:
            self.flow.pause_reading()
        self._queue.append(self.cycle)

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        cycle = self.cycle
        if cycle.response_complete:
            return
        cycle.body += body
        if len(cycle.body) > HIGH_WATER:
            self.flow.pause_reading()
        cycle.hear()

    def on_message_complete(self) -> None:
        self.waiting_since = None
        self._unread = 0
        self.cycle.more_body = False
        self.cycle.hear()

    def check_timeout(self) -> None:
        """End the connection if a request takes too long to arrive, if it is idle too long, or if the client does not read."""
        now, since = self.loop.time(), self.waiting_since
        if self._unheard_since is not None and now - self._unheard_since > WITHIN:
            self.transport.abort()
        elif since is None:
            if self._served is None and not self._refused and now - self._idle_since > KEPT_ALIVE:
                self.transport.close()
        elif self.flow.read_paused or now - since <= WITHIN:
            return  # While reading is paused, the client cannot send.
        elif self._refused or self.headers is None:
            self.transport.close()
        else:
            self._refuse(BadRequest(408, f"A request must arrive within {WITHIN:.0f} seconds."))

    def write(self, data: bytes) -> None:
        """Send bytes, unless the client is gone: uvloop would raise an error."""
        if not self.transport.is_closing():
            self.transport.write(data)

    def flush_soon(self, exchange: RequestCycle) -> None:
        """Send the head of an answer at the end of this turn of the loop, so that its body can go with it."""
        if not self._serving:
            self.loop.call_soon(exchange.write_head)

    def spawn(self, serving: Coroutine[object, None, None], context: Context) -> None:
        """Continue a request in a task."""
        task = self.loop.create_task(serving, context=context)
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def completed(self) -> None:
        """Go on with the next request, because the answer to the current one is complete."""
        self._served = None
        if self.transport.is_closing():
            return
        if self._queue:
            if not self._serving:
                self.loop.call_soon(self._serve_waiting)
        elif self._refused:
            self._end(self._last_words)
        else:
            self._idle_since = self.loop.time()
            self.flow.resume_reading()

    def _serve_waiting(self) -> None:
        """Serve the waiting requests in their order, until one of them has to wait for something."""
        self._serving = True
        try:
            for _ in range(_IN_A_ROW):
                if self._served is not None or not self._queue or self.transport.is_closing():
                    return
                self._served = self._queue.popleft()
                self._served.start()
        finally:
            self._serving = False
        if self._queue:
            self.loop.call_soon(self._serve_waiting)

    def _scope(self, version: str) -> Scope:
        if self.url.startswith(b"/") and b"#" not in self.url:
            raw_path, _, query = self.url.partition(b"?")
        else:
            url = httptools.parse_url(self.url)
            raw_path, query = url.path, url.query or b""
        path = raw_path.decode("ascii")
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "method": self.parser.get_method().decode("ascii"),
            "root_path": "",
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": self.headers,
            "state": self.app_state.copy(),
            TRANSPORT: self.transport,
        }

    def _refuse(self, reason: BadRequest) -> None:
        """Read no more, and refuse the request with this reason after the earlier requests are answered."""
        self._refused = True
        self._last_words = last_answer(reason, self.config.app.state.clock.now())
        cycle = self.cycle
        if cycle is not None and cycle.more_body:
            # The error is in the body of the current request.
            if self._queue:
                self._queue.pop()
            elif cycle.response_complete:
                self._last_words = None
            else:
                cycle.leave()
                self._end(None if cycle.response_started else self._last_words)
                return
        if self._served is None and not self._queue:
            self._end(self._last_words)

    def _end(self, answer: bytes | None) -> None:
        """Send a last answer. If the connection closed at once, a client that is still sending would lose it."""
        self._ended = True
        if answer is None or self.transport.is_closing():
            self.transport.close()
            return
        self.transport.write(answer)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(self._lingering, self.transport.close)
