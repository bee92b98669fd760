"""One request over HTTP/1.1, exact to the byte, and its answer, which is limited in size and time before it is parsed."""

from __future__ import annotations

import math
import socket
import ssl
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from conformance.target.content_coding import decompressed, is_known
from conformance.target.long_text import abridged
from conformance.target.proxies import Proxy

# httpcore instead of httpx, because httpx normalizes the path, and limits the time of each read but not of the answer.

TIMEOUT = 15.0
"""The most seconds of an answer, from the connection to its last byte."""

MOST_BYTES = 16 * 1024 * 1024
"""The most bytes of an answer's body, before and after it is decoded."""

_MEGABYTES = f"{MOST_BYTES // 1024 // 1024} MiB"
_LONGEST_MESSAGE = 300
_HEADERS_TOO_LONG = "Receive buffer too long"
_DISCONNECTED = "disconnected"
_IDLE = 5.0
_CONNECTIONS = 100
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)

Field = tuple[bytes, bytes]


class BrokenAnswer(Exception):
    """An answer did not come, or not whole; the message is one line. `closed` says that the connection was closed."""

    def __init__(self, message: str, *, closed: bool = False) -> None:
        super().__init__(message)
        self.closed = closed


@dataclass(frozen=True)
class Answer:
    """An answer with its body decoded."""

    status_code: int
    headers: httpx.Headers
    content: bytes


@dataclass
class _Watch:
    """The deadline of an answer, on the monotonic clock, and how many bytes of it have come."""

    until: float = math.inf
    received: int = 0

    def left(self, timeout: float | None) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(left, timeout)


_watch: ContextVar[_Watch] = ContextVar("_watch")


def _current() -> _Watch:
    """The watch of the answer that is waited for; outside of one, a watch without a deadline."""
    return _watch.get(None) or _Watch()


class Transport:
    """Keeps connections to one address, directly or through a proxy. Threads may share it."""

    def __init__(self, base_url: httpx.URL, proxy: Proxy | None, context: ssl.SSLContext | None) -> None:
        self._url = base_url
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            proxy=_for_httpcore(proxy),
            max_connections=_CONNECTIONS,
            keepalive_expiry=_IDLE,
            network_backend=_Backend(),
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def send(
        self, method: str, target: bytes, fields: Sequence[Field], body: bytes | None, timeout: float = TIMEOUT
    ) -> Answer:
        """Send a request with exactly this target. Raises BrokenAnswer, httpcore.ConnectError."""
        url = httpcore.URL(scheme=self._url.raw_scheme, host=self._url.raw_host, port=self._url.port, target=target)
        watch = _Watch(time.monotonic() + timeout)
        token = _watch.set(watch)
        try:
            with self._pool.stream(
                method,
                url,
                headers=[*fields],
                content=body,
                extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout)},
            ) as response:
                headers = httpx.Headers(response.headers)
                content = _whole(response.iter_stream(), headers.get("content-encoding", ""))
                return Answer(response.status, headers, content)
        except httpcore.TimeoutException as error:
            raise BrokenAnswer(_late(watch, timeout)) from error
        except httpcore.RemoteProtocolError as error:
            raise _malformed(error, watch) from error
        except httpcore.ConnectError:
            raise
        except httpcore.NetworkError as error:
            raise BrokenAnswer(_closed(watch), closed=True) from error
        except (httpcore.ProxyError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
            raise BrokenAnswer(_plain(error)) from error
        finally:
            _watch.reset(token)


def _whole(chunks: Iterable[bytes], coding: str) -> bytes:
    """The decoded body. Raises BrokenAnswer if it is too large, encoded or decoded, or not encoded as its header says."""
    body = b"".join(_bounded(chunks))
    if not is_known(coding):
        return body
    try:
        body, _ = decompressed(body, coding, MOST_BYTES + 1)
    except zlib.error as error:
        raise BrokenAnswer(f"the body of the answer is not encoded as its Content-Encoding says: {error}") from error
    if len(body) > MOST_BYTES:
        raise BrokenAnswer(f"the body of the answer is larger than {_MEGABYTES} once it is decoded ({coding})")
    return body


def _bounded(chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        _current().left(None)
        size += len(chunk)
        if size > MOST_BYTES:
            raise BrokenAnswer(f"the body of the answer is larger than {_MEGABYTES}")
        yield chunk


def _late(watch: _Watch, timeout: float) -> str:
    if watch.received:
        return f"the answer did not end within {timeout:g} s: {watch.received} bytes of it came"
    return f"no answer within {timeout:g} s"


def _malformed(error: httpcore.RemoteProtocolError, watch: _Watch) -> BrokenAnswer:
    if str(error) == _HEADERS_TOO_LONG:
        return BrokenAnswer("the header section of the answer is larger than 100 KB")
    disconnected = _DISCONNECTED in str(error)
    return BrokenAnswer(_closed(watch) if disconnected else f"no HTTP/1.1: {_plain(error)}", closed=disconnected)


def _closed(watch: _Watch) -> str:
    if watch.received:
        return f"the connection was closed before the answer's end: {watch.received} bytes of it came"
    return "the connection was closed without an answer"


def _plain(error: Exception) -> str:
    return abridged(" ".join(str(error).split()), _LONGEST_MESSAGE) or type(error).__name__


def _for_httpcore(proxy: Proxy | None) -> httpcore.Proxy | None:
    if proxy is None:
        return None
    authorization = [(b"Proxy-Authorization", proxy.authorization.encode("ascii"))] if proxy.authorization else []
    return httpcore.Proxy(proxy.address, headers=authorization)


class _Backend(httpcore.NetworkBackend):
    """The network backend: no read or write takes longer than the answer may take."""

    def __init__(self) -> None:
        self._network = httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *rest: Any, **more: Any) -> _Stream:
        """Connect within the rest of the answer's time."""
        return _Stream(self._network.connect_tcp(host, port, _current().left(timeout), *rest, **more))


class _Stream(httpcore.NetworkStream):
    """A connection."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._socket: socket.socket | None = stream.get_extra_info("socket")

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read within the rest of the answer's time, and count the bytes."""
        watch = _current()
        self._acknowledge_at_once()
        read = self._stream.read(max_bytes, watch.left(timeout))
        watch.received += len(read)
        return read

    def _acknowledge_at_once(self) -> None:
        """Have the system acknowledge the next bytes without delay, where it can (Linux). It forgets that after a while.

        A server that sends head and body apart, without TCP_NODELAY, else waits some 40 ms for the head's acknowledgement.
        """
        if _QUICKACK is not None and self._socket is not None:
            with suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write within the rest of the answer's time."""
        self._stream.write(buffer, _current().left(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Stream:
        """Go on over TLS."""
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _current().left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        """Details of the connection for httpcore."""
        return self._stream.get_extra_info(info)
