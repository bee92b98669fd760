"""Worlds, switches and the request log: what changes while a mock runs, and leaves no trace."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from mockserver.api.keys import ApiKey
from mockserver.app import Mock
from mockserver.modifications.condition import Condition
from mockserver.modifications.faults import named
from mockserver.worlds.request_log import KEPT, KEPT_BYTES, Entry
from mockserver.worlds.world import World
from mockserver.worlds.worlds import MOST, Worlds
from spec import contract
from tests.support.mock_client import FULL, KEYS, NEIGHBOUR, START, Client, Response, new_mock

ME = contract().operations["getMe"].path
CONTACTS = contract().operations["listContacts"].path


def first_key(world: World) -> ApiKey:
    return next(iter(world.state.keys))


def entries(mock: Mock) -> list[Entry]:
    return list(mock.world.request_log)


class TestWorlds:
    def test_a_copy_answers_under_its_own_address_as_the_first_does(self) -> None:
        mock = new_mock()
        world_id, world = mock.worlds.add()
        inside = Client(mock, first_key(world)).get(f"/_worlds/{world_id}{CONTACTS}")
        assert inside.body == Client(mock, FULL).get(CONTACTS).body

    def test_what_happens_in_a_copy_stays_there(self) -> None:
        mock = new_mock(rate_limited=True)
        world_id, world = mock.worlds.add()
        client = Client(mock, FULL)
        world.state.clock.advance(60)
        world.state.tenants[FULL.organization_id].add_contact(START, lastName="Elsewhere")
        world.switch_on(named("default-of-49"))
        statuses = {Client(mock, first_key(world)).get(f"/_worlds/{world_id}{ME}").status for _ in range(130)}
        assert statuses == {200, 429}
        assert client.get(ME).status == 200
        assert mock.state.clock.now() == START
        assert len(client.get(CONTACTS).json["data"]) == contract().page_size.default
        assert len(mock.state.tenants[FULL.organization_id].contacts) == 60
        assert len(entries(mock)) == 2

    def test_an_unknown_world_is_a_problem(self) -> None:
        answer = Client(new_mock(), FULL).get(f"/_worlds/wld_unknown{ME}")
        assert answer.status == 404
        assert answer.json["detail"] == "There is no world with this id."

    def test_there_is_an_end_to_worlds(self) -> None:
        mock = new_mock(contacts=0)
        for _ in range(MOST):
            mock.worlds.add()
        with pytest.raises(ValueError, match="drop one"):
            mock.worlds.add()

    def test_keys_and_new_ids_are_those_of_one_world_alone(self) -> None:
        mock = new_mock(contacts=3)
        worlds = [mock.world, mock.worlds.add()[1], mock.worlds.add()[1]]
        seen: list[str] = []
        for world in worlds:
            (organization, tenant), *_ = world.state.tenants.items()
            endpoint = world.state.webhooks.register(organization, "http://127.0.0.1:9/")
            seen += [endpoint.id, endpoint.secret, tenant.add_contact(START)["id"]]
            seen += [text for key in world.state.keys for text in (key.id, key.secret)]
        assert len(set(seen)) == len(seen)

    def test_a_reset_of_a_world_keeps_its_keys(self) -> None:
        mock = new_mock(contacts=3)
        _, world = mock.worlds.add()
        key = first_key(world)
        world.reset()
        assert first_key(world).secret == key.secret

    def test_one_that_nobody_uses_expires(self) -> None:
        now = [0.0]
        worlds = Worlds(new_mock(contacts=0).world, lambda: now[0])
        used, left = (worlds.add(time_to_live=60)[0] for _ in range(2))
        now[0] = 40.0
        worlds.use(used)
        now[0] = 70.0
        worlds.expire()
        assert (list(worlds.copies), worlds.find(left)) == ([used], None)

    def test_a_reset_begins_again(self) -> None:
        mock = new_mock()
        client = Client(mock, FULL)
        before = client.get(CONTACTS).body
        mock.state.tenants[FULL.organization_id].add_contact(START, lastName="New")
        mock.world.switch_on(named("default-of-49"))
        mock.world.reset()
        assert client.get(CONTACTS).body == before


class TestSwitches:
    def short(self, answer: Response) -> bool:
        return len(answer.json["data"]) == 49

    def test_a_fault_comes_and_goes(self) -> None:
        mock = new_mock()
        client = Client(mock, FULL)
        switch = mock.world.switch_on(named("default-of-49"))
        assert self.short(client.get(CONTACTS))
        assert mock.world.switch_off(switch.id)
        assert not mock.world.switch_off(switch.id)
        assert not self.short(client.get(CONTACTS))

    def test_it_applies_to_one_key_alone(self) -> None:
        mock = new_mock()
        mock.world.switch_on(named("default-of-49").when(Condition(key=FULL.id)))
        other = KEYS["primary"][1]
        assert [self.short(Client(mock, key).get(CONTACTS)) for key in (FULL, other, NEIGHBOUR)] == [True, False, False]

    def test_it_applies_to_one_operation_alone(self) -> None:
        mock = new_mock(contacts=200)
        mock.world.switch_on(named("default-of-49").when(Condition(operation="listEvents")))
        client = Client(mock, FULL)
        assert not self.short(client.get(CONTACTS))
        assert self.short(client.get(contract().operations["listEvents"].path))

    def test_it_applies_to_the_next_requests_alone(self) -> None:
        mock = new_mock()
        mock.world.switch_on(named("default-of-49").when(Condition(operation="listContacts", requests=2)))
        client = Client(mock, FULL)
        client.get(ME)
        assert [self.short(client.get(CONTACTS)) for _ in range(4)] == [True, True, False, False]

    def test_a_fault_of_webhooks_applies_to_deliveries(self) -> None:
        mock = new_mock()
        original = mock.state.webhooks.steps.timestamp(START)
        switch = mock.world.switch_on(named("timestamp-in-milliseconds"))
        assert mock.state.webhooks.steps.timestamp(START) != original
        mock.world.switch_off(switch.id)
        assert mock.state.webhooks.steps.timestamp(START) == original


class TestJournal:
    def test_a_request_is_written_down_with_its_answer(self) -> None:
        mock = new_mock()
        answer = Client(mock, FULL).get(f"{CONTACTS}?limit=2")
        (entry,) = entries(mock)
        assert (entry.number, entry.method, entry.path, entry.query) == (1, "GET", CONTACTS.encode(), b"limit=2")
        assert (entry.status, entry.body, entry.size, entry.complete) == (200, answer.body, len(answer.body), True)
        assert entry.key == FULL
        assert entry.problem is None

    @pytest.mark.parametrize(
        ("target", "slug"),
        [
            ("/api/v1/nothing", "not-found"),
            (f"{CONTACTS}?limit=x", "invalid-parameter"),
            (f"{CONTACTS}?cursor=x", "invalid-cursor"),
        ],
    )
    def test_a_refusal_is_written_down_with_its_reason(self, target: str, slug: str) -> None:
        mock = new_mock()
        Client(mock, FULL).get(target)
        problem = entries(mock)[0].problem
        assert problem is not None
        assert problem.kind.slug == slug

    def test_a_spent_key_is_written_down_too(self) -> None:
        mock = new_mock(rate_limited=True)
        client = Client(mock, FULL)
        while client.get(ME).status == 200:
            pass
        last = entries(mock)[-1]
        assert last.problem is not None
        assert (last.key, last.problem.kind.slug) == (FULL, "rate-limit-exceeded")

    def test_it_is_bounded_in_entries_and_bytes(self) -> None:
        mock = new_mock()
        client = Client(mock, FULL)
        for _ in range(KEPT + 50):
            client.get(f"{CONTACTS}?limit=60")
        kept = entries(mock)
        assert [entry.number for entry in kept] == list(range(51, KEPT + 51))
        assert 0 < sum(len(entry.body or b"") for entry in kept) <= KEPT_BYTES
        assert kept[-1].body
        assert json.loads(kept[-1].body)
        assert kept[0].body is None

    def test_who_waits_is_told_of_the_next_entry(self) -> None:
        mock = new_mock()

        async def wait() -> int:
            waiting = asyncio.ensure_future(mock.world.request_log.change(5))
            await asyncio.sleep(0)
            await Client(mock, FULL)._exchange(scope, b"")
            await waiting
            return len(mock.world.request_log)

        scope: dict[str, Any] = {
            "type": "http",
            "method": "GET",
            "path": ME,
            "query_string": b"",
            "headers": [],
            "client": None,
        }
        assert asyncio.run(wait()) == 1
