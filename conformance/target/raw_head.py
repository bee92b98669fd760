"""HEAD on a bare connection, where bytes behind the header section are to be seen: HTTP clients throw them away."""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.request import getproxies, proxy_bypass

import httpx

Field = tuple[bytes, bytes]

# Of an answer's header section and of what follows it; and how long a server that does not close is listened to, in seconds.
_MOST_HEAD = 65_536
_MOST_BODY = 65_536
_LISTEN = 0.5


@dataclass(frozen=True)
class Answer:
    """An answer as it came: `content` is whatever followed the header section."""

    status_code: int
    headers: httpx.Headers
    content: bytes


def direct(url: httpx.URL) -> bool:
    """Whether the environment has no proxy between us and an address."""
    return url.scheme not in getproxies() or bool(proxy_bypass(url.host))


def head(url: httpx.URL, target: bytes, fields: Sequence[Field], timeout: float) -> Answer:
    """Ask HEAD of an http or https address, on a connection that the server is to close. `fields` name the host among others.

    `timeout` is for the whole, in seconds. Raises OSError where nothing comes, http.client.HTTPException for what is no HTTP.
    """
    until = time.monotonic() + timeout
    with _connected(url, timeout) as connection:
        sent = [b"%b: %b" % field for field in fields if field[0].lower() != b"connection"]
        lines = [b"HEAD %b HTTP/1.1" % target, *sent, b"Connection: close", b"", b""]
        connection.sendall(b"\r\n".join(lines))
        rest = b""
        status = 100
        while status < 200:  # interim answers come before the final one (RFC 9110 15.2)
            section, rest = _section(connection, rest, until)
            status, headers = _read(section)
        return Answer(status, headers, _behind(connection, rest))


def _connected(url: httpx.URL, timeout: float) -> socket.socket:
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    connection = socket.create_connection((url.host, port), timeout)
    if url.scheme == "http":
        return connection
    try:
        return httpx.create_ssl_context().wrap_socket(connection, server_hostname=url.host)
    except OSError:
        connection.close()
        raise


def _section(connection: socket.socket, received: bytes, until: float) -> tuple[bytes, bytes]:
    """A whole header section, and what came with it."""
    while b"\r\n\r\n" not in received:
        if len(received) > _MOST_HEAD:
            raise http.client.HTTPException("the header section has no end")
        connection.settimeout(max(0.001, until - time.monotonic()))
        more = connection.recv(_MOST_HEAD)
        if not more:
            raise ConnectionResetError("the connection was closed without an answer")
        received += more
    section, _, rest = received.partition(b"\r\n\r\n")
    return section, rest


def _read(section: bytes) -> tuple[int, httpx.Headers]:
    line, _, fields = section.partition(b"\r\n")
    parts = line.split(b" ", 2)
    if not line.startswith(b"HTTP/1.") or len(parts) < 2 or not parts[1].isdigit():
        raise http.client.BadStatusLine(line[:80].decode("latin-1"))
    found = http.client.parse_headers(io.BytesIO(fields + b"\r\n\r\n"))
    return int(parts[1]), httpx.Headers([(name, str(value)) for name, value in found.items()])


def _behind(connection: socket.socket, received: bytes) -> bytes:
    until = time.monotonic() + _LISTEN
    while len(received) < _MOST_BODY and (left := until - time.monotonic()) > 0:
        connection.settimeout(left)
        try:
            more = connection.recv(_MOST_BODY)
        except OSError:  # it is silent, or ended the connection in its own way: nothing more follows
            break
        if not more:
            break
        received += more
    return received
