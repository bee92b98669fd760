"""GET with trailers on a bare connection: the sent bytes, the answers that are read, and that every wait ends."""

from __future__ import annotations

import httpx
import pytest

from conformance.target import raw_trailers
from conformance.target.client import Client, NoAnswer
from conformance.target.clock import TargetClock
from conformance.target.transport import Answer, BrokenAnswer
from spec.target import Target
from tests.support.answering_server import answering
from tests.support.gate import run_gate
from tests.support.raw_server import pressing, serving

KEY = "Bearer obk_live_0123456789abcdef"
FIELDS = [(b"Host", b"127.0.0.1"), (b"Accept-Encoding", b"gzip"), (b"Connection", b"keep-alive")]
BODY = b'{"a": 1}\n'
HEALTHY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n" + BODY


def ask(url: httpx.URL, timeout: float = 2.0) -> Answer:
    return raw_trailers.get(url, b"/api/v1/me", FIELDS, [(b"Authorization", KEY.encode())], timeout, None, None)


def test_the_key_stands_behind_an_empty_chunked_body_alone() -> None:
    with answering(HEALTHY) as (url, got):
        answer = ask(url)
    assert (answer.status_code, answer.content) == (200, BODY)
    head, _, rest = got[0].partition(b"\r\n\r\n")
    assert head.startswith(b"GET /api/v1/me HTTP/1.1\r\n")
    assert b"\r\nTransfer-Encoding: chunked" in head
    assert b"gzip" not in head
    assert b"Bearer" not in head
    assert rest == b"0\r\nAuthorization: %b\r\n\r\n" % KEY.encode()


@pytest.mark.parametrize(
    "sent",
    [
        (HEALTHY[:40], HEALTHY[40:]),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + HEALTHY,),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n" + BODY + b"\r\n0\r\n\r\n",),
        (b"HTTP/1.0 200 OK\r\n\r\n" + BODY,),
    ],
    ids=["in parts", "after an interim answer", "in chunks", "up to the end of the connection"],
)
def test_an_answer_is_read_in_every_framing(sent: tuple[bytes, ...]) -> None:
    with answering(*sent) as (url, _):
        answer = ask(url)
    assert (answer.status_code, answer.content) == (200, BODY)


@pytest.mark.parametrize(
    "sent",
    [
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000,
    ],
    ids=["no HTTP", "half", "endless head"],
)
def test_what_is_no_answer_is_told(sent: bytes) -> None:
    with answering(sent) as (url, _), pytest.raises(BrokenAnswer):
        ask(url)


def test_a_body_that_is_too_large_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_trailers, "MOST_BYTES", 8)
    with answering(HEALTHY) as (url, _), pytest.raises(BrokenAnswer, match="larger"):
        ask(url)


def test_silence_ends_with_the_time_out() -> None:
    with answering(closes=False) as (url, _), pytest.raises(TimeoutError):
        ask(url, 0.1)


def test_interim_answers_without_an_end_are_not_waited_for_for_ever() -> None:
    with serving(pressing) as server, pytest.raises(TimeoutError):
        ask(httpx.URL(f"http://127.0.0.1:{server.port}"), 0.3)


def test_a_connection_that_is_closed_instead_is_known_as_such() -> None:
    with answering() as (url, _):
        target = Target(base_url=str(url))
        client = Client(target, TargetClock())
        with pytest.raises(NoAnswer) as silence:
            client.anonymous.send("GET", "/api/v1/me", trailers=[("Authorization", KEY)])
        client.close()
    assert silence.value.closed
    assert KEY not in str(silence.value)


@pytest.mark.parametrize(("depth", "told"), [("standard", "passed"), ("deep", "failed")])
def test_a_key_that_counts_in_a_trailer_is_told_at_depth_deep(depth: str, told: str) -> None:
    """Some widespread servers take trailers for headers, and an application on them cannot prevent it."""
    run = run_gate("--only", "AUTH-1", "--depth", depth, "--mock-options", "--fault key-in-trailer")
    assert run.ids(told) == {"AUTH-1"}
