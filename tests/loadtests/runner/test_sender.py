"""What a sender enters in its ledger, and what it calls trouble: answers that are not the API's, limits of its own machine."""

from __future__ import annotations

import errno

import pytest

from loadtests.analysis.ledger import Key, Ledger
from loadtests.runner.http_client import HttpClient, TimedAnswer
from loadtests.runner.sender import Sender
from loadtests.runner.sessions import is_usable, request

_ME = b'{"apiKey": {"id": "key_1"}, "organization": {"id": "org_1"}}'
_PAGE = b"<html>Welcome</html>"


def _sender(monkeypatch: pytest.MonkeyPatch, answer: TimedAnswer) -> Sender:
    monkeypatch.setattr(HttpClient, "get", lambda *_: answer)
    return Sender("http://127.0.0.1:1", ["obk_live_x"], Ledger([Key("…", "acme", "steady")]), lambda *_: None)


def test_an_answer_of_the_api_is_entered_and_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = _sender(monkeypatch, TimedAnswer(1.0, 2.0, 200, body=_ME))
    sender.send(0)
    assert (len(sender.ledger), sender.trouble) == (1, None)


def test_a_web_page_instead_of_an_answer_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = _sender(monkeypatch, TimedAnswer(1.0, 2.0, 200, body=_PAGE))
    sender.send(0)
    assert (sender.trouble or "").startswith("GET /api/v1/me answers 200, but not with what the API answers")


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, _ME, True),
        (200, b" \n{}", True),
        (404, b'{"status": 404}', True),
        (429, _PAGE, True),
        (502, _PAGE, False),
        (403, _PAGE, False),
        (302, b"", False),
        (200, _PAGE, False),
    ],
)
def test_only_what_the_api_answers_tells_what_the_limit_decided(
    status: int, body: bytes, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = _sender(monkeypatch, TimedAnswer(1.0, 2.0, status, body=body))
    sender.send(0)
    (attempt,) = sender.ledger.attempts(0)
    assert attempt.status == status
    assert (attempt.admitted or attempt.refused) is told


def test_the_first_answers_of_each_operation_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = _sender(monkeypatch, TimedAnswer(1.0, 2.0, 200, body=_ME))
    sender.send(0)
    assert sender.trouble is None
    sender.send(0, request("listContacts"))
    assert "GET /api/v1/contacts answers 200, but" in (sender.trouble or "")


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM])
def test_a_limit_of_the_generators_machine_is_no_failure_of_the_target(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(number, "full")

    monkeypatch.setattr("socket.create_connection", full)
    sender = Sender("http://127.0.0.1:1", ["obk_live_x"], Ledger([Key("…", "acme", "steady")]), lambda *_: None)
    sender.send(0)
    assert (sender.trouble or "").startswith("the generator is at a limit of its own machine: ")
    assert len(sender.ledger) == 0


def test_a_refused_connection_is_the_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")

    monkeypatch.setattr("socket.create_connection", refuse)
    sender = Sender("http://127.0.0.1:1", ["obk_live_x"], Ledger([Key("…", "acme", "steady")]), lambda *_: None)
    sender.send(0)
    assert (len(sender.ledger), sender.trouble) == (1, None)


@pytest.mark.parametrize(
    ("operation", "body", "usable"),
    [
        ("getMe", _ME, True),
        ("getMe", b"{}", False),
        ("getMe", _PAGE, False),
        ("listContacts", b'{"data": [], "nextCursor": null}', True),
        ("listContacts", b'{"data": [{"id": "con_1", "score": "high"}]}', True),
        ("listContacts", b"{}", False),
        ("listContacts", b"[]", False),
        ("getDraft", b'{"id": "dra_1"}', True),
        ("getDraft", b'{"message": "ok"}', False),
        ("getDraft", b"", False),
    ],
)
def test_a_usable_answer_is_at_least_the_kind_of_thing_that_was_asked_for(
    operation: str, body: bytes, usable: bool
) -> None:
    assert is_usable(operation, body) is usable
