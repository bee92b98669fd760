"""The console's log-in: a wrong token is refused and counted, and after a log-out the cookie is not valid any more."""

from __future__ import annotations

import json
import os

import pytest

from mockserver.app import Settings, create_app
from mockserver.clock import Clock
from mockserver.console.app import LONGEST_FIELD, LONGEST_FORM
from mockserver.console.sessions import MOST_FAILURES, WITHIN, Attempts, Sessions
from tests.support.console_client import Visitor, text
from tests.support.mock_client import START

TOKEN = "sesame-sesame"


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(create_app(Settings(contacts=3), Clock(START), TOKEN), peer="192.0.2.1")


def test_a_wrong_token_is_answered_403_with_the_form(visitor: Visitor) -> None:
    answer = visitor.log_in("open")
    assert (answer.status, "not the control token" in text(answer)) == (403, True)
    assert "session" not in str(visitor.cookies)


def test_without_tls_a_cookie_is_kept_all_the_same(visitor: Visitor) -> None:
    assert "Secure" not in visitor.log_in(TOKEN).headers["set-cookie"]


def test_an_empty_token_is_a_wrong_one(visitor: Visitor) -> None:
    assert visitor.log_in("").status == 403


def test_after_some_wrong_tokens_even_the_right_one_has_to_wait(visitor: Visitor) -> None:
    assert [visitor.log_in("open").status for _ in range(MOST_FAILURES)] == [403] * MOST_FAILURES
    answer = visitor.log_in(TOKEN)
    assert answer.status == 429
    assert 0 < int(answer.headers["retry-after"]) <= WITHIN
    assert visitor.get("/login").status == 200
    assert visitor.get("/clock").status == 303


def test_who_guesses_keeps_out_nobody_else(visitor: Visitor) -> None:
    for _ in range(MOST_FAILURES + 1):
        visitor.log_in("open")
    assert Visitor(visitor.mock, peer="192.0.2.2").log_in(TOKEN).status == 303


def test_a_cookie_is_good_for_nothing_after_a_log_out(visitor: Visitor) -> None:
    visitor.log_in(TOKEN)
    copied = dict(visitor.cookies)
    assert Visitor(visitor.mock, peer="192.0.2.3", cookies=dict(copied)).get("/clock").status == 200
    assert visitor.post("/logout").status == 303
    assert Visitor(visitor.mock, peer="192.0.2.3", cookies=copied).get("/clock").status == 303
    assert visitor.log_in(TOKEN).status == 303
    assert visitor.get("/clock").status == 200


def test_a_cookie_of_another_mock_is_none(visitor: Visitor) -> None:
    visitor.log_in(TOKEN)
    other = create_app(Settings(contacts=3), Clock(START), TOKEN)
    assert Visitor(other, peer="192.0.2.1", cookies=dict(visitor.cookies)).get("/clock").status == 303


def test_a_log_out_in_one_process_is_known_in_those_that_were_forked_beside_it() -> None:
    sessions = Sessions()
    cookie = sessions.cookie()
    child = os.fork()
    if not child:
        sessions.end()
        os._exit(0)
    os.waitpid(child, 0)
    assert not sessions.is_open(cookie)
    assert sessions.is_open(sessions.cookie())


def test_a_session_is_open_in_every_process_of_the_mock(visitor: Visitor) -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        visitor.log_in(TOKEN)
        os.write(writer, json.dumps(visitor.cookies).encode())
        os._exit(0)
    os.waitpid(child, 0)
    cookies = json.loads(os.read(reader, 65_536))
    os.close(reader)
    os.close(writer)
    assert Visitor(visitor.mock, peer="192.0.2.1", cookies=cookies).get("/clock").status == 200


def test_a_form_is_bounded_before_the_log_in(visitor: Visitor) -> None:
    fields = {f"field{number}": "x" * LONGEST_FIELD for number in range(LONGEST_FORM // LONGEST_FIELD + 1)}
    answer = visitor.post("/login", fields)
    assert (answer.status, f"must not be longer than {LONGEST_FORM} bytes" in text(answer)) == (413, True)


def test_failures_are_forgotten_in_time_and_do_not_fill_the_memory() -> None:
    times = [0.0]
    attempts = Attempts(lambda: times[0])
    for _ in range(MOST_FAILURES):
        attempts.failed("192.0.2.1")
        times[0] += 1
    assert attempts.wait("192.0.2.1") == WITHIN - MOST_FAILURES
    times[0] = WITHIN
    assert attempts.wait("192.0.2.1") == 0
    for number in range(5_000):
        attempts.failed(str(number))
    assert len(attempts._failures) <= 1_000
