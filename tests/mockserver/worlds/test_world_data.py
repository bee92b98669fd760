"""The data of worlds: made while other requests are answered, shared by worlds with equal settings, and freed with them."""

from __future__ import annotations

import asyncio
import gc
from threading import Event
from typing import Any
from weakref import ref

import pytest

from mockserver.app import Settings
from mockserver.control.body import parse
from mockserver.tenants.tenant import Tenant
from mockserver.worlds.world import World
from mockserver.worlds.worlds import LARGEST_TEMPLATE, MOST_TEMPLATES, TEMPLATE_LIVES, Templates
from spec import contract
from tests.support.mock_client import FULL, START, Client, new_mock, scope_of

ME = contract().operations["getMe"].path


def test_the_data_of_a_world_that_is_reset_or_dropped_goes_without_garbage_collection() -> None:
    async def story() -> list[object]:
        mock = new_mock(contacts=3)
        gone = []
        for _ in range(2):
            gone += [ref(tenant) for tenant in mock.state.tenants.values()]
            await mock.control.call(mock.world, "POST", "/_mock/reset", {})
        _, made = await mock.control.call(mock.world, "POST", "/_mock/worlds", {"contacts": 5})
        gone += [ref(tenant) for tenant in mock.worlds.copies[made["id"]].state.tenants.values()]
        await mock.control.call(mock.world, "DELETE", f"/_mock/worlds/{made['id']}")
        return [tenant() for tenant in gone]

    collects = gc.isenabled()
    gc.disable()
    try:
        assert asyncio.run(story()) == [None] * 6
    finally:
        if collects:
            gc.enable()


def test_worlds_that_are_made_alike_are_made_once_an_hour() -> None:
    made: list[int] = []
    mock = new_mock(contacts=3, progress=lambda _done, of: made.append(of))

    async def add(contacts: int) -> World:
        _, answer = await mock.control.call(mock.world, "POST", "/_mock/worlds", {"contacts": contacts})
        return mock.worlds.copies[answer["id"]]

    async def story() -> None:
        one, other = await add(7), await add(7)
        next(iter(one.state.tenants.values())).add_contact(START)
        assert [len(world.state.tenants[FULL.organization_id].contacts) for world in (one, other)] == [8, 7]
        assert {key.secret for key in one.state.keys}.isdisjoint(key.secret for key in other.state.keys)
        await add(5)
        mock.state.clock.advance(TEMPLATE_LIVES)
        late = await add(7)
        assert late.state.clock.now() == START + TEMPLATE_LIVES

    made.clear()
    asyncio.run(story())
    assert made == [14, 10, 14]


@pytest.mark.parametrize("contacts", [LARGEST_TEMPLATE // 2, LARGEST_TEMPLATE])
def test_no_more_templates_are_kept_than_are_to_be(contacts: int) -> None:
    templates = Templates()
    worlds = [new_mock(contacts=1).world for _ in range(MOST_TEMPLATES + 1)]
    asked = [Settings(seed=number, contacts=contacts) for number in range(len(worlds))]
    for world, settings in zip(worlds, asked, strict=True):
        templates.keep(world, settings, START)
    kept = [templates.find(settings, START) is world for world, settings in zip(worlds, asked, strict=True)]
    assert kept == [False, *[contacts < LARGEST_TEMPLATE] * MOST_TEMPLATES]
    emptied = [len(world.state.tenants[FULL.organization_id].contacts) == 0 for world in worlds]
    assert emptied == [not each for each in kept]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("reset", {"contacts": 7}),
        ("worlds", {"contacts": 7}),
    ],
)
def test_requests_are_answered_while_data_is_made(path: str, body: dict[str, int]) -> None:
    answered, waited = Event(), []

    def progress(_done: int, of: int) -> None:
        if of == 2 * 7:
            waited.append(answered.wait(30))

    async def story() -> int:
        mock = new_mock(contacts=3, progress=progress)
        made = asyncio.create_task(mock.control.call(mock.world, "POST", f"/_mock/{path}", body))
        await asyncio.sleep(0)
        scope = scope_of("GET", ME.encode(), [(b"authorization", f"Bearer {FULL.secret}".encode())])
        answer = await Client(mock)._exchange(scope, b"")
        answered.set()
        status, _ = await made
        assert status < 300
        return answer.status

    assert asyncio.run(story()) == 200
    assert waited
    assert all(waited), "the data was made before the request was answered"


@pytest.mark.parametrize("slow", ["mockserver.tenants.tenant.Tenant.load", "mockserver.control.body.parse"])
def test_requests_are_answered_while_a_state_is_loaded(slow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answered, waited = Event(), []
    name = slow.rpartition(".")[2]
    real: Any = {"load": Tenant.load, "parse": parse}[name]

    def patient(*arguments: object) -> object:
        waited.append(answered.wait(30))
        return real(*arguments)

    async def story() -> int:
        mock = new_mock(contacts=1_000)
        _, state = await mock.control.call(mock.world, "GET", "/_mock/state")
        monkeypatch.setattr(slow, patient)
        loaded = asyncio.create_task(mock.control.call(mock.world, "PUT", "/_mock/state", state))
        await asyncio.sleep(0)
        scope = scope_of("GET", ME.encode(), [(b"authorization", f"Bearer {FULL.secret}".encode())])
        answer = await Client(mock)._exchange(scope, b"")
        answered.set()
        status, _ = await loaded
        assert status == 200
        return answer.status

    assert asyncio.run(story()) == 200
    assert waited
    assert all(waited), "the state was loaded before the request was answered"
