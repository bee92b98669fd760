"""The requests of `request_script` to which a modification makes a difference, found out in this process. By them the matrix
leaves out mutants whose condition changes no answer, and those whose condition changes nothing about the fault.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from mockserver.api.keys import KeyRing
from mockserver.api.pipeline import State
from mockserver.app import Mock
from mockserver.modifications.condition import Condition
from mockserver.modifications.registry import Modification
from mockserver.worlds.world import World
from tests.support.mock_client import new_mock
from tests.support.request_script import CONTACTS, Request, script

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]


def shows(modification: Modification) -> bool:
    """Whether a modification, on for all requests, makes a difference to any of the script's."""
    return bool(_differing(modification, most=1))


def shown_in(modification: Modification) -> list[Request]:
    """The requests of the script to which a modification, on for all of them, makes a difference."""
    return _differing(modification, most=len(_baseline()))


def _differing(modification: Modification, most: int) -> list[Request]:
    """The first requests of the script with another answer, at most that many."""
    baseline = _baseline()
    if modification.on_state is not None:
        world = new_mock(contacts=CONTACTS, modifications=[modification]).world
    else:
        world = _twin()
        world.switch_on(modification)

    async def found() -> list[Request]:
        differing: list[Request] = []
        for request, expected in baseline:
            if await _answer(world, request.scope) != expected:
                differing.append(request)
                if len(differing) == most:
                    break
        return differing

    return asyncio.run(found())


def makes_another_of_it(condition: Condition, shown: Iterable[Request]) -> bool:
    """Whether a condition applies to some of the requests that show a fault, but not to all of them. `every` applies to all."""
    held = {condition.holds(request.scope, _mock().state) for request in shown}
    return held == {True, False} or (held == {True} and condition.every is not None)


@cache
def _mock() -> Mock:
    return new_mock(contacts=CONTACTS)


def _twin() -> World:
    """A world that has the mock's data, time and keys, and serves its own copies of them."""
    world = _mock().world
    clock = world.state.clock.copy()
    tenants = {organization_id: tenant.copy("") for organization_id, tenant in world.state.tenants.items()}
    settings = world.settings
    state = State(clock, tenants, KeyRing(world.state.keys), settings.limiter(""), settings.webhooks(clock))
    return World(settings, world._operations, state)


@cache
def _baseline() -> Sequence[tuple[Request, Answer]]:
    """The script with the unmodified mock's answers."""
    world = _twin()
    requests = list(script(_mock()))

    async def answered() -> list[tuple[Request, Answer]]:
        return [(request, await _answer(world, request.scope)) for request in requests]

    return asyncio.run(answered())


async def _answer(world: World, scope: dict[str, Any]) -> Answer:
    messages: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    await world.serve(dict(scope), receive, send)
    start, *rest = messages
    return start["status"], sorted(start["headers"]), b"".join(message.get("body", b"") for message in rest)
