"""A request that got no answer is evidence too: it is recorded apart from those that were answered."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.cases.sampling import answered
from conformance.checks import Violation
from conformance.target.client import Client, NoAnswer
from conformance.target.clock import TargetClock
from conformance.verdict.ledger import Finding, Ledger
from spec.target import Organization, Organizations, Target
from tests.support.raw_server import answer, serving
from tests.support.report_runs import on_screen, run_of, written

GIANT = "/api/v1/lists/" + "9" * 4400


def closing(connection: socket.socket, head: bytes) -> None:
    """Answer only a short request; close the connection on a long one."""
    if len(head) < 2000:
        answer(connection, head)


@pytest.fixture
def client() -> Iterator[Client]:
    with serving(closing) as server:
        target = Target(
            f"http://127.0.0.1:{server.port}", Organizations(primary=Organization(("obk_live_0123456789",)))
        )
        made = Client(target, TargetClock(None))
        yield made
        made.close()


def test_what_was_not_answered_is_recorded_apart(client: Client) -> None:
    with pytest.raises(NoAnswer, match=r"characters left out\) …9+: the connection was closed") as caught:
        client.anonymous.send("GET", GIANT)
    assert client.unanswered == [*caught.value.exchanges]
    assert not client.exchanges
    assert client.unanswered[0].line().endswith("→ no answer")


def test_the_request_that_was_not_answered_is_the_evidence(client: Client, tmp_path: Path) -> None:
    with pytest.raises(Violation) as caught:
        answered(lambda: client.anonymous.send("GET", GIANT), client.anonymous)
    made = Ledger()
    made.add(Finding("ERROR-5", "failed", caught.value.message, caught.value.exchanges))
    run = run_of(made, *client.exchanges, unanswered=tuple(client.unanswered))
    reports = written(tmp_path, run)
    row = next(row for row in json.loads(reports["report.json"])["requirements"] if row["id"] == "ERROR-5")
    (seen,) = row["evidence"]
    assert (seen["method"], seen["status"]) == ("GET", None)
    assert seen["curl"].endswith("""/api/v1/lists/"$(printf -- 9%.0s $(seq 4400))\"""")
    assert len(seen["url"]) < 700
    for shown in ("\n".join(on_screen(run)), reports["report.html"], reports["junit.xml"]):
        assert "no answer" in shown
        assert "seq 4400" in shown
        assert "9" * 700 not in shown
    entries = json.loads(reports["exchanges.har"])["log"]["entries"]
    assert [entry["response"]["status"] for entry in entries] == [0, 200] * 3
    assert entries[0]["request"]["url"].endswith(GIANT)


def test_a_giant_key_that_is_no_secret_can_be_sent_again(client: Client) -> None:
    with pytest.raises(NoAnswer):
        client.anonymous.send("GET", "/", headers=[("Authorization", "Bearer obk_live_" + "A" * 4000)])
    shown = client.redactor.curl(client.unanswered[0])
    assert """-H 'Authorization: Bearer obk_live_'"$(printf -- A%.0s $(seq 4000))" """ in shown
