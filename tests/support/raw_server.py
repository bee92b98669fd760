"""Servers that keep every byte of a request, and answer with the bytes that a handler writes."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Handler = Callable[[socket.socket, bytes], None]
"""Answers one request, whose header section it gets, on a connection that is closed afterwards."""

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@dataclass
class RawServer:
    """A server that is listening: its port, and the header sections that it was sent."""

    port: int
    heads: list[bytes] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """The request lines."""
        return [head.partition(b"\r\n")[0].decode("latin-1") for head in self.heads]


def answer(connection: socket.socket, _head: bytes) -> None:
    """A handler that answers with an empty JSON object."""
    connection.sendall(OK)


def pressing(connection: socket.socket, _head: bytes) -> None:
    """A handler that sends interim answers without a pause, for at most ten seconds."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


@contextmanager
def serving(handler: Handler = answer, context: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """A server on a free port of 127.0.0.1, over TLS if there is a context."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(listener.getsockname()[1])
        closing = threading.Event()

        def serve(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                wrapped = context.wrap_socket(connection, server_side=True) if context else connection
                with wrapped:
                    if head := read_head(wrapped):
                        server.heads.append(head)
                        handler(wrapped, head)

        def accept() -> None:
            while not closing.is_set():
                with suppress(OSError):
                    connection, _ = listener.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server
        closing.set()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", server.port), 1).close()
        thread.join(5)


def read_head(connection: socket.socket) -> bytes:
    """A header section with the empty line at its end, or what came before the other side closed the connection."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            break
        head += byte
    return head


def forward_proxy(to_port: int) -> Handler:
    """The handler of a forward proxy that takes every host for 127.0.0.1, and every port for one: plain HTTP and CONNECT."""

    def handle(connection: socket.socket, head: bytes) -> None:
        with socket.create_connection(("127.0.0.1", to_port), 5) as onward:
            if head.startswith(b"CONNECT "):
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                method, target, rest = head.split(b" ", 2)
                path = b"/" + target.split(b"/", 3)[3]
                onward.sendall(b" ".join([method, path, rest]))
            back = threading.Thread(target=_pass_on, args=(onward, connection), daemon=True)
            back.start()
            _pass_on(connection, onward)
            back.join(5)

    return handle


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
