"""A target that stops answering: for good it cannot be judged any further, and what comes back has broken its word."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from loadtests.analysis.findings import Conditions
from loadtests.analysis.ledger import Attempt, Key, Ledger
from loadtests.analysis.service_quality import ABUSER, NEIGHBOUR
from tests.support.ledger_checks import only
from tests.support.load_runs import outbound_load
from tests.support.reference_limiters import Server, burst
from tests.support.simulated_load import START, Traffic, spread

_KEYS = (Key("…1", "acme", ABUSER), Key("…2", "acme", NEIGHBOUR))
_GONE = Conditions(rested=True, gone=True)
_DIED = START + 100.0


def dying(*, at: float = _DIED, back: float = float("inf")) -> Ledger:
    """An abuser joins a neighbour after a minute; from a moment on nobody is answered, and perhaps again from another on."""
    healthy = Traffic(Server(burst()), keys=_KEYS).send(0, spread(60.0, 0.1, 900)).send(1, spread(0.0, 1.0, 150)).run()
    ledger = Ledger(_KEYS)
    for key in healthy:
        for attempt in healthy.attempts(key):
            lost = at <= attempt.answered and attempt.sent < back
            refused = attempt._replace(status=0, retry_after=None, error="connection refused")
            ledger.add(refused if lost else attempt)
    return ledger


def test_a_target_that_is_gone_for_good_is_judged_by_what_went_before() -> None:
    ledger = dying()
    answered = only(ledger, "answered", _GONE)
    assert answered.outcome == "unjudged"
    assert answered.message.startswith("the target stopped answering 99.9 s into the run")
    assert "connection refused" in answered.message
    assert only(ledger, "neighbours", _GONE).outcome == "held"
    assert only(ledger, "just-refusals", _GONE).outcome == "held"


def test_a_target_that_answers_once_the_run_is_over_has_left_requests_unanswered() -> None:
    there = replace(_GONE, gone=False)
    assert only(dying(), "answered", there).outcome == "broken"
    assert only(dying(), "neighbours", there).outcome == "broken"


def test_a_target_that_came_back_during_the_run_has_left_requests_unanswered() -> None:
    answered = only(dying(back=_DIED + 2.0), "answered", _GONE)
    assert answered.outcome == "broken"
    assert "had no answer" in answered.message


def test_what_had_no_answer_before_the_end_is_broken_whatever_came_then() -> None:
    ledger = dying()
    ledger.add(Attempt(0, "getMe", START + 50.0, START + 50.1, 0, error="reset"))
    answered = only(ledger, "answered", _GONE)
    assert answered.outcome == "broken"
    assert answered.figures["unanswered"] == 1


def test_minutes_without_an_answer_are_no_minutes_at_the_limit() -> None:
    steady = Traffic(Server(burst()), keys=_KEYS).send(1, spread(0.0, 1.01, 120)).run()
    ledger = Ledger(_KEYS)
    for attempt in steady.attempts(1):
        ledger.add(attempt if attempt.sent < START + 40 else attempt._replace(status=0, error="connection refused"))
    assert only(steady, "no-refusals", _GONE).outcome == "held"
    assert only(ledger, "no-refusals", _GONE).outcome == "unjudged"


_ME = b'{"apiKey": {"id": "key_1"}, "organization": {"id": "org_1"}}'


@pytest.fixture
def mortal() -> Iterator[int]:
    """The port of a server that answers 100 times, a connection each, and is gone."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=200)

    def serve() -> None:
        with listener:
            for _ in range(100):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65_536)
                    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(_ME)}\r\nConnection: close\r\n\r\n"
                    connection.sendall(head.encode() + _ME)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    thread.join(10)


def test_a_run_whose_target_dies_ends_with_3_and_says_when(mortal: int, tmp_path: Path) -> None:
    where = ("--base-url", f"http://127.0.0.1:{mortal}", "--api-key", "obk_live_" + "x" * 32)
    done = outbound_load("overload", *where, "--rested", "--minutes=0.05", folder=tmp_path)
    assert done.code == 3, done.out
    assert done.found["answered"] == "unjudged"
    assert done.report["requests"]["served"] == 100
    assert "the target stopped answering" in done.report["reason"]
