"""A connection that sends a request byte for byte, directly or through a proxy, with or without TLS."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Sequence

import httpx

from conformance.target.long_text import abridged
from conformance.target.proxies import Proxy
from conformance.target.transport import Field

_MOST_HEAD = 65_536
_PIECE = 65_536
_LONGEST_LINE = 80


def addressed(
    url: httpx.URL, target: bytes, fields: Sequence[Field], proxy: Proxy | None
) -> tuple[bytes, Sequence[Field]]:
    """The request target and the header fields as they are sent: a proxy for http needs an absolute target and more fields."""
    if proxy is None or url.scheme != "http":
        return target, fields
    return b"http://" + url.netloc + target, [*fields, *_authorization(proxy)]


def connected(url: httpx.URL, proxy: Proxy | None, context: ssl.SSLContext | None, until: float) -> socket.socket:
    """A connection to an address: over TLS if there is a context, through a proxy if there is one. `until` is a monotonic time.

    Raises OSError, and http.client.HTTPException if the proxy refuses.
    """
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    timeout = max(0.001, until - time.monotonic())
    connection = socket.create_connection((proxy.host, proxy.port) if proxy else (url.host, port), timeout)
    if context is None:
        return connection
    try:
        if proxy:
            _tunnel(connection, b"%b:%d" % (url.raw_host, port), proxy, until)
        return context.wrap_socket(connection, server_hostname=url.host)
    except BaseException:
        connection.close()
        raise


def _tunnel(connection: socket.socket, origin: bytes, proxy: Proxy, until: float) -> None:
    fields = [b"%b: %b" % field for field in ((b"Host", origin), *_authorization(proxy))]
    connection.sendall(b"\r\n".join([b"CONNECT %b HTTP/1.1" % origin, *fields, b"", b""]))
    head_section, _ = section(connection, b"", until)
    status, _ = parsed(head_section)
    if not 200 <= status < 300:
        raise http.client.HTTPException(f"{proxy} answers {status} to CONNECT")


def _authorization(proxy: Proxy) -> list[Field]:
    return [(b"Proxy-Authorization", proxy.authorization.encode("ascii"))] if proxy.authorization else []


def heard(connection: socket.socket, until: float) -> bytes:
    """The next bytes; none if the connection was closed. Raises OSError if they do not come in time.

    A time-out of the socket alone would let a server that never pauses go on for ever.
    """
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    connection.settimeout(left)
    return connection.recv(_PIECE)


def section(connection: socket.socket, received: bytes, until: float) -> tuple[bytes, bytes]:
    """A whole header section, beginning with the bytes that were received already, and the bytes after it.

    Raises OSError if it does not come in time, http.client.HTTPException if it has no end.
    """
    while b"\r\n\r\n" not in received:
        if len(received) > _MOST_HEAD:
            raise http.client.HTTPException("the header section has no end")
        more = heard(connection, until)
        if not more:
            raise ConnectionResetError("the connection was closed without an answer")
        received += more
    section, _, rest = received.partition(b"\r\n\r\n")
    return section, rest


def parsed(head_section: bytes) -> tuple[int, httpx.Headers]:
    """Status and headers of a header section. Raises http.client.HTTPException if it is none."""
    line, _, fields = head_section.partition(b"\r\n")
    parts = line.split(b" ", 2)
    if not line.startswith(b"HTTP/1.") or len(parts) < 2 or not parts[1].isdigit():
        raise http.client.BadStatusLine(abridged(line.decode("latin-1"), _LONGEST_LINE))
    found = http.client.parse_headers(io.BytesIO(fields + b"\r\n\r\n"))
    # parse_headers reads every byte as a character of Latin-1: a field value may have bytes beyond ASCII (RFC 9110 5.5).
    return int(parts[1]), httpx.Headers(
        [(name.encode("latin-1"), str(v).encode("latin-1")) for name, v in found.items()]
    )
