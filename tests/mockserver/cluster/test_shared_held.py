"""Requests are held, seen and released over several processes that are one mock. With a real Redis server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from mockserver.app import Mock
from mockserver.cluster.membership import Membership
from mockserver.modifications.condition import ALL_REQUESTS, Condition
from mockserver.modifications.requested import requested
from tests.support import patient_http
from tests.support.console_client import Visitor
from tests.support.mock_client import FULL, Client, Response, new_mock, scope_of
from tests.support.warm_mocks import running

ONE = replace(ALL_REQUESTS, requests=1)


@pytest.fixture
def mocks(server: str) -> tuple[Mock, Mock]:
    """Two mocks that share a state; a test must make calls that change it to both."""
    members = [Membership(server) for _ in range(2)]
    for member in members:
        member.join({}, 0.0)
    return new_mock(contacts=3, sharing=members[0]), new_mock(contacts=3, sharing=members[1])


def hold(mocks: tuple[Mock, Mock], condition: Condition) -> str:
    """Hold requests in both mocks, and return the hold's id, which is the same in both."""
    first, second = (mock.world.held.on(condition).id for mock in mocks)
    assert first == second
    return first


def asked(mock: Mock, target: str = "/api/v1/me") -> asyncio.Task[Response]:
    """A request under way in this event loop."""
    scope = scope_of("GET", target.encode(), [(b"authorization", f"Bearer {FULL.secret}".encode())])
    return asyncio.ensure_future(Client(mock)._exchange(scope, b""))


async def seen(mock: Mock, count: int) -> list[str]:
    """The ids of the held requests that a mock sees; waits until there are this many."""
    while len(mock.world.held.waiting()) != count:
        await asyncio.sleep(0)
    return [request.id for request in mock.world.held.waiting()]


def told(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), 30))


def test_one_process_releases_what_another_holds(mocks: tuple[Mock, Mock]) -> None:
    async def story() -> None:
        hold(mocks, ALL_REQUESTS)
        requests = [asked(mocks[0]), asked(mocks[1]), asked(mocks[0])]
        ids = await seen(mocks[1], 3)
        assert mocks[1].world.held.release(ids[0]) is not None
        assert (await requests[0]).status == 200
        assert await seen(mocks[0], 2) == ids[1:]
        for name in ids[1:]:
            mocks[0].world.held.release(name)
        assert [(await request).status for request in requests] == [200, 200, 200]

    told(story)


def test_a_request_is_released_once(mocks: tuple[Mock, Mock]) -> None:
    async def story() -> None:
        hold(mocks, ALL_REQUESTS)
        request = asked(mocks[0])
        (name,) = await seen(mocks[1], 1)
        assert mocks[1].world.held.release(name) is not None
        assert mocks[0].world.held.release(name) is None
        assert (await request).status == 200

    told(story)


def test_a_number_of_requests_is_held_over_all(mocks: tuple[Mock, Mock]) -> None:
    async def story() -> None:
        hold(mocks, ONE)
        held = asked(mocks[0])
        (name,) = await seen(mocks[1], 1)
        assert (await asked(mocks[1])).status == 200
        mocks[1].world.held.release(name)
        assert (await held).status == 200

    told(story)


def test_each_process_shows_what_is_left_over_all(mocks: tuple[Mock, Mock]) -> None:
    for mock in mocks:
        mock.world.switch_on(requested("fault", "default-of-49@requests=3"))
        mock.world.held.on(replace(ALL_REQUESTS, operation="getContact", requests=2))
    unknown = "/api/v1/contacts/unknown"

    async def left(mock: Mock) -> list[object]:
        _, answer = await mock.control.call(mock.world, "GET", "/_mock/switches")
        return [switch["left"] for switch in answer["data"]]

    async def story() -> None:
        assert (await asked(mocks[0])).status == 200
        held = asked(mocks[0], unknown)
        (name,) = await seen(mocks[0], 1)
        assert [await left(mock) for mock in mocks] == [[2, 1], [2, 1]]
        mocks[1].world.held.release(name)
        assert (await held).status == 404
        assert [await left(mock) for mock in mocks] == [[1, 1], [1, 1]]

    told(story)
    assert all(b"1 requests left" in Visitor(mock).get("").body for mock in mocks)


def meant_in_turns(mocks: tuple[Mock, Mock], requests: int) -> list[int]:
    """The numbers of the requests to which a switch applies; the mocks get requests in turn."""
    scope = scope_of("GET", b"/api/v1/me", [])
    return [number for number in range(1, requests + 1) if mocks[number % 2].world.switches.take(scope)]


def test_each_nth_request_is_counted_over_all(mocks: tuple[Mock, Mock]) -> None:
    for mock in mocks:
        mock.world.switch_on(requested("fault", "default-of-49@every=3"))
    assert meant_in_turns(mocks, 9) == [3, 6, 9]


def test_each_process_counts_for_itself_while_the_server_cannot_be_reached(mocks: tuple[Mock, Mock]) -> None:
    for mock in mocks:
        mock.world.switch_on(requested("fault", "default-of-49@every=3"))
        assert mock.world.settings.sharing is not None
        mock.world.settings.sharing.reach.fails(redis.ConnectionError("gone"))
    assert meant_in_turns(mocks, 6) == [5, 6]


def test_what_is_switched_off_leaves_no_entry(mocks: tuple[Mock, Mock]) -> None:
    async def story() -> None:
        name = hold(mocks, ALL_REQUESTS)
        requests = [asked(mock) for mock in mocks]
        await seen(mocks[0], 2)
        for mock in mocks:
            mock.world.held.off(name)
        assert [(await request).status for request in requests] == [200, 200]
        assert await seen(mocks[0], 0) == []

    told(story)


def test_what_a_process_held_that_is_gone_is_not_shown(mocks: tuple[Mock, Mock]) -> None:
    async def story() -> None:
        hold(mocks, ALL_REQUESTS)
        request = asked(mocks[0])
        await seen(mocks[1], 1)
        assert mocks[0].world.settings.sharing is not None
        mocks[0].world.settings.sharing.leave()
        assert await seen(mocks[1], 0) == []
        request.cancel()

    told(story)


def test_what_is_held_goes_on_when_the_server_is_emptied(mocks: tuple[Mock, Mock], server: str) -> None:
    async def story() -> None:
        hold(mocks, ALL_REQUESTS)
        request = asked(mocks[0])
        await seen(mocks[0], 1)
        with redis.Redis.from_url(server) as client:
            client.flushall()
        assert (await request).status == 200

    told(story)


def test_nothing_is_held_while_the_server_cannot_be_reached(mocks: tuple[Mock, Mock]) -> None:
    async def story() -> None:
        hold(mocks, ALL_REQUESTS)
        held = asked(mocks[0])
        await seen(mocks[0], 1)
        assert mocks[0].world.settings.sharing is not None
        mocks[0].world.settings.sharing.reach.fails(redis.ConnectionError("gone"))
        assert (await held).status == 200
        assert (await asked(mocks[0])).status == 200

    told(story)


def test_workers_hold_and_release_over_the_wire(server: str, tmp_path: Path) -> None:
    with running(tmp_path, "--state", server, "--workers", "2") as mock, ThreadPoolExecutor(4) as pool:
        switch = patient_http.post(f"{mock.url}/_mock/switches", json={"hold": True, "operation": "getMe"}).json()
        headers = {"authorization": f"Bearer {mock.key}"}
        requests = [pool.submit(patient_http.get, f"{mock.url}/api/v1/me", headers=headers) for _ in range(4)]
        held = patient_http.get(f"{mock.url}/_mock/held?wait=30&count=4").json()["data"]
        for each in held[:2]:
            assert patient_http.post(f"{mock.url}/_mock/held/{each['id']}/release").json() == each
        assert patient_http.delete(f"{mock.url}/_mock/switches/{switch['id']}").status_code == 204
        assert [request.result().status_code for request in requests] == [200] * 4
        assert patient_http.get(f"{mock.url}/_mock/held").json()["data"] == []
