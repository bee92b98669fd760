"""The mock sends only to this machine, sends the exact bytes, and says in one line why there is no answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from mockserver.clock import Clock
from mockserver.webhooks.sending import Outgoing, Reply, Sender, Unsent
from mockserver.webhooks.service import Webhooks
from tests.support.mock_client import START


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/",
        "127.0.0.1:80/hook",
        "http:///hook",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "http://user:password@127.0.0.1/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nX: y",
        "http://[::1/",
        "http://127.0.0.1/é",
        "http://127.0.0.1/" + "a" * 2_000,
    ],
)
def test_a_url_that_nothing_can_be_sent_to_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL|port|Port"):
        Webhooks(Clock(START)).register("org_own", url)


@pytest.mark.parametrize(
    "host", ["hooks.example", "192.0.2.1", "[::ffff:192.0.2.1]", "[2001:db8::1]", "0.0.0.0", "localhost.example"]
)
def test_a_host_elsewhere_is_refused_when_it_is_registered(host: str) -> None:
    with pytest.raises(ValueError, match=r"is not on this machine; --allow-webhook-host would allow it\Z"):
        Webhooks(Clock(START)).register("org_own", f"https://{host}/hook")
    assert Webhooks(Clock(START), allowed_hosts=[host.strip("[]")]).register("org_own", f"https://{host}/hook")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1.2.3", "[::1]", "[::ffff:127.0.0.1]", "localhost", "LOCALHOST", "a.localhost."]
)
def test_this_machine_is_known_by_all_its_names(host: str) -> None:
    assert Webhooks(Clock(START)).register("org_own", f"http://{host}:9/hook")


@asynccontextmanager
async def listening(answer: bytes, requests: list[bytes] | None = None) -> AsyncIterator[str]:
    """A server on loopback that reads a request, writes bytes, and holds the connection open unless there are none."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        if requests is not None:
            requests.append(head + body)
        writer.write(answer)
        await writer.drain()
        if answer:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def test_a_request_goes_over_the_wire_to_the_byte() -> None:
    async def story() -> None:
        requests: list[bytes] = []
        async with listening(b"HTTP/1.1 204 No Content\r\n\r\n", requests) as address:
            outgoing = Outgoing("POST", f"{address}/hook?a=b%2F", {"X-Name": "value"}, "é".encode())
            assert await Sender()(outgoing) == Reply(204)
        host = address.removeprefix("http://")
        lines = ["POST /hook?a=b%2F HTTP/1.1", f"Host: {host}", "X-Name: value", "Content-Length: 2"]
        assert requests == ["\r\n".join([*lines, "Connection: close", "", "é"]).encode()]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Reply(200)),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok", Reply(202, b"ok")),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", Reply(302)),
    ],
)
def test_the_first_final_answer_counts_and_redirects_are_not_followed(answer: bytes, reply: Reply) -> None:
    async def story() -> None:
        async with listening(answer) as address:
            assert await Sender()(Outgoing("POST", address, {}, b"")) == reply

    asyncio.run(story())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "the connection was closed without an answer"),
        (b"no HTTP\r\n\r\n", "the answer is no HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000, "the answer is no HTTP"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 6, "the answer is no HTTP"),
    ],
)
def test_what_is_no_answer_is_said_in_one_line(answer: bytes, reason: str) -> None:
    async def story() -> None:
        async with listening(answer) as address:
            with pytest.raises(Unsent, match=f"^{reason}$"):
                await Sender()(Outgoing("POST", address, {}, b""))

    asyncio.run(story())


def test_nobody_listening_is_said_in_one_line() -> None:
    async def story() -> None:
        async with listening(b"") as address:
            pass
        with pytest.raises(Unsent, match=r"[Cc]onnect|refused"):
            await Sender()(Outgoing("POST", address, {}, b""))

    asyncio.run(story())


@pytest.mark.parametrize("host", ["two..dots.example", f"{'a' * 64}.example"])
def test_a_host_that_is_no_name_is_said_in_one_line(host: str) -> None:
    with pytest.raises(Unsent, match=r"^the URL's host is no name that could be looked up$"):
        asyncio.run(Sender()(Outgoing("POST", f"http://{host}/", {}, b"")))


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[tuple[str, int]]:
    """Make every name resolve to these addresses, and refuse every connection; yields the addresses that were connected to."""
    tried: list[tuple[str, int]] = []

    async def getaddrinfo(_loop: Any, _host: str, port: int, **_: Any) -> list[Any]:
        return [(None, None, None, "", (address, port)) for address in addresses]

    async def open_connection(host: str, port: int, **_: Any) -> Any:
        tried.append((host, port))
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(asyncio, "open_connection", open_connection)
    return tried


@pytest.mark.parametrize(
    "address", ["192.0.2.1", "10.0.0.1", "0.0.0.0", "169.254.169.254", "::ffff:192.0.2.1", "fe80::1%lo"]
)
def test_nothing_is_sent_beyond_this_machine(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    tried = resolving(monkeypatch, address)
    with pytest.raises(Unsent, match="not on this machine"):
        asyncio.run(Sender(["other.example"])(Outgoing("POST", "http://sneaky.example/", {}, b"")))
    assert tried == []


def test_a_name_with_several_addresses_is_sent_to_at_that_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = resolving(monkeypatch, "192.0.2.1", "127.0.0.1")
    with pytest.raises(Unsent, match="refused"):
        asyncio.run(Sender()(Outgoing("POST", "http://both.example:81/", {}, b"")))
    assert tried == [("127.0.0.1", 81)]


def test_every_address_of_this_machine_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = resolving(monkeypatch, "::1", "::ffff:127.0.0.1", "127.0.0.1")
    with pytest.raises(Unsent, match="refused"):
        asyncio.run(Sender()(Outgoing("POST", "http://localhost:81/", {}, b"")))
    assert tried == [("::1", 81), ("::ffff:127.0.0.1", 81), ("127.0.0.1", 81)]


def test_an_allowed_host_may_be_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = resolving(monkeypatch, "192.0.2.1")
    with pytest.raises(Unsent, match="refused"):
        asyncio.run(Sender(["Hooks.Example"])(Outgoing("POST", "https://hooks.example/", {}, b"")))
    assert tried == [("192.0.2.1", 443)]
