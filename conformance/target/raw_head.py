"""HEAD on a bare connection, which shows bytes after the header section. HTTP clients discard them."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Sequence

import httpx

from conformance.target.bare_connection import addressed, connected, parsed, section
from conformance.target.proxies import Proxy
from conformance.target.transport import Answer, Field

# Bytes that are read after the header section, and seconds of waiting for more if the server does not close.
_MOST_BODY = 65_536
_LISTEN = 0.5


def head(
    url: httpx.URL,
    target: bytes,
    fields: Sequence[Field],
    timeout: float,
    proxy: Proxy | None,
    context: ssl.SSLContext | None,
) -> Answer:
    """Ask HEAD of an http or https address, on a connection that the server is to close. `fields` name the host among others.

    `timeout` is for the whole exchange, in seconds; `context` makes it TLS. The answer's `content` is what followed the header
    section. Raises OSError if nothing comes, http.client.HTTPException if the answer is no HTTP.
    """
    until = time.monotonic() + timeout
    target, fields = addressed(url, target, fields, proxy)
    with connected(url, proxy, context, until) as connection:
        sent = [b"%b: %b" % field for field in fields if field[0].lower() != b"connection"]
        lines = [b"HEAD %b HTTP/1.1" % target, *sent, b"Connection: close", b"", b""]
        connection.sendall(b"\r\n".join(lines))
        rest = b""
        status = 100
        while status < 200:  # interim answers come before the final one (RFC 9110 15.2)
            head_section, rest = section(connection, rest, until)
            status, headers = parsed(head_section)
        return Answer(status, headers, _behind(connection, rest))


def _behind(connection: socket.socket, received: bytes) -> bytes:
    until = time.monotonic() + _LISTEN
    while len(received) < _MOST_BODY and (left := until - time.monotonic()) > 0:
        connection.settimeout(left)
        try:
            more = connection.recv(_MOST_BODY)
        except OSError:  # the server is silent, or has ended the connection: no more bytes follow
            break
        if not more:
            break
        received += more
    return received
