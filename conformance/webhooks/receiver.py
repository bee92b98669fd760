"""A webhook receiver: a real HTTP server that records deliveries, and answers as each endpoint's script says.

`http.server` of the standard library serves. pytest-httpserver (3 packages, 2 MB, 0.17 s of CPU to import) always answers: it
can neither close a connection without an answer nor keep silent, as two of the four scripts do, and it reads without bounds.
"""

from __future__ import annotations

import secrets
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from typing import Literal

from conformance.webhooks.deliveries import Delivery
from conformance.webhooks.signatures import Headers
from spec.target import listen_address

ReceiverAnswer = Literal["accept", "error", "drop", "silence"]
"""200, 500, the connection closed without an answer, or no answer for as long as the sender waits."""

Script = Callable[[Delivery], ReceiverAnswer]
"""Decides how a delivery is answered when it arrives."""

_LARGEST_BODY = 1_000_000
_LONGEST_LINE = 4_096
_IDLE = 30.0
_LOOK_AGAIN = 0.05
_WITHOUT_CONTENT = ("GET", "HEAD", "OPTIONS")
_EVERY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104 — what the user asked to listen on


def accept(_delivery: Delivery) -> ReceiverAnswer:
    """The script of an endpoint without trouble."""
    return "accept"


class CannotListen(Exception):
    """The receiver's address cannot be listened on; the message is one line."""


@dataclass
class Endpoint:
    """One URL for deliveries. `secret` is its signing secret, empty until it is known."""

    name: str
    url: str
    script: Script
    secret: str = field(default="", repr=False)
    arrived: list[Delivery] = field(default_factory=list, repr=False)

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The deliveries so far, in the order of their arrival."""
        return tuple(replace(delivery, secret=self.secret) for delivery in self.arrived)


class Receiver:
    """Listens until it is closed. `now` returns the time of the target's clock, in seconds.

    Each endpoint has a path that cannot be guessed, so only a sender that was given it can reach it. `address` is the address by
    which the target reaches the receiver. It may be that of a tunnel or a proxy, and may have a path.
    """

    def __init__(self, listen: str, now: Callable[[], float]) -> None:
        host, port = listen_address(listen)
        try:
            self._server = _Server(host, port, self)
        except (OSError, OverflowError) as error:
            raise CannotListen(f"cannot listen on {listen}: {getattr(error, 'strerror', None) or error}") from None
        # A wildcard address cannot be reached, so the machine's name is used instead.
        name = socket.gethostname() if host in _EVERY_ADDRESS else host
        self.address = f"http://{f'[{name}]' if ':' in name else name}:{self._server.server_address[1]}"
        self.visits = 0
        self._now = now
        self._endpoints: dict[str, Endpoint] = {}
        self._held = 0
        self._news = threading.Condition()
        self._closing = threading.Event()
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_LOOK_AGAIN,), name="receiver", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening, and close the connections that still wait for an answer."""
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def endpoint(self, name: str, script: Script = accept) -> Endpoint:
        """A new endpoint. The script is called for one delivery at a time."""
        path = f"/{name}/{secrets.token_urlsafe(12)}"
        self._endpoints[path] = endpoint = Endpoint(name, self.address + path, script)
        return endpoint

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until the condition is true, for at most `seconds` (real time). Returns whether it is."""
        with self._news:
            return self._news.wait_for(condition, max(0.0, seconds))

    @property
    def holding(self) -> bool:
        """Whether a sender is waiting for an answer that will not come."""
        return self._held > 0

    def take(self, method: str, path: str, headers: Headers, body: bytes) -> ReceiverAnswer | None:
        """Record a delivery, and return its answer; None if there is no such endpoint."""
        with self._news:
            self.visits += 1
            endpoint = self._endpoint_at(path)
            if endpoint is None:
                return None
            if method in _WITHOUT_CONTENT and not body:
                # Such a request only checks whether the endpoint exists, and is no delivery.
                return "accept"
            number = len(endpoint.arrived) + 1
            delivery = Delivery(endpoint.name, method, headers, body, time.time(), endpoint.secret, self._now(), number)
            endpoint.arrived.append(delivery)
            answer = endpoint.script(delivery)
            self._news.notify_all()
            return answer

    def _endpoint_at(self, path: str) -> Endpoint | None:
        known = (endpoint for own, endpoint in self._endpoints.items() if path.partition("?")[0].endswith(own))
        return next(known, None)

    def hold(self, connection: socket.socket) -> None:
        """Send no answer until the other side closes the connection, or the receiver is closed."""
        connection.settimeout(_LOOK_AGAIN)
        with self._news:
            self._held += 1
            self._news.notify_all()
        try:
            while not self._closing.is_set() and _connected(connection):
                pass
        finally:
            with self._news:
                self._held -= 1
                self._news.notify_all()


def _connected(connection: socket.socket) -> bool:
    try:
        if not connection.recv(1, socket.MSG_PEEK):
            return False
    except TimeoutError:
        return True
    except OSError:
        return False
    time.sleep(_LOOK_AGAIN)
    return True


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, host: str, port: int, receiver: Receiver) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.receiver = receiver
        super().__init__((host, port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a sender that closes the connection early: it is no fault of the receiver."""


class _Unreadable(Exception):
    """A request whose body cannot be read whole."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE
    server: _Server

    def _take(self) -> None:
        try:
            body = self._body()
        except _Unreadable as reason:
            self._answer(reason.status)
            return
        headers = tuple((name, str(value)) for name, value in self.headers.items())
        answer = self.server.receiver.take(self.command, self.path, headers, body)
        if answer == "silence":
            self.server.receiver.hold(self.connection)
        if answer in ("silence", "drop"):
            self.close_connection = True
        else:
            self._answer({"accept": 200, "error": 500}.get(answer or "", 404))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _take

    def log_message(self, *_: object) -> None:
        """Log nothing, because deliveries hold signatures."""

    def _answer(self, status: int) -> None:
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = self.headers.get("Content-Length", "0").strip()
        if not (length.isascii() and length.isdigit()):
            raise _Unreadable(400)
        return self._exactly(int(length[:9]), _LARGEST_BODY)

    def _chunks(self) -> bytes:
        """A body in chunks (RFC 9112 7.1)."""
        body = b""
        while size := self._chunk_size():
            body += self._exactly(size, _LARGEST_BODY - len(body))
            self.rfile.readline(_LONGEST_LINE)
        while self.rfile.readline(_LONGEST_LINE).strip():
            pass
        return body

    def _chunk_size(self) -> int:
        size = self.rfile.readline(_LONGEST_LINE).partition(b";")[0].strip()
        try:
            return int(size, 16)
        except ValueError:
            raise _Unreadable(400) from None

    def _exactly(self, length: int, most: int) -> bytes:
        if not 0 <= length <= most:
            raise _Unreadable(413)
        body = self.rfile.read(length)
        if len(body) < length:
            raise _Unreadable(400)
        return body
