"""A fast HTTP/1.1 client for a load generator: prepared requests, kept connections, the times of first and last byte.

It sends GET only, without redirects, cookies, compression or retries: the target would count a request twice that a library
repeats. Every answer is bounded in time and bytes. Under gevent's monkey patch its sockets are cooperative.

Why not Locust's FastHttpUser: on a server that does nothing, from 20 greenlets, it took 101 µs of CPU a request, and this
client 12 (medians of five runs in turns on one machine). That is 8 times as much; half as much again would have been
acceptable.
"""

from __future__ import annotations

import errno
import select
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import httptools
from gevent import monkey

from conformance.target.header_times import unix, waiting

TIMEOUT = 30.0
"""Seconds for connecting, and for an answer as a whole."""
_LONGEST = 16 * 2**20
"""Bytes of an answer, head and body: the largest page is a small part of it."""
_IDLE = 0.5
"""Seconds of real time, wherever the target's clock was moved, after which an idle connection is not used again. Most servers
close one after some seconds, and a request that arrives at that moment gets no answer."""
_BLOCK = 65_536
_OWN_LIMITS = {
    errno.EMFILE: "too many open files: raise `ulimit -n`",
    errno.ENFILE: "too many open files on this machine",
    errno.EADDRNOTAVAIL: "no free port for a connection",
    errno.ENOBUFS: "no buffer for a connection",
    errno.ENOMEM: "no memory",
}
"""Errors of this machine, not of the target, that keep a request from being sent."""
# A look that does not wait has no reason to go through gevent's loop.
_poll: Callable[[], select.poll] = monkey.get_original("select", "poll")


class _TooLongError(Exception):
    """An answer is longer than allowed; the message is one line."""


# The parser tells a 101, which nobody asked for, by an exception of its own.
_NO_HTTP = (httptools.HttpParserError, httptools.HttpParserUpgrade)
_FAILURES = (OSError, MemoryError, *_NO_HTTP, EOFError, _TooLongError)


@dataclass(slots=True)
class TimedAnswer:
    """What came of a request. `status` 0: no answer, and `error` says why. Times are the given clock's.

    `own_limit` names the limit of this machine that kept the request from being sent, if one did.
    """

    sent: float
    answered: float
    status: int = 0
    retry_after: float | None = None
    dated: bool = False
    date: float | None = None
    size: int = 0
    body: bytes = b""
    error: str | None = None
    own_limit: str | None = None


class HttpClient:
    """Connections to one target. Any number of greenlets may use it."""

    def __init__(self, base_url: str, now: Callable[[], float]) -> None:
        parts = urlsplit(base_url)
        secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if secure else 80)
        self._authority, self._prefix = parts.netloc, parts.path
        self._tls = _trusting() if secure else None
        self._now = now
        self._free: list[_Connection] = []
        self._keeps = True

    def prepare(self, path: str, secret: str) -> bytes:
        """A request for a path with an API key, as bytes that can be sent any number of times."""
        return (
            f"GET {self._prefix}{path} HTTP/1.1\r\nHost: {self._authority}\r\nAuthorization: Bearer {secret}\r\n"
            "Accept: application/json\r\nUser-Agent: outbound-load\r\n\r\n"
        ).encode("latin-1")

    def get(self, request: bytes) -> TimedAnswer:
        """Send a prepared request and wait for the answer. Never raises for what the target does or fails to do."""
        sent = self._now()
        try:
            connection = self._free_connection() or self._connect()
            # Connecting takes a while, and nothing of the request has been sent yet.
            sent = self._now()
            answer = connection.exchange(request, sent)
        except _FAILURES as error:
            return TimedAnswer(sent, self._now(), error=_plain(error), own_limit=_own_limit(error))
        answer.answered = self._now()
        if connection.promise is not None:
            # Where an answer has no Date, our own clock has to do.
            moment = answer.answered if answer.date is None else answer.date
            answer.retry_after, answer.dated = waiting(connection.promise, moment)
        if connection.reusable and self._keeps:
            connection.idle_since = time.monotonic()
            self._free.append(connection)
        else:
            connection.close()
        return answer

    def close(self) -> None:
        """Close all connections that are not in use."""
        while self._free:
            self._free.pop().close()

    def _free_connection(self) -> _Connection | None:
        while self._free:
            connection = self._free.pop()
            if time.monotonic() - connection.idle_since < _IDLE:
                if self._keeps and not connection.closed_by_peer():
                    return connection
                # A server that closes this soon without a word would sooner or later do so while a request is on its way.
                self._keeps = False
            connection.close()
        return None

    def _connect(self) -> _Connection:
        found = socket.create_connection((self._host, self._port), TIMEOUT)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _Connection(self._tls.wrap_socket(found, server_hostname=self._host) if self._tls else found)


def _trusting() -> ssl.SSLContext:
    """Trust the same authorities as the gate: those of $SSL_CERT_FILE or $SSL_CERT_DIR, else the usual ones."""
    import httpx  # late: it takes a tenth of a second, and few targets want it

    return httpx.create_ssl_context()


class _Connection:
    """A connection, and what its parser says of the answer that is coming in."""

    def __init__(self, found: socket.socket) -> None:
        self._socket = found
        self.idle_since = 0.0
        self.reusable = True
        self._begin(TimedAnswer(0.0, 0.0))

    def _begin(self, answer: TimedAnswer) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._answer = answer
        self._parts: list[bytes] = []
        self._bounded = False
        self._heads_complete = False
        self._complete = False
        self._received = 0
        self.promise: str | None = None
        self._date = ""

    def exchange(self, request: bytes, sent: float) -> TimedAnswer:
        """Send a request and read its answer. Raises OSError, HttpParserError, EOFError, and _TooLongError."""
        self._begin(TimedAnswer(sent, sent))
        until = time.monotonic() + TIMEOUT
        try:
            self._socket.settimeout(TIMEOUT)
            self._socket.sendall(request)
            self._feed(self._socket.recv(_BLOCK))
            while not self._complete:
                self._limit(until)
                self._feed(self._socket.recv(_BLOCK))
        except BaseException:
            # The rest of an abandoned answer would be taken for the answer to the next request.
            self.close()
            raise
        return self._finished()

    def _limit(self, until: float) -> None:
        """Check the bounds of an answer that comes in several parts."""
        if self._received > _LONGEST:
            raise _TooLongError(f"the answer is longer than {_LONGEST >> 20} MB")
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)

    def _feed(self, data: bytes) -> None:
        self._received += len(data)
        if data:
            self._parser.feed_data(data)
        elif self._heads_complete and not self._bounded:
            self.reusable, self._complete = False, True
        else:
            raise EOFError("the target hung up before the answer was complete")

    def _finished(self) -> TimedAnswer:
        answer = self._answer
        answer.status = self._parser.get_status_code()
        answer.body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        answer.size = len(answer.body)
        answer.date = unix(self._date)
        return answer

    def closed_by_peer(self) -> bool:
        """Whether an idle connection has something to read: the peer closed it, or sent something unasked."""
        readable = _poll()
        readable.register(self._socket.fileno(), select.POLLIN)
        return bool(readable.poll(0))

    def close(self) -> None:
        """Close it."""
        self.reusable = False
        self._socket.close()

    # What httptools calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note a header that matters."""
        size = len(name)
        if size == 4 and name.lower() == b"date":
            self._date = value.decode("latin-1")
        elif size == 11 and name.lower() == b"retry-after":
            self.promise = value.decode("latin-1")
        elif size in (14, 17) and name.lower() in (b"content-length", b"transfer-encoding"):
            self._bounded = True

    def on_headers_complete(self) -> None:
        """Note that the head is complete."""
        self._heads_complete = True

    def on_body(self, body: bytes) -> None:
        """Add a part of the body."""
        self._parts.append(body)

    def on_message_complete(self) -> None:
        """Note that the answer is complete, unless it is an interim one (RFC 9110, section 15.2)."""
        self._complete = self._parser.get_status_code() >= 200
        if self._complete:
            # The parser knows it only now, and no longer once it is done.
            self.reusable = bool(self._parser.should_keep_alive())
        else:
            self._bounded = self._heads_complete = False


def _own_limit(error: Exception) -> str | None:
    number = errno.ENOMEM if isinstance(error, MemoryError) else getattr(error, "errno", None)
    return _OWN_LIMITS.get(number) if number is not None else None


def _plain(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT:.0f} s"
    if isinstance(error, _NO_HTTP):
        return "the answer is not HTTP"
    if isinstance(error, _TooLongError):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
