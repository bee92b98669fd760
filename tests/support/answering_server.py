"""A server that answers one connection with bytes that a test gives it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx


@contextmanager
def answering(*sent: bytes, closes: bool = True) -> Iterator[tuple[httpx.URL, list[bytes]]]:
    """A server that answers one connection with these bytes, whatever it is asked, and the request that it got."""
    got: list[bytes] = []
    done = threading.Event()

    def answer() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            got.append(connection.recv(65_536))
            for part in sent:
                connection.sendall(part)
            if not closes:
                done.wait(5)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        yield httpx.URL(f"http://127.0.0.1:{listener.getsockname()[1]}"), got
        done.set()
        thread.join(5)
