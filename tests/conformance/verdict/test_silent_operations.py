"""An operation that never answers is a fault like any other: it ends neither the run nor the table of a check."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.cases.tables import try_each
from conformance.checks import Violation
from conformance.target import silences
from conformance.target.client import Client, NoAnswer, target
from conformance.target.clock import TargetClock
from spec.target import Organization, Organizations, Target, load
from tests.support.gate import reports, run_gate
from tests.support.raw_server import RawServer, answer, serving
from tests.support.rewriting_proxy import Answered, Forward, Passed, lying

BROKEN = 1
EVENTS, ME = "/api/v1/events", "/api/v1/me"


@pytest.mark.parametrize(("silent", "operation"), [(EVENTS, "listEvents"), (ME, "getMe")])
def test_one_operation_that_never_answers_breaks_op_1_and_the_rest_is_judged(
    silent: str, operation: str, mock: Path, tmp_path: Path
) -> None:
    def panics(request: Passed, forward: Forward) -> Answered:
        if request.target.partition("?")[0] == silent and request.header("authorization"):
            raise ConnectionError
        return forward(request)

    with lying(load(mock).base_url, panics) as address:
        options = ("--target", str(mock), "--base-url", address, "--only", "PAGE-1,OP-1,OP-3,OP-8", "--depth", "quick")
        run = run_gate(*options, *reports(tmp_path))
    assert (run.exit_code, run.verdict, run.ids("failed")) == (BROKEN, "non-conformant", {"OP-1"}), run.output
    assert run.ids("passed") >= {"PAGE-1", "OP-3", "OP-8"}
    (row,) = (row for row in run.report["requirements"] if row["id"] == "OP-1")
    assert "the connection was closed without an answer, while the target answers others" in row["reason"]
    assert f"silence[{operation}]" in run.output
    assert "usual cause: the handler crashes without an answer" in run.output


def hanging(connection: socket.socket, head: bytes) -> None:
    """Answer all but searches, for which a while passes."""
    if b"q=" in head.partition(b"\r\n")[0]:
        time.sleep(1.1)
    else:
        answer(connection, head)


@pytest.fixture
def server() -> Iterator[RawServer]:
    with serving(hanging) as running:
        yield running


@pytest.fixture
def client(server: RawServer) -> Iterator[Client]:
    organizations = Organizations(primary=Organization(("obk_live_0123456789",)))
    made = Client(Target(f"http://127.0.0.1:{server.port}", organizations), TargetClock(None))
    yield made
    made.close()


def test_what_hung_twice_is_not_sent_again_and_what_is_less_than_that_is(client: Client, server: RawServer) -> None:
    def ask(path: str, operation: str = "listContacts") -> None:
        client.anonymous.send("PATCH", path, operation=operation)

    for value in "ab":
        with pytest.raises(NoAnswer) as silence:
            ask(f"/contacts?q={value}")
        assert not silence.value.unsent
    sent = len(server.heads)
    for vain in ("/contacts?q=c", "/contacts?q=a&limit=1"):
        with pytest.raises(NoAnswer, match="not sent, because requests like it got no answer") as silence:
            ask(vain)
        assert silence.value.exchanges == (client.unanswered[-1],)
    assert len(server.heads) == sent
    ask("/contacts?limit=1")
    with pytest.raises(NoAnswer):
        ask("/lists?q=a", "listLists")
    assert len(server.heads) == sent + 2


def test_after_many_that_hung_once_is_enough(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silences, "_MOST_EXPENSIVE", 1)
    with pytest.raises(NoAnswer, match="closed"):
        client.anonymous.send("PATCH", "/odd?q=a")
    with pytest.raises(NoAnswer, match="not sent"):
        client.anonymous.send("PATCH", "/strange?q=a")
    client.anonymous.send("PATCH", "/strange")


def test_only_what_is_silent_twice_is_taken_for_silent(client: Client) -> None:
    primary = client.caller("primary", client.target.organizations.primary.api_keys)
    answered = primary.get("listContacts")
    chance = NoAnswer("once")
    chance.exchanges = (answered,)
    assert client.silences.others_answered(chance)
    assert not client.silences.confirmed
    with pytest.raises(NoAnswer) as silence:
        primary.send("GET", target("listContacts", q="a"), operation="listContacts")
    assert client.silences.others_answered(silence.value)
    assert client.silences.confirmed == {"listContacts": silence.value}


def test_a_target_that_has_gone_meanwhile_confirms_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    primary = client.caller("primary", client.target.organizations.primary.api_keys)
    with pytest.raises(NoAnswer) as silence:
        primary.send("GET", target("listContacts", q="a"), operation="listContacts")
    there = iter((True, False))
    monkeypatch.setattr(client.silences, "_is_there", lambda _: next(there))
    assert client.silences.others_answered(silence.value)
    assert not client.silences.confirmed


def test_a_violation_outlives_the_target() -> None:
    def check(case: int) -> None:
        if case:
            raise NoAnswer("it is gone")
        raise Violation("it is broken")

    with pytest.raises(Violation, match="it is broken"):
        try_each(range(3), check, None, seed=1)
    with pytest.raises(NoAnswer):
        try_each(range(1, 3), check, None, seed=1)
