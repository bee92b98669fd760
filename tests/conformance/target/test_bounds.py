"""Every answer is bounded in time, bytes, headers and depth, and the message says which bound it broke."""

from __future__ import annotations

import gzip
import socket
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest

from conformance.target import transport
from conformance.target.client import Client
from conformance.target.clock import TargetClock
from conformance.target.exchange import MOST_DEPTH, Credential, Exchange, Request
from conformance.target.pacing import Pace
from conformance.target.transport import BrokenAnswer, Transport
from spec.target import Organization, Organizations, Target
from tests.support import null_servers
from tests.support.null_servers import Answer
from tests.support.raw_server import Handler, pressing, serving

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SHORT = 0.6
RAW = zlib.compressobj(wbits=-zlib.MAX_WBITS)
GOOD = b'{"a": 1}'


@contextmanager
def reaching(handler: Handler) -> Iterator[Callable[[], transport.Answer]]:
    with serving(handler) as server:
        made = Transport(httpx.URL(f"http://127.0.0.1:{server.port}"), None, None)
        yield lambda: made.send("GET", b"/api/v1/me", [(b"Host", b"x")], None, SHORT)
        made.close()


def dripping(head: bytes) -> Handler:
    """A handler that sends a byte every 0.05 s after a head, for ever."""

    def drip(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head)
        connection.settimeout(0.05)
        while True:
            with suppress(TimeoutError):
                if not connection.recv(1):
                    return
            connection.sendall(b"x")

    return drip


@pytest.mark.parametrize(
    "head", [HEAD + b"Content-Length: 1000\r\n\r\n", HEAD + b"X-Slow: "], ids=["in the body", "in the headers"]
)
def test_an_answer_that_drips_is_given_up(head: bytes) -> None:
    with reaching(dripping(head)) as ask, pytest.raises(BrokenAnswer, match=r"did not end within 0\.6 s: \d+ bytes"):
        ask()


def test_interim_answers_without_an_end_are_given_up() -> None:
    with reaching(pressing) as ask, pytest.raises(BrokenAnswer, match=r"did not end within 0\.6 s"):
        ask()


def silent(connection: socket.socket, _: bytes) -> None:
    connection.recv(1)


def test_silence_is_told_as_silence() -> None:
    with (
        reaching(silent) as ask,
        pytest.raises(BrokenAnswer, match="no answer within"),
    ):
        ask()


def sending(*parts: bytes) -> Handler:
    def send(connection: socket.socket, _: bytes) -> None:
        for part in parts:
            connection.sendall(part)

    return send


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MOST_BYTES", 100_000)


@pytest.mark.usefixtures("small")
def test_a_body_that_is_too_large_is_given_up() -> None:
    flood = sending(HEAD + b"Content-Length: 3000000000\r\n\r\n", *[b" " * 50_000] * 3)
    with reaching(flood) as ask, pytest.raises(BrokenAnswer, match=r"the body of the answer is larger than"):
        ask()


@pytest.mark.usefixtures("small")
def test_a_gzip_bomb_does_not_go_off() -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with reaching(sending(head + bomb)) as ask, pytest.raises(BrokenAnswer, match=r"once it is decoded \(gzip\)"):
        ask()


def test_a_header_section_without_end_is_given_up() -> None:
    endless = sending(HEAD, *[b"X-More: %b\r\n" % (b"y" * 1000)] * 200)
    with reaching(endless) as ask, pytest.raises(BrokenAnswer, match=r"header section of the answer is larger"):
        ask()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", gzip.compress(GOOD)),
        (b"X-GZip", gzip.compress(GOOD)),
        (b"deflate", zlib.compress(GOOD)),
        (b"deflate", RAW.compress(GOOD) + RAW.flush()),
    ],
    ids=["gzip", "x-gzip", "deflate", "deflate without a header"],
)
def test_an_encoded_body_is_decoded(coding: bytes, body: bytes) -> None:
    head = HEAD + b"Content-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (coding, len(body))
    with reaching(sending(head + body)) as ask:
        assert ask().content == GOOD


def test_what_is_not_encoded_as_it_says_is_told() -> None:
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain"
    with reaching(sending(head)) as ask, pytest.raises(BrokenAnswer, match="not encoded as its Content-Encoding says"):
        ask()


def exchange(body: bytes = b"{}", status: int = 200) -> Exchange:
    return Exchange(1, Request("GET", "/api/v1/me"), "http://x", status, httpx.Headers(), body, 0.0, 1.0, 0.0)


def test_json_is_read_to_a_depth_and_no_further() -> None:
    deepest, deeper = (b"[" * depth + b"]" * depth for depth in (MOST_DEPTH, MOST_DEPTH + 1))
    assert exchange(deepest).json is not None
    assert (exchange(deeper).json, exchange(deeper).too_deep) == (None, True)
    assert not exchange(b'{"a": "%b"}' % (b"[" * 1000)).too_deep


def test_no_retry_after_is_waited_for_longer_than_may_be_asked() -> None:
    key, pace = Credential("obk_live_aaaaaaaaaaaaaaaaaaaa", "keys.spare[0]"), Pace(60)
    pace.answered(key, exchange(status=429), 30_000.0)
    assert pace.wait_for(key, 1.0) == 61.0


def test_what_is_shown_while_a_run_waits_holds_no_key() -> None:
    shown: list[str] = []
    key, other = Credential("own-key-of-another-form", "primary"), "other-key-of-another-form"
    with null_servers.serving(Answer(429, {"Retry-After": "1"})) as base_url:
        organizations = Organizations(primary=Organization((key.secret, other)))
        client = Client(Target(base_url, organizations), TargetClock(lambda _: None), shown.append)
        client.send(Request("GET", f"/api/v1/me?api_key={other}"), (key,))
        client.close()
    assert {line.partition("=")[0] for line in shown} == {"refused for pace, will repeat: GET /api/v1/me?api_key"}
    assert not [line for line in shown if other in line]


def test_a_test_clock_is_moved_by_a_whole_minute_because_each_move_takes_a_command() -> None:
    moves: list[int] = []
    key = Credential("obk_live_aaaaaaaaaaaaaaaaaaaa", "keys.spare[0]")
    with null_servers.serving(Answer(429, {"Retry-After": "1"})) as base_url:
        client = Client(Target(base_url=base_url), TargetClock(moves.append))
        client.send(Request("GET", "/api/v1/me"), (key,))
        client.close()
    assert moves == [60, 60, 60]
