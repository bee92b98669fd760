"""The parts around a chunked body, on a socket: trailers have no effect, and trailers and chunk extensions are bounded."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from mockserver.modifications.requested import requested
from mockserver.server.bad_requests import LONGEST_HEAD
from tests.support.raw_client import GET_ME, HOST, KEY, Served, answers, serving_mock, until_closed

CHUNKED = b"Transfer-Encoding: chunked\r\n"
BODY = b'd\r\n{"seconds":0}\r\n'
CLOCK = b"POST /_mock/clock HTTP/1.1\r\n" + HOST + CHUNKED
NO_KEY = GET_ME.replace(KEY, b"")


@pytest.fixture(scope="module")
def mock() -> Iterator[Served]:
    with serving_mock() as served:
        yield served


def trailed(request: bytes, trailer: bytes) -> bytes:
    """The request with a chunked body, followed by this trailer."""
    return request.replace(HOST, HOST + CHUNKED) + b"2\r\n{}\r\n0\r\n" + trailer + b"\r\n"


def test_a_key_in_a_trailer_is_no_key(mock: Served) -> None:
    assert mock.one(trailed(GET_ME, b"X-Other: 1\r\n")).status == 200
    assert mock.one(trailed(NO_KEY, KEY)).status == 401


def test_a_trailer_is_no_header_of_the_next_request_either(mock: Served) -> None:
    assert [heard.status for heard in mock.say(trailed(GET_ME, KEY) + NO_KEY)] == [200, 401]


@pytest.mark.parametrize("header", [b"Host: evil.example\r\n", HOST + b"Origin: http://evil.example\r\n"])
def test_a_trailer_does_not_get_a_foreign_request_past_the_guard(mock: Served, header: bytes) -> None:
    foreign = b"GET /_mock/health HTTP/1.1\r\n" + header + CHUNKED + b"\r\n0\r\n"
    assert mock.one(foreign + b"Host: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\n\r\n").status == 403


def test_a_trailer_does_not_make_a_request_foreign(mock: Served) -> None:
    asked = b"GET /_mock/health HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n0\r\n"
    assert mock.one(asked + b"Host: evil.example\r\nOrigin: http://evil.example\r\n\r\n").status == 200


@pytest.fixture(scope="module")
def merging() -> Iterator[Served]:
    with serving_mock(modifications=[requested("fault", "key-in-trailer")]) as served:
        yield served


def test_with_its_fault_a_key_in_a_trailer_is_served(merging: Served) -> None:
    assert merging.one(trailed(NO_KEY, KEY)).status == 200
    assert merging.one(trailed(NO_KEY, b"X-Other: 1\r\n")).status == 401


def test_the_fault_waits_for_a_trailer_that_comes_later(merging: Served) -> None:
    with merging.connect() as client:
        whole = trailed(NO_KEY, KEY)
        client.sendall(whole[: whole.index(b"2\r\n")] + b"2\r\n")
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(1)
        client.setblocking(True)
        client.sendall(whole[whole.index(b"2\r\n") + 3 :])
        client.shutdown(socket.SHUT_WR)
        assert [heard.status for heard in answers(until_closed(client))] == [200]


MEGABYTE = 1_000_000
ENDLESS = {
    "trailers": (b"0\r\n", b"X-Trailer: 1\r\n" * (MEGABYTE // 14)),
    "one trailer": (b"0\r\nX-Trailer: ", b"a" * MEGABYTE),
    "a chunk extension": (b"2;x=", b"a" * MEGABYTE),
}


def flood(client: socket.socket, begin: bytes, piece: bytes) -> None:
    """Send 205 megabytes of the piece, unless the mock closes the connection earlier."""
    with suppress(OSError):
        client.sendall(begin)
        for _ in range(205):
            client.sendall(piece)


@pytest.mark.parametrize(("begin", "piece"), ENDLESS.values(), ids=ENDLESS)
def test_what_is_neither_head_nor_body_has_an_end(mock: Served, begin: bytes, piece: bytes) -> None:
    with mock.connect() as client:
        head = CLOCK + b"\r\n" + BODY + begin
        threading.Thread(target=flood, args=(client, head, piece), daemon=True).start()
        (heard,) = answers(until_closed(client))
    assert heard.status == 431
    assert f"{LONGEST_HEAD} bytes" in json.loads(heard.body)["detail"]
    assert mock.is_well()
