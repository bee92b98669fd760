"""Requests that no HTTP library sends, on a socket: the mock says what is wrong, tells nothing else, and goes on serving."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mockserver.server import connection, uvicorn_server
from mockserver.server.bad_requests import LONGEST_HEAD, MOST_HEADERS
from spec import contract
from tests.support.mock_client import FULL
from tests.support.raw_client import GET_ME, HOST, ME, Served, answers, sent, serving_mock, until_closed
from tests.support.warm_mocks import running

CONTACTS = contract().operations["listContacts"].path
CLOCK = b"POST /_mock/clock HTTP/1.1\r\n" + HOST


@pytest.fixture(scope="module")
def mock() -> Iterator[Served]:
    with serving_mock() as served:
        yield served


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A mock that waits at most one second for a request."""
    monkeypatch.setattr(connection, "WITHIN", 1.0)
    monkeypatch.setattr(uvicorn_server, "_HURRY", 1)
    with serving_mock() as served:
        yield served


MALFORMED = {
    "a NUL in the target": GET_ME.replace(b"/me", b"/me\x00"),
    "a control character in the target": GET_ME.replace(b"/me", b"/m\x01e"),
    "bytes beyond ASCII in the target": GET_ME.replace(b"/me", b"/\xff\xfe"),
    "a space in the target": GET_ME.replace(b"/me", b"/m e"),
    "a target without a slash": GET_ME.replace(b" /api", b" api"),
    "an absolute target without a path": GET_ME.replace(ME.encode(), b"http://127.0.0.1"),
    "CONNECT": GET_ME.replace(b"GET " + ME.encode(), b"CONNECT 127.0.0.1:80"),
    "a NUL in a header": GET_ME.replace(b"Host", b"X: a\x00b\r\nHost"),
    "a control character in a header": GET_ME.replace(b"Host", b"X: a\x01b\r\nHost"),
    "a bare CR in a header": GET_ME.replace(b"Host", b"X: a\rb\r\nHost"),
    "a folded header": GET_ME.replace(b"Host", b"X: a\r\n b\r\nHost"),
    "a space before the colon": GET_ME.replace(b"Host:", b"Host :"),
    "lines that end in LF": GET_ME.replace(b"\r\n", b"\n"),
    "no Host": GET_ME.replace(HOST, b""),
    "two Hosts": GET_ME.replace(HOST, HOST * 2),
    "two Hosts to the control API": b"GET /_mock/health HTTP/1.1\r\nHost: evil.example\r\n" + HOST + b"\r\n",
    "a chunk without a size": CLOCK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a chunk without an end": CLOCK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    "a length and chunks": CLOCK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    "two lengths": CLOCK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n",
    "a negative length": CLOCK + b"Content-Length: -3\r\n\r\n",
    "an endless length": CLOCK + b"Content-Length: 99999999999999999999999\r\n\r\n",
    "another coding": CLOCK + b"Transfer-Encoding: gzip\r\n\r\n",
    "HTTP/1.2": GET_ME.replace(b"1.1", b"1.2"),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(512),
}


@pytest.mark.parametrize("request_", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_http_is_a_problem(mock: Served, request_: bytes) -> None:
    heard = mock.one(request_)
    assert heard.status == 400
    assert heard.headers["content-type"] == "application/problem+json"
    assert heard.headers["connection"] == "close"
    assert heard.headers["date"].endswith(" GMT")
    told = json.loads(heard.body)
    assert told["status"] == 400
    assert told["detail"].endswith(".")
    assert FULL.secret.encode() not in heard.body
    assert mock.is_well()


LARGE = {
    "a long header": GET_ME.replace(b"Host", b"X: %b\r\nHost" % (b"a" * LONGEST_HEAD)),
    "a very long header": GET_ME.replace(b"Host", b"X: %b\r\nHost" % (b"a" * 10_000_000)),
    "a long target": GET_ME.replace(b" HTTP", b"?x=%b HTTP" % (b"a" * LONGEST_HEAD)),
    "a very long target": GET_ME.replace(b" HTTP", b"?x=%b HTTP" % (b"a" * 10_000_000)),
    "many headers": GET_ME.replace(b"Host", b"X: a\r\n" * MOST_HEADERS + b"Host"),
    "very many headers": GET_ME.replace(b"Host", b"X: a\r\n" * 200_000 + b"Host"),
}


@pytest.mark.parametrize("request_", LARGE.values(), ids=LARGE)
def test_a_large_head_is_a_problem(mock: Served, request_: bytes) -> None:
    with mock.connect() as client:
        # The mock need not read it to its end.
        threading.Thread(target=sent, args=(client, request_), daemon=True).start()
        (heard,) = answers(until_closed(client))
    assert heard.status == 431
    assert json.loads(heard.body)["title"] == "Request Header Fields Too Large"
    assert mock.is_well()


def test_a_head_of_the_contracts_size_is_served_whatever_comes_behind_it(mock: Served) -> None:
    large = GET_ME.replace(b"Host", b"X: %b\r\nHost" % (b"a" * 8_000))
    assert [heard.status for heard in mock.say(large * 20)] == [200] * 20


def test_pipelined_requests_are_answered_in_their_order(mock: Served) -> None:
    targets = [b"%b?limit=%d" % (CONTACTS.encode(), number) for number in range(1, 51)]
    heard = mock.say(b"".join(GET_ME.replace(ME.encode(), target) for target in targets))
    assert [len(json.loads(each.body)["data"]) for each in heard] == list(range(1, 51))


@pytest.mark.parametrize(
    "garbage",
    [
        b"garbage\r\n\r\n",
        GET_ME.replace(HOST, b""),
        CLOCK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 300_000,
    ],
    ids=["no request", "no host", "a bad chunk", "a long head"],
)
def test_what_follows_requests_is_refused_after_they_are_answered(mock: Served, garbage: bytes) -> None:
    heard = mock.say(GET_ME * 3 + garbage + GET_ME)
    assert [each.status for each in heard[:3]] == [200] * 3
    assert [each.status for each in heard[3:]] in ([400], [431])


def test_a_connection_that_was_to_close_answers_no_more(mock: Served) -> None:
    assert len(mock.say(GET_ME.replace(HOST, HOST + b"Connection: close\r\n") + GET_ME)) == 1


def test_an_upgrade_is_not_taken_up(mock: Served) -> None:
    for protocol in (b"websocket", b"h2c"):
        request = GET_ME.replace(HOST, HOST + b"Connection: upgrade\r\nUpgrade: %b\r\n" % protocol)
        assert [heard.status for heard in mock.say(request + GET_ME)] == [200, 200]


def test_the_body_of_a_request_that_asks_for_an_upgrade_is_read(mock: Served) -> None:
    # If the mock ignored the body, the request would make a world.
    body = b'{"contacts": -1}'
    head = CLOCK.replace(b"clock", b"worlds") + b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
    assert mock.one(head + b"Content-Length: %d\r\n\r\n" % len(body) + body).status == 400


def test_a_body_of_a_get_is_left_aside(mock: Served) -> None:
    with_body = GET_ME.replace(HOST, HOST + b"Content-Length: 5\r\n") + b"hello"
    chunked = GET_ME.replace(HOST, HOST + b"Transfer-Encoding: chunked\r\n") + b"5\r\nhello\r\n0\r\n\r\n"
    assert [heard.status for heard in mock.say(with_body + chunked + GET_ME)] == [200] * 3


def test_a_large_body_is_not_kept(mock: Served) -> None:
    for head, status in ((GET_ME[:-2], 200), (CLOCK, 413)):
        with mock.connect() as client:
            client.sendall(head + b"Content-Length: 30000000\r\n\r\n")
            threading.Thread(target=sent, args=(client, b"x" * 30_000_000), daemon=True).start()
            assert int(client.recv(65_536).split()[1]) == status
    assert mock.is_well()


def test_half_a_body_does_nothing(mock: Served) -> None:
    def contacts() -> int:
        page = mock.one(GET_ME.replace(ME.encode(), CONTACTS.encode() + b"?limit=200"))
        return len(json.loads(page.body)["data"])

    before = contacts()
    add = CLOCK.replace(b"clock", b"contacts")
    assert mock.one(add + b"Content-Length: 2\r\n\r\n{}").status in (200, 201)
    assert mock.say(add + b"Content-Length: 2\r\n\r\n") == []
    assert mock.say(add + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n") == []
    assert mock.one(add + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nzz\r\n").status == 400
    assert contacts() == before + 1


def test_a_client_that_asks_whether_to_go_on_is_answered(mock: Served) -> None:
    expecting = GET_ME.replace(HOST, HOST + b"Expect: 100-continue\r\nContent-Length: 5\r\n")
    with mock.connect() as client:
        client.sendall(expecting)
        assert client.recv(65_536).startswith(b"HTTP/1.1 200 ")
    body = b'{"seconds":0}'
    with mock.connect() as client:
        client.sendall(CLOCK + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
        assert client.recv(65_536).startswith(b"HTTP/1.1 100 ")
        client.sendall(body)
        assert re.match(rb"HTTP/1.1 (200|400) ", client.recv(65_536))


@pytest.mark.parametrize("version", [b" HTTP/1.0", b" HTTP/0.9", b""])
def test_older_versions_are_answered_once(mock: Served, version: bytes) -> None:
    heard = mock.one(GET_ME.replace(b" HTTP/1.1", version).replace(HOST, b""))
    assert (heard.status in (200, 400, 401), heard.headers["connection"]) == (True, "close")


def test_absolute_targets_name_the_same_paths(mock: Served) -> None:
    for target in (b"http://127.0.0.1", b"https://user:password@elsewhere.example:99"):
        assert mock.one(GET_ME.replace(ME.encode(), target + ME.encode())).status == 200


ELSEWHERE = [
    "/api/v1/../../_mock/health",
    "/api/v1/%2e%2e/%2e%2e/_mock/health",
    "//_mock/health",
    "//api/v1/me",
    "/api//v1/me",
    "/api/v1//me",
    "/api/v1/me/",
    "/api/v1/me/.",
    "/./api/v1/me",
    "/_worlds",
    "/_worlds/",
    "/_worlds//api/v1/me",
    "/_worlds/../_mock/health",
    "/_worlds/x/../../api/v1/me",
    "/_mock",
    "/_mockery",
    "/_mock/../api/v1/me",
    "/_mock/health%00",
    "/api-docs/../api/v1/me",
    "/api-docs/..%2f..%2fetc%2fpasswd",
    "/api-docs//etc/passwd",
    "/api-docs/%2e%2e/%2e%2e/mockserver/cli.py",
    "/api/v1/contacts/%",
    "/api/v1/contacts/%zz",
    "/api/v1/contacts/%00",
    "/api/v1/contacts/%ff",
    "/api/v1/contacts/%c0%ae%c0%ae",
    "/api/v1/contacts/%ed%a0%80",
    "/api/v1/contacts/..%5c..%5c",
    "/api/v1/contacts/a%2fb",
    "/api/v1/me;x=1",
    "*",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_odd_paths_lead_nowhere(mock: Served, target: str) -> None:
    heard = mock.one(GET_ME.replace(ME.encode(), target.encode()))
    assert heard.status == 404
    assert heard.headers["content-type"] == "application/problem+json"


def test_odd_queries_are_answered_as_such(mock: Served) -> None:
    queries = {
        b"limit=%31": 200,
        b"%6cimit=1": 200,
        b"&" * 5_000: 200,
        b"a=1&" * 6_000: 200,
        b"limit=1&limit=2": 400,
        b"cursor=%00": 400,
        b"q=%ff": 400,
    }
    for query, status in queries.items():
        assert mock.one(GET_ME.replace(ME.encode(), CONTACTS.encode() + b"?" + query)).status == status, query[:20]


def test_five_hundred_connections_hurt_nobody(mock: Served) -> None:
    async def ask() -> list[bytes]:
        connections = [await asyncio.open_connection(*mock.address) for _ in range(500)]
        assert await asyncio.to_thread(mock.is_well)
        for _, writer in connections:
            writer.write(GET_ME)
        firsts = [await reader.readuntil(b"\r\n") for reader, _ in connections]
        for _, writer in connections:
            writer.close()
        return firsts

    assert set(asyncio.run(ask())) == {b"HTTP/1.1 200 OK\r\n"}


def test_an_unfinished_request_hurts_nobody_and_is_given_up(hasty: Served) -> None:
    """Silence, half a head, a head dripped byte by byte for ever, and half a body."""
    assert hasty.one(b"GET /_mock/health HTTP/1.1\r\n" + HOST + b"\r\n").status == 200  # which takes its time at first
    with hasty.connect() as silent, hasty.connect() as half, hasty.connect() as dripping, hasty.connect() as body:
        half.sendall(GET_ME[:-9])
        body.sendall(CLOCK + b"Content-Length: 100\r\n\r\n{")
        assert hasty.is_well()
        for character in (b"%c" % byte for byte in GET_ME[:-9]):
            sent(dripping, character)
            time.sleep(0.01)
        assert until_closed(silent) == b""
        for client in (half, dripping, body):
            assert [heard.status for heard in answers(until_closed(client))] == [408]
    assert hasty.is_well()


def test_nothing_of_it_comes_into_a_log(tmp_path: Path) -> None:
    with running(tmp_path) as started:
        url = httpx.URL(started.url)
        served = Served((url.host, url.port or 80))
        for request in (*MALFORMED.values(), *LARGE.values(), GET_ME.replace(b"/me", b"/me/%00")):
            with served.connect() as client:
                sent(client, request)
        assert served.is_well()
        _, errors = started.interrupt()
    assert errors.strip() == ""
