"""One connection of a client: uvicorn's, with an end to what it takes in, and a problem for what is no HTTP."""

# ruff: noqa: D102 - most methods are callbacks of asyncio's and of the parser's

from __future__ import annotations

from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from mockserver.api.disconnect import TRANSPORT
from mockserver.api.response import Response, problem_response

if TYPE_CHECKING:
    import asyncio

LONGEST_HEAD = 32_768
"""Bytes of a request's target and headers, and of what is neither head nor body. The contract speaks of a quarter of that."""

MOST_HEADERS = 100

WITHIN = 60.0
"""Seconds in which a request has to arrive, and in which a client has to read what waits for it."""

_LINGERING = 2.0
"""Seconds in which a client that is refused in the middle of its request may read why."""


class Unacceptable(Exception):
    """A request that is not taken in: the status and the detail of its problem."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class CoalescingTransport:
    """A transport that sends what is written within one turn of the event loop by one system call: an answer's head and body."""

    __slots__ = ("_held", "_loop", "_transport", "is_closing")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: bytes | None = None
        self.is_closing = transport.is_closing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        held = self._held
        if self._transport.is_closing():
            return  # The client is gone. uvloop would raise an error, asyncio's own loop drops what is written.
        if held is None:
            self._held = data
            self._loop.call_soon(self._let_go)
        else:
            self._held = None
            self._transport.writelines((held, data))

    def write_eof(self) -> None:
        self._let_go()
        self._transport.write_eof()

    def close(self) -> None:
        self._let_go()
        self._transport.close()

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None and not self._transport.is_closing():
            self._transport.write(held)


class Connection(HttpToolsProtocol):
    """A connection that holds its client to RFC 9112. `waiting_since`, in seconds of the event loop, is None between requests."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self.transport = CoalescingTransport(transport, self.loop)  # type: ignore[assignment] # it does all that a transport does
        self.waiting_since: float | None = self.loop.time()
        self._in_head = True
        self._unread = 0
        self._refused = self._ended = False
        self._lingering = _LINGERING
        self._unheard_since: float | None = None
        self._served: RequestResponseCycle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        # Of several requests on their way uvicorn tells the last alone; it is the first that is being served.
        if self._served is not None and not self._served.response_complete:
            self._served.disconnected = True
            self._served.message_event.set()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._served = cycle
        super()._start_asgi_task(cycle, app)

    def pause_writing(self) -> None:
        self._unheard_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._unheard_since = None
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._unset_keepalive_if_required()
        self._unread += len(data)
        try:
            self.parser.feed_data(data)
            if self._unread > LONGEST_HEAD:
                raise _too_long() if self._in_head else _too_much_around_the_body()
        except httptools.HttpParserUpgrade:
            # Nothing else is spoken here: the request is answered as if it had not asked, and the connection ends.
            self.cycle.keep_alive = False
        except (httptools.HttpParserError, Unacceptable) as error:
            self._refuse(_reason(error))

    def eof_received(self) -> bool:  # type: ignore[override] # asyncio's meaning: whether the connection stays open
        self._lingering = 0.0
        cycle = self.cycle
        if self._refused:
            return not self._ended
        if cycle is None or cycle.response_complete or cycle.more_body:
            return False
        # Who has said everything may listen still: the last of its requests is answered, then the connection ends.
        cycle.keep_alive = False
        return True

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: Any = self.scope
        scope[TRANSPORT] = self.transport
        self.waiting_since = self.loop.time()
        self._in_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        # The parser reports trailers like headers. A trailer must not take effect as a header (RFC 9110, section 6.5.1).
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        headers = self.headers
        if len(headers) > MOST_HEADERS:
            raise Unacceptable(431, f"A request may have {MOST_HEADERS} headers.")
        if (
            self._unread > LONGEST_HEAD
            and len(self.url) + sum(len(name) + len(value) for name, value in headers) > LONGEST_HEAD
        ):
            raise _too_long()
        if [name for name, _ in headers].count(b"host") != 1 and self.parser.get_http_version() == "1.1":
            raise Unacceptable(400, "A request must have one Host header (RFC 9112, section 3.2).")
        self._unread = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.waiting_since = None
        self._unread = 0

    def check_timeout(self) -> None:
        """End the connection if a request, or the first one, has been waited for too long, or its client does not read."""
        if self._unheard_since is not None and self.loop.time() - self._unheard_since > WITHIN:
            self.transport.abort()
            return
        since = self.waiting_since
        # Whoever is not read from cannot send.
        if since is None or self.flow.read_paused or self.loop.time() - since <= WITHIN:
            return
        if self._refused or self.scope is None:
            self.transport.close()
        else:
            self._refuse(Unacceptable(408, f"A request must arrive within {WITHIN:.0f} seconds."))

    def _refuse(self, reason: Unacceptable) -> None:
        """Tell the client what is wrong with its request, once those before it are answered, and take in no more."""
        self._refused = True
        cycle = self.cycle
        answer: Any = self._answer(reason)
        if cycle is None or cycle.response_complete:
            self._end(answer)
        elif cycle.more_body and self.pipeline:
            # It is that request's body which is wrong, and others are before it.
            self.pipeline[0] = (cycle, answer)
        elif cycle.more_body:
            cycle.disconnected = True
            cycle.message_event.set()
            self._end(None if cycle.response_started else answer)
        elif cycle.keep_alive:
            cycle.on_response = lambda: self._end(answer)

    def _answer(self, reason: Unacceptable) -> Response:
        mock: Any = self.config.app
        date = formatdate(mock.state.clock.now(), usegmt=True).encode()
        headers = [(b"date", date), (b"server", b"outbound-mock"), (b"connection", b"close")]
        return problem_response(reason.status, HTTPStatus(reason.status).phrase, reason.detail, headers)

    def _end(self, answer: Response | None) -> None:
        """Send a last answer. Closing at once would take it from a client that is still sending."""
        self._ended = True
        if answer is None or self.transport.is_closing():
            self.transport.close()
            return
        lines = [b"HTTP/1.1 %d %s" % (answer.status, HTTPStatus(answer.status).phrase.encode())]
        lines += [b"%b: %b" % header for header in answer.headers]
        self.transport.write(b"\r\n".join([*lines, b"", answer.body]))
        self.transport.write_eof()
        self.loop.call_later(self._lingering, self.transport.close)


def _too_long() -> Unacceptable:
    return Unacceptable(431, f"The target and the headers of a request may have {LONGEST_HEAD} bytes.")


def _too_much_around_the_body() -> Unacceptable:
    return Unacceptable(431, f"Trailers and chunk extensions of a request may have {LONGEST_HEAD} bytes.")


def _reason(error: Exception) -> Unacceptable:
    """What to tell of an error of the parser's; what we raised while it parsed comes wrapped in its own."""
    found = error if isinstance(error, Unacceptable) else error.__context__
    if isinstance(found, Unacceptable):
        return found
    # The parser's own words are fixed ones; what a callback raises may repeat what it was given.
    words = "Bad target" if isinstance(error, httptools.HttpParserCallbackError) else str(error)
    return Unacceptable(400, f"This is not HTTP/1.1 (RFC 9112): {words}.")
