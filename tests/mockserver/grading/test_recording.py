"""The record of a request: it has the body, too, although the mock does not use it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from mockserver.app import Settings, create_app
from mockserver.grading import recording
from mockserver.grading.recording import CONNECTION, Recorder
from mockserver.grading.report.document import document
from mockserver.grading.report.words import run_ending
from tests.support.graded_clients import graded
from tests.support.graded_runs import CONTACTS, Story

MOCK = create_app(Settings(contacts=1))
KEY = next(key for key in MOCK.state.keys if key.scopes)
REPEATS = "reads-the-same-contact-for-every-row"
"""A client that asks the same too often (COST-1)."""


def recorded(*messages: dict[str, Any], headers: Sequence[tuple[bytes, bytes]] = ()) -> Recorder:
    """The record of a GET of `/me` with these further headers, whose body comes in these messages, and never ends."""
    coming = list(messages)
    recorder = Recorder(MOCK, MOCK.state.keys, 0.0)

    async def receive() -> dict[str, Any]:
        return coming.pop(0) if coming else await asyncio.Future()

    async def send(_message: Any) -> None:
        pass

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/api/v1/me",
        "raw_path": b"/api/v1/me",
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer " + KEY.secret.encode()), (b"content-length", b"200"), *headers],
    }
    asyncio.run(recorder(scope, receive, send))
    return recorder


def part(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_key_in_a_body_that_comes_in_parts_is_found() -> None:
    half = len(KEY.secret) // 2
    first, second = KEY.secret[:half].encode(), KEY.secret[half:].encode()
    (exchange,) = recorded(part(b"key=" + first, more=True), part(second, more=False)).exchanges()
    assert (exchange.status, exchange.leaks) == (200, ("the body",))


def test_two_authorization_headers_are_no_credentials_for_the_grade_as_for_the_api() -> None:
    (exchange,) = recorded(part(b"{", more=False), headers=[(b"authorization", b"Basic dTpw")]).exchanges()
    assert (exchange.status, exchange.key) == (401, None)
    assert exchange.leaks == ("one of several Authorization headers",)


def test_a_body_that_does_not_come_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "_BODY_WITHIN", 0.01)
    (exchange,) = recorded(part(b"{", more=True)).exchanges()
    assert (exchange.status, exchange.leaks) == (200, ())


def test_the_first_answer_of_a_connection_takes_as_long_in_the_plain_run_as_over_a_network() -> None:
    (plain,) = graded("asks-me-alone", trials=()).runs
    # The event loop counts in whole milliseconds.
    assert plain.exchanges[0].ended - plain.exchanges[0].began > 0.048


def test_only_the_first_connections_are_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def answer(*_: Any) -> Any:
        pass

    async def ask(recorder: Recorder) -> None:
        for number in (*range(150), *range(150)):
            scope = {
                "type": "http",
                "method": "GET",
                "path": "/",
                "query_string": b"",
                "headers": [],
                CONNECTION: number,
            }
            await recorder(scope, answer, answer)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    asyncio.run(ask(Recorder(answer, MOCK.state.keys, 0.0, first_wait=60)))
    assert len(waits) == 100


class TestAFullRecord:
    @pytest.mark.parametrize("bound", ["MOST_REQUESTS", "MOST_BYTES"])
    def test_the_first_requests_are_graded_and_the_others_counted(
        self, bound: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (whole,) = graded(REPEATS, trials=()).runs
        kept = len(whole.exchanges) - 1
        most = {"MOST_REQUESTS": kept, "MOST_BYTES": sum(len(each.body) for each in whole.exchanges[:kept])}
        monkeypatch.setattr(recording, bound, most[bound])
        grade = graded(REPEATS, trials=())
        (run,) = grade.runs
        told: Any = document(grade)["runs"]
        assert 0 < run.unrecorded == len(whole.exchanges) - len(run.exchanges) == told[0]["notGraded"]
        assert f" and {run.unrecorded} more that are not graded" in run_ending(run)

    def test_what_hammers_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(recording, "MOST_REQUESTS", 5)
        grade = graded(REPEATS, trials=())
        assert grade.runs[0].unrecorded > 0
        assert [ruling.requirement.id for ruling in grade.broken] == ["COST-1"]

    def test_what_may_have_come_later_is_not_missed(self) -> None:
        plain = Story().page(CONTACTS, 50, "abc").page(f"{CONTACTS}?cursor=abc", 50).run()
        refused = Story().refused(CONTACTS)
        failed = Story("server-errors", plain).ask(CONTACTS, 500, mark="server-error")
        begun = Story("small-pages", plain).page(CONTACTS, 50, "abc")
        open_ = Story("sparse-data", plain).page(CONTACTS, 50, "abc")
        stories = {"PACE-2": refused, "FAIL-2": failed, "WALK-3": begun, "OPEN-1": open_}
        for requirement, story in stories.items():
            assert story.judged(requirement).status == "broken", requirement
            assert story.judged(requirement, unrecorded=1).status != "broken", requirement
