"""HEAD on a bare connection: bytes after the header section are seen, legal answers pass, and every wait ends."""

from __future__ import annotations

from http.client import HTTPException

import httpx
import pytest

from conformance.target import raw_head
from conformance.target.transport import Answer
from tests.support.answering_server import answering
from tests.support.raw_server import pressing, serving

FIELDS = [(b"Host", b"127.0.0.1"), (b"Connection", b"keep-alive")]


def ask(url: httpx.URL, timeout: float = 2.0) -> Answer:
    return raw_head.head(url, b"/api/v1/me", FIELDS, timeout, None, None)


HEALTHY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"


def test_a_header_section_and_nothing_else_has_no_body() -> None:
    with answering(HEALTHY) as (url, got):
        answer = ask(url)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "application/json", b"")
    assert got[0].startswith(b"HEAD /api/v1/me HTTP/1.1\r\n")
    assert got[0].lower().count(b"connection:") == 1


@pytest.mark.parametrize("place", ["Zürich".encode(), "Zürich".encode("latin-1")], ids=["UTF-8", "Latin-1"])
def test_bytes_beyond_ascii_in_a_header_are_read(place: bytes) -> None:
    with answering(HEALTHY.replace(b"\r\n\r\n", b"\r\nX-Served-By: %b\r\n\r\n" % place)) as (url, _):
        assert ask(url).headers["x-served-by"] == "Zürich"


@pytest.mark.parametrize(
    "sent", [(HEALTHY + b'{"a": 1}\n',), (HEALTHY, b'{"a": ', b"1}\n")], ids=["at once", "in parts"]
)
def test_a_body_is_seen(sent: tuple[bytes, ...]) -> None:
    with answering(*sent) as (url, _):
        assert ask(url).content == b'{"a": 1}\n'


def test_a_server_that_does_not_close_is_not_waited_for() -> None:
    with answering(HEALTHY, closes=False) as (url, _):
        assert ask(url).content == b""


def test_interim_answers_are_passed_over() -> None:
    with answering(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + HEALTHY) as (url, _):
        assert ask(url).status_code == 200


@pytest.mark.parametrize(
    ("sent", "error"),
    [(b"", OSError), (b"HTTP/1.1 200 OK\r\nContent-", OSError), (b"SSH-2.0-x\r\n\r\n", HTTPException)],
    ids=["nothing", "half", "no HTTP"],
)
def test_what_is_no_answer_is_an_error(sent: bytes, error: type[Exception]) -> None:
    with answering(sent) as (url, _), pytest.raises(error):
        ask(url)


def test_interim_answers_without_an_end_are_not_waited_for_for_ever() -> None:
    with serving(pressing) as server, pytest.raises(TimeoutError):
        ask(httpx.URL(f"http://127.0.0.1:{server.port}"), 0.3)


def test_silence_ends_with_the_time_out() -> None:
    with answering(closes=False) as (url, _), pytest.raises(TimeoutError):
        ask(url, 0.1)
