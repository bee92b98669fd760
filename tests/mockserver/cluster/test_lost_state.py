"""A Redis server is gone, hangs, was emptied, or has unreadable data: the mock logs this once, and does not wait."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
import redis

from mockserver.api.response import Response
from mockserver.app import Mock
from mockserver.cluster.changes import _STREAM, Changes
from mockserver.cluster.errors import SharingError
from mockserver.cluster.membership import Membership
from mockserver.cluster.reach import QUICK, Reach
from mockserver.cluster.replay import Change
from tests.support.mock_client import FULL, START, Client, new_mock, path_of
from tests.support.redis_server import redis_server
from tests.support.waiting import until


@pytest.fixture
def member(server: str) -> Membership:
    """The one member of a state that began just now."""
    membership = Membership(server)
    membership.join({}, START)
    return membership


def test_the_url_says_how_long_a_slow_server_is_waited_for() -> None:
    waits = [
        Reach(f"redis://127.0.0.1:1/0{query}").server.get_connection_kwargs() for query in ("", "?socket_timeout=5")
    ]
    assert [each["socket_timeout"] for each in waits] == [QUICK, 5]


def sharing_mock(folder: Path) -> tuple[Mock, Any]:
    """A mock whose Redis server has ended."""
    folder.mkdir()
    with redis_server(folder) as url:
        membership = Membership(url)
        membership.join({}, START)
        mock = new_mock(sharing=membership, rate_limited=True)
        assert Client(mock, FULL).get(path_of("getMe")).status == 200
    return mock, membership


def test_without_the_server_the_api_is_unavailable_and_tells_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mock, _ = sharing_mock(tmp_path / "redis")
    client = Client(mock, FULL)
    answers = [client.get(path_of("getMe")) for _ in range(3)]
    assert [answer.status for answer in answers] == [503] * 3
    assert answers[0].headers["content-type"] == "application/problem+json"
    assert answers[0].headers["retry-after"] == "1"
    assert answers[0].json["detail"].startswith("The shared state cannot be reached: ")
    assert client.get(f"/_mock/keys/{FULL.id}").status == 503
    (told,) = caplog.records
    assert (told.levelno, told.exc_info, "\n" in told.getMessage()) == (logging.ERROR, None, False)


def test_once_it_does_not_answer_nobody_waits_for_it(member: Membership) -> None:
    asked: list[int] = []

    def hangs(_server: Any) -> None:
        asked.append(1)
        raise redis.TimeoutError

    for _ in range(3):
        with pytest.raises(Exception, match="cannot be reached: TimeoutError"):
            member.reach(hangs)
    assert len(asked) == 1
    member.beat()
    assert member.reach(lambda server: server.ping())


def test_a_state_that_is_gone_is_told_once_and_nobody_joins_what_is_left(
    member: Membership, server: str, caplog: pytest.LogCaptureFixture
) -> None:
    with redis.Redis.from_url(server) as client:
        client.flushall()
    member.beat()
    member.beat()
    (told,) = caplog.records
    assert "the limits of all keys begin anew" in told.getMessage()
    with pytest.raises(SharingError, match="was lost; restart them all"):
        Membership(server).join({}, START)


def change(operation: str) -> Change:
    return Change(operation, world="", path={}, query={}, body={}, base_url="", now=START, running=START)


def test_what_cannot_be_read_or_performed_is_skipped_and_told(
    member: Membership, server: str, caplog: pytest.LogCaptureFixture
) -> None:
    performed: list[str] = []

    async def apply(change: Change) -> Response:
        if change.operation == "bad":
            raise KeyError(change.operation)
        performed.append(change.operation)
        return Response(200, b"", b"")

    async def story() -> None:
        changes = Changes(member, apply)
        running = asyncio.create_task(changes.run())
        with redis.Redis.from_url(server) as client:
            for fields in ({"x": "y"}, {"token": b"\xff", "change": b"\xff"}):
                client.xadd(_STREAM, fields)
        with pytest.raises(Exception, match=r"the change cannot be performed \(KeyError: 'bad'\)"):
            await changes.perform(change("bad"))
        await changes.perform(change("good"))
        await until(lambda: performed)
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(story())
    assert performed == ["good"]
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "A change to the shared state was skipped"
    ] * 3
