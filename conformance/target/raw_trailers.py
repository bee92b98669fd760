"""GET with trailer fields after an empty chunked body, on a bare connection, because HTTP clients cannot send trailers."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Sequence

import h11
import httpx

from conformance.target.bare_connection import addressed, connected, heard
from conformance.target.proxies import Proxy
from conformance.target.transport import MOST_BYTES, Answer, BrokenAnswer, Field

_MOST_HEAD = 100 * 1024
# The answer must not be compressed.
_LEFT_OUT = (b"accept-encoding", b"connection")


def get(
    url: httpx.URL,
    target: bytes,
    fields: Sequence[Field],
    trailers: Sequence[Field],
    timeout: float,
    proxy: Proxy | None,
    context: ssl.SSLContext | None,
) -> Answer:
    """Ask GET of an http or https address (RFC 9112, section 7.1.2), on a connection that the server is to close.

    `timeout` is for the whole exchange, in seconds; `context` makes it TLS. Raises OSError if nothing comes, BrokenAnswer if the
    answer is no HTTP, too large, or ends too early.
    """
    until = time.monotonic() + timeout
    target, fields = addressed(url, target, fields, proxy)
    sent = [field for field in fields if field[0].lower() not in _LEFT_OUT]
    sent += [(b"Transfer-Encoding", b"chunked"), (b"Connection", b"close")]
    http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEAD)
    events = (h11.Request(method=b"GET", target=target, headers=sent), h11.EndOfMessage(headers=[*trailers]))
    with connected(url, proxy, context, until) as connection:
        connection.sendall(b"".join(http.send(event) or b"" for event in events))
        try:
            return _answer(_heard(connection, http, until))
        except h11.RemoteProtocolError as error:
            raise BrokenAnswer(f"no HTTP/1.1: {error}") from error


def _heard(connection: socket.socket, http: h11.Connection, until: float) -> Iterator[h11.Event]:
    """Read the answer to its end."""
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            received = heard(connection, until)
            if not received and http.their_state is h11.SEND_RESPONSE:
                raise ConnectionResetError("the connection was closed without an answer")
            http.receive_data(received)
        elif isinstance(event, h11.EndOfMessage) or event is h11.PAUSED:
            return
        else:
            assert not isinstance(event, type), "h11 has no other sentinel"
            yield event


def _answer(events: Iterator[h11.Event]) -> Answer:
    status, headers, body = 0, httpx.Headers(), bytearray()
    for event in events:
        if isinstance(event, h11.Response):
            status, headers = event.status_code, httpx.Headers(list(event.headers))
        elif isinstance(event, h11.Data):
            body += event.data
        if len(body) > MOST_BYTES:
            raise BrokenAnswer("the body of the answer is larger than the gate reads")
    return Answer(status, headers, bytes(body))
