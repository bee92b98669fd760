"""The requests of `request_script` to which a modification makes a difference, found out in this process. By them the matrix
leaves out mutants whose condition changes no answer, and those whose condition changes nothing about the fault.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
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


_told: list[int] = []
"""Places in the script of requests that have shown a modification, the one that did so last first."""
_STEP = 31
"""Requests of the script that are so far apart differ in most ways."""
_LATEST, _NEAR = 4, 40


def shows(modification: Modification) -> bool:
    """Whether a modification, on for all requests, makes a difference to any of the script's.

    The requests are tried in an order that finds the difference early: those that have shown others, those near the latest of
    them, since modifications that are tried one after the other are often alike, then from all of the script. If none shows
    it, they are sent in the script's own order: some faults show in the second of two alike.
    """
    baseline = _baseline()
    spread = (place for start in range(_STEP) for place in range(start, len(baseline), _STEP))
    near = (place for told in _told[:_LATEST] for place in range(max(0, told - _NEAR), told + _NEAR))
    order = [place for place in dict.fromkeys([*_told, *near, *spread]) if place < len(baseline)]
    differing = asyncio.run(_differing(modification, [baseline[place] for place in order], most=1))
    for request in differing:
        place = next(place for place in order if baseline[place][0] is request)
        _told[:] = [place, *(other for other in _told if other != place)]
    return bool(differing) or bool(shown_in(modification))


def shown_in(modification: Modification) -> list[Request]:
    """The requests of the script to which a modification, on for all of them, makes a difference."""
    return asyncio.run(_differing(modification, _baseline(), most=len(_baseline())))


async def _differing(
    modification: Modification, expected: Iterable[tuple[Request, Answer]], most: int
) -> list[Request]:
    """The first requests with another answer than expected, at most that many."""
    world = _twin(modification)
    differing: list[Request] = []
    for request, answer in expected:
        if await _answer(world, request.scope) != answer:
            differing.append(request)
            if len(differing) == most:
                break
    return differing


def makes_another_of_it(condition: Condition, shown: Iterable[Request]) -> bool:
    """Whether a condition applies to some of the requests that show a fault, but not to all of them. `every` applies to all."""
    held = {condition.holds(request.scope, _mock().state) for request in shown}
    return held == {True, False} or (held == {True} and condition.every is not None)


@cache
def _mock() -> Mock:
    return new_mock(contacts=CONTACTS)


def _twin(*modifications: Modification) -> World:
    """A world that has the mock's data, time and keys, and serves its own copies of them, with modifications on."""
    world = _mock().world
    clock = world.state.clock.copy()
    tenants = {organization_id: tenant.copy("") for organization_id, tenant in world.state.tenants.items()}
    settings = replace(world.settings, modifications=modifications)
    state = State(clock, tenants, KeyRing(world.state.keys), settings.limiter("", clock), settings.webhooks(clock))
    for modification in modifications:
        modification.change_data(state)
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
