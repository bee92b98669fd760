"""The generator's client: exact about what was sent and answered, whatever a server does to it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from random import Random
from threading import Event

import pytest

from loadtests.runner.http_client import HttpClient, TimedAnswer
from loadtests.runner.sessions import OperationRequest, page_of, request, session

_PATIENCE = 30.0
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def _server(*connections: Sequence[bytes], closed: Event | None = None) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives each connection in turn its answers, one a request, and then closes it, which `closed` tells."""
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def serve() -> None:
        for answers in connections:
            accepted, _ = listener.accept()
            with accepted:
                for answer in answers:
                    heard.append(accepted.recv(65_536))
                    with suppress(ConnectionError):
                        accepted.sendall(answer)
            if closed is not None:
                closed.set()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/base", heard
    finally:
        thread.join(_PATIENCE)
        listener.close()


def _get(*connections: Sequence[bytes], times: int = 1) -> list[TimedAnswer]:
    with _server(*connections) as (address, _):
        client = HttpClient(address, time.time)
        answers = [client.get(client.prepare("/api/v1/me", "obk_live_x")) for _ in range(times)]
        client.close()
    return answers


def test_a_request_is_a_plain_get_with_the_key_below_the_targets_path() -> None:
    with _server([_OK]) as (address, heard):
        client = HttpClient(address, time.time)
        answer = client.get(client.prepare("/api/v1/me?limit=2", "obk_live_x"))
        client.close()
    lines = heard[0].decode().split("\r\n")
    assert lines[0] == "GET /base/api/v1/me?limit=2 HTTP/1.1"
    assert "Authorization: Bearer obk_live_x" in lines
    assert (answer.status, answer.body, answer.error) == (200, b"{}", None)
    assert answer.sent <= answer.answered


def test_a_connection_is_kept_for_the_next_request() -> None:
    assert [answer.status for answer in _get([_OK, _OK, _OK], times=3)] == [200, 200, 200]


def test_a_connection_is_kept_though_the_targets_clock_was_moved() -> None:
    moments = count(0.0, 60.0)
    with _server([_OK, _OK]) as (address, _):
        client = HttpClient(address, lambda: next(moments))
        statuses = [client.get(client.prepare("/", "k")).status for _ in range(2)]
        client.close()
    assert statuses == [200, 200]


def test_a_connection_that_the_server_closed_meanwhile_is_not_used_again() -> None:
    closed = Event()
    with _server([_OK], [_OK], closed=closed) as (address, heard):
        client = HttpClient(address, time.time)
        ready = client.prepare("/", "k")
        first = client.get(ready)
        assert closed.wait(_PATIENCE)
        second = client.get(ready)
        client.close()
    assert (first.status, second.status, len(heard)) == (200, 200, 2)


def test_a_server_that_was_seen_to_close_without_a_word_gets_a_connection_for_each_request() -> None:
    closed = Event()
    with _server([_OK], [_OK, b""], [_OK], closed=closed) as (address, _):
        client = HttpClient(address, time.time)
        ready = client.prepare("/", "k")
        found = [client.get(ready).status]
        assert closed.wait(_PATIENCE)
        found += [client.get(ready).status, client.get(ready).status]
        client.close()
    assert found == [200, 200, 200]


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "], ids=["body", "head"])
def test_an_answer_without_an_end_is_not_taken_in_for_ever(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadtests.runner.http_client._LONGEST", 2**20)
    (found,) = _get([head + b"x" * 2**22])
    assert (found.status, found.error) == (0, "the answer is longer than 1 MB")


def test_an_answer_that_comes_drop_by_drop_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadtests.runner.http_client.TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            with suppress(OSError), listener.accept()[0] as accepted:
                accepted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
                for _ in range(100):
                    accepted.sendall(b"x")
                    time.sleep(0.05)

        thread = threading.Thread(target=drip)
        thread.start()
        client = HttpClient(f"http://127.0.0.1:{listener.getsockname()[1]}", time.time)
        found = client.get(client.prepare("/", "k"))
        thread.join()
    assert found.status == 0
    assert (found.error or "").startswith("no answer within")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + _OK,
    ],
    ids=["chunked", "until it closes", "HTTP/1.0", "an interim answer first"],
)
def test_an_answer_may_come_in_any_form(answer: bytes) -> None:
    (found,) = _get([answer])
    assert (found.status, found.body, found.error) == (200, b"{}", None)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"", "hung up"),
        (_OK[:-1], "hung up"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}", "not HTTP"),
        (b"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", "not HTTP"),
    ],
    ids=["none", "cut short", "another protocol", "a length that is none", "a change of protocol"],
)
def test_what_is_no_answer_is_an_attempt_without_one_and_is_not_repeated(answer: bytes, told: str) -> None:
    with _server([answer]) as (address, heard):
        client = HttpClient(address, time.time)
        found = client.get(client.prepare("/", "k"))
        client.close()
    assert found.status == 0
    assert found.error
    assert told in found.error
    assert len(heard) == 1


def test_a_refused_connection_is_an_attempt_without_an_answer() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        found = HttpClient(f"http://127.0.0.1:{deaf.getsockname()[1]}", time.time).get(b"")
    assert (found.status, "refused" in (found.error or "")) == (0, True)


@pytest.mark.parametrize(
    ("date", "promised"),
    [
        ("Date: Mon, 23 Nov 2026 10:00:10 GMT\r\n", 20.0),
        ("", 30.0),
        ("Date: today\r\n", 30.0),
        ("Date: Mon, 01 Jan 99999999999 00:00:00 GMT\r\n", 30.0),
    ],
)
def test_a_promised_date_is_held_against_the_answers_own_or_else_our_clock(date: str, promised: float) -> None:
    answer = f"HTTP/1.1 429 X\r\n{date}Retry-After: Mon, 23 Nov 2026 10:00:30 GMT\r\nContent-Length: 0\r\n\r\n"
    with _server([answer.encode()]) as (address, _):
        client = HttpClient(address, lambda: 1_795_428_000.0)
        found = client.get(client.prepare("/", "k"))
        client.close()
    assert (found.retry_after, found.dated) == (promised, True)


def _play(answer: Callable[[OperationRequest], TimedAnswer]) -> list[OperationRequest]:
    steps, wanted = session(Random(1)), []
    found = next(steps, None)
    while found is not None:
        wanted.append(found)
        try:
            found = steps.send(answer(found))
        except StopIteration:
            found = None
    return wanted


def test_a_session_walks_pages_opens_contacts_and_polls_events() -> None:
    page = b'{"data": [{"id": "a/b"}, {"id": "c"}], "nextCursor": "x+y"}'
    wanted = _play(lambda _: TimedAnswer(0.0, 0.0, 200, body=page))
    operations = {one.operation for one in wanted}
    assert {"getMe", "listContacts", "getContact", "listDrafts", "getDraft", "listEvents"} <= operations
    assert any("cursor=x%2By" in one.path for one in wanted)
    assert any(one.path == "/api/v1/contacts/a%2Fb" for one in wanted)
    assert len(wanted) < 40


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": 1}', b"\xff", b'{"data": [{"id": 1}]}'])
def test_a_session_survives_what_is_no_page(body: bytes) -> None:
    assert page_of(TimedAnswer(0.0, 0.0, 200, body=body)).data == []
    assert 3 < len(_play(lambda _: TimedAnswer(0.0, 0.0, 200, body=body))) < 15
    assert 3 < len(_play(lambda _: TimedAnswer(0.0, 0.0, 429))) < 15


def test_a_request_fills_in_ids_and_queries() -> None:
    assert request("getDraft", id="ü").path == "/api/v1/drafts/%C3%BC"
    assert request("listEvents", limit=20).path == "/api/v1/events?limit=20"
