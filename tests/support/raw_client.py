"""A mock on a socket, in a thread of this process, and a client that sends bytes that no HTTP library would send."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest

from mockserver.server import uvicorn_server
from spec import contract
from tests.support.mock_client import FULL, new_mock

ME = contract().operations["getMe"].path
HOST = b"Host: 127.0.0.1\r\n"
KEY = b"Authorization: Bearer %b\r\n" % FULL.secret.encode()
GET_ME = b"GET %b HTTP/1.1\r\n%b%b\r\n" % (ME.encode(), HOST, KEY)
PATIENCE = 30.0


@dataclass(frozen=True)
class Heard:
    """One answer. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Served:
    """A mock that serves in a thread of this process."""

    address: tuple[str, int]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.address[1]}"

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=PATIENCE)

    def say(self, *data: bytes) -> list[Heard]:
        """Send these bytes and read until the mock closes the connection. Returns the answers."""
        with self.connect() as client:
            for piece in data:
                client.sendall(piece)
            client.shutdown(socket.SHUT_WR)
            return answers(until_closed(client))

    def one(self, *data: bytes) -> Heard:
        (heard,) = self.say(*data)
        return heard

    def is_well(self) -> bool:
        return self.one(GET_ME.replace(HOST, HOST + b"Connection: close\r\n")).status == 200


def until_closed(client: socket.socket) -> bytes:
    heard = b""
    while piece := client.recv(65_536):
        heard += piece
    return heard


def answers(heard: bytes) -> list[Heard]:
    found = []
    while heard:
        head, _, rest = heard.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        status, length = int(first.split()[1]), int(headers.get("content-length", 0))
        found.append(Heard(status, headers, rest[:length]))
        heard = rest[length:]
    return found


def sent(client: socket.socket, data: bytes) -> None:
    with suppress(OSError):
        client.sendall(data)


@contextmanager
def serving_mock(**changes: Any) -> Iterator[Served]:
    """A small mock on a port of its own; `changes` are members of its Settings."""
    ready = threading.Event()
    servers: list[uvicorn_server.PromptServer] = []

    class Server(uvicorn_server._Server):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            servers.append(self)

    listener = uvicorn_server.listen("127.0.0.1", 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uvicorn_server, "_Server", Server)
        thread = threading.Thread(
            target=uvicorn_server.serve, args=(new_mock(**changes), listener, ready.set), daemon=True
        )
        thread.start()
        assert ready.wait(PATIENCE)
    try:
        yield Served(listener.getsockname())
    finally:
        servers[0].should_exit = True
        servers[0].wake()
        thread.join(PATIENCE)
        listener.close()
        assert not thread.is_alive()
