"""HEAD on a bare connection, where bytes behind the header section are to be seen: HTTP clients throw them away."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Sequence

import httpx

from conformance.target.proxies import Proxy
from conformance.target.transport import Answer, Field

# Of an answer's header section and of what follows it; and how long a server that does not close is listened to, in seconds.
_MOST_HEAD = 65_536
_MOST_BODY = 65_536
_LISTEN = 0.5


def head(
    url: httpx.URL,
    target: bytes,
    fields: Sequence[Field],
    timeout: float,
    proxy: Proxy | None = None,
    context: ssl.SSLContext | None = None,
) -> Answer:
    """Ask HEAD of an http or https address, on a connection that the server is to close. `fields` name the host among others.

    `timeout` is for the whole, in seconds; `context` is for https. The answer's `content` is what followed the header section.
    Raises OSError where nothing comes, http.client.HTTPException for what is no HTTP.
    """
    until = time.monotonic() + timeout
    if proxy and url.scheme == "http":
        target = b"http://" + url.netloc + target
        fields = [*fields, *_authorization(proxy)]
    with _connected(url, proxy, context, until) as connection:
        sent = [b"%b: %b" % field for field in fields if field[0].lower() != b"connection"]
        lines = [b"HEAD %b HTTP/1.1" % target, *sent, b"Connection: close", b"", b""]
        connection.sendall(b"\r\n".join(lines))
        rest = b""
        status = 100
        while status < 200:  # interim answers come before the final one (RFC 9110 15.2)
            section, rest = _section(connection, rest, until)
            status, headers = _read(section)
        return Answer(status, headers, _behind(connection, rest))


def _connected(url: httpx.URL, proxy: Proxy | None, context: ssl.SSLContext | None, until: float) -> socket.socket:
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    timeout = max(0.001, until - time.monotonic())
    connection = socket.create_connection((proxy.host, proxy.port) if proxy else (url.host, port), timeout)
    if url.scheme == "http":
        return connection
    try:
        if proxy:
            _tunnel(connection, b"%b:%d" % (url.raw_host, port), proxy, until)
        return (context or httpx.create_ssl_context()).wrap_socket(connection, server_hostname=url.host)
    except BaseException:
        connection.close()
        raise


def _tunnel(connection: socket.socket, origin: bytes, proxy: Proxy, until: float) -> None:
    fields = [b"%b: %b" % field for field in ((b"Host", origin), *_authorization(proxy))]
    connection.sendall(b"\r\n".join([b"CONNECT %b HTTP/1.1" % origin, *fields, b"", b""]))
    section, _ = _section(connection, b"", until)
    status, _ = _read(section)
    if not 200 <= status < 300:
        raise http.client.HTTPException(f"{proxy} answers {status} to CONNECT")


def _authorization(proxy: Proxy) -> list[Field]:
    return [(b"Proxy-Authorization", proxy.authorization.encode("ascii"))] if proxy.authorization else []


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
