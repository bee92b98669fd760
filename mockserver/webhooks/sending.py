"""One HTTP request to an endpoint: to an address of this machine, unless its host is allowed; redirects are not followed.

Written by hand because a client library looks the host up again when it connects, so the checked address might not be the
connected one. httpx can pin the address only with a custom transport and network backend, which is more code than this.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import SplitResult, urlsplit

from mockserver.webhooks.loopback import is_local_name, is_loopback

_LONGEST_HEAD = 16_384
_KEPT_OF_BODY = 2_000
_BODY_WITHIN = 1.0
_MOST_INTERIM = 5
PORTS = {"http": 80, "https": 443}
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])\b")
_EMPTY = re.compile(rb"\r\ncontent-length: *0 *\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to an endpoint, without the headers that HTTP itself needs."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of an endpoint: its status, and the beginning of its body."""

    status: int
    body: bytes = b""


class Unsent(Exception):
    """There is no answer; the message says why, in one line."""


class Sender:
    """Sends requests. Hosts in `allowed` may be anywhere; all others must be on this machine."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = frozenset(host.lower() for host in allowed)

    def check(self, url: str) -> None:
        """Raise ValueError for a URL whose host is not this machine, or is a name that may mean another machine."""
        host = urlsplit(url).hostname or ""
        try:
            here = is_loopback(host)
        except ValueError:
            here = is_local_name(host)
        if not here and host not in self._allowed:
            raise ValueError(f"{host} is not on this machine; --allow-webhook-host would allow it")

    async def __call__(self, outgoing: Outgoing) -> Reply:
        """Send one request and wait for its answer, without a time limit. Raises Unsent."""
        url = urlsplit(outgoing.url)
        try:
            request = _request(url, outgoing)
            return await _exchange(await self._addresses(url), url, request)
        except asyncio.IncompleteReadError:
            raise Unsent("the connection was closed without an answer") from None
        except (asyncio.LimitOverrunError, _NoHttp):
            raise Unsent("the answer is no HTTP") from None
        except UnicodeError:
            raise Unsent("the URL's host is no name that could be looked up") from None
        except ssl.SSLError as error:
            raise Unsent(f"TLS failed: {error.reason or error}") from None
        except OSError as error:
            raise Unsent(error.strerror or str(error)) from None

    async def _addresses(self, url: SplitResult) -> Sequence[tuple[str, int]]:
        """The allowed addresses of the URL's host, looked up once: the sender connects to no other address."""
        host, port = url.hostname or "", url.port or PORTS[url.scheme]
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        if host not in self._allowed:
            addresses = [address for address in addresses if is_loopback(address)]
        if not addresses:
            raise Unsent(f"{host} is not on this machine, and not allowed")
        return [(address, port) for address in addresses]


class _NoHttp(Exception):
    pass


async def _exchange(addresses: Sequence[tuple[str, int]], url: SplitResult, request: bytes) -> Reply:
    reader, writer = await _connected(addresses, url)
    try:
        writer.write(request)
        await writer.drain()
        return await _reply(reader)
    finally:
        writer.close()


async def _connected(
    addresses: Sequence[tuple[str, int]], url: SplitResult
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the first address that accepts one. `localhost` has two, and a receiver often listens on only one."""
    secure = url.scheme == "https"
    failure = OSError("the host has no address")
    for address in addresses:
        try:
            return await asyncio.open_connection(
                *address,
                limit=_LONGEST_HEAD,
                ssl=_tls() if secure else None,
                server_hostname=url.hostname if secure else None,
            )
        except ssl.SSLError:
            raise
        except OSError as error:
            failure = error
    raise failure


async def _reply(reader: asyncio.StreamReader) -> Reply:
    for _ in range(_MOST_INTERIM):
        head = await reader.readuntil(b"\r\n\r\n")
        matched = _STATUS_LINE.match(head)
        if not matched:
            raise _NoHttp
        status = int(matched[1])
        if status >= 200:
            return Reply(status, b"" if status == 204 or _EMPTY.search(head) else await _beginning(reader))
    raise _NoHttp


async def _beginning(reader: asyncio.StreamReader) -> bytes:
    """The beginning of the body. Only the status matters, so there is no wait for a slow body."""
    with suppress(TimeoutError, OSError):
        async with asyncio.timeout(_BODY_WITHIN):
            return await reader.read(_KEPT_OF_BODY)
    return b""


def _request(url: SplitResult, outgoing: Outgoing) -> bytes:
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    headers = {
        "Host": url.netloc,
        **outgoing.headers,
        "Content-Length": str(len(outgoing.body)),
        "Connection": "close",
    }
    lines = [f"{outgoing.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + outgoing.body


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
