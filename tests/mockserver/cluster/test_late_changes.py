"""A process that joins late performs the earlier changes, and has the same time afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from mockserver.api.response import Response
from mockserver.cluster.replay import Change
from tests.support.mock_client import START, new_mock

CALLS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "advance": ("POST", "/_mock/clock", {"advance": 90}),
    "set": ("POST", "/_mock/clock", {"set": START - 3_600}),
    "freeze": ("POST", "/_mock/clock", {"freeze": True}),
    "resume": ("POST", "/_mock/clock", {"resume": True}),
}
LATE = 300.0


@pytest.mark.parametrize(
    "names",
    [
        ("resume",),
        ("resume", "freeze", "resume"),
        ("resume", "set", "advance"),
        ("set", "resume", "advance", "freeze"),
        ("resume", "freeze", "set", "advance", "resume"),
        ("load running",),
        ("resume", "load stopped", "resume"),
    ],
    ids=", ".join,
)
def test_the_clock_shows_the_same(monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]) -> None:
    real = START
    monkeypatch.setattr("mockserver.clock.time", SimpleNamespace(time=lambda: real))
    first, late = new_mock(contacts=3), new_mock(contacts=3)
    changes: list[Change] = []

    async def perform(change: Change) -> Response:
        changes.append(change)
        return await first.control.perform(change)

    async def story() -> None:
        nonlocal real
        monkeypatch.setattr(first.control, "changes", SimpleNamespace(perform=perform))
        _, state = await first.control.call(first.world, "GET", "/_mock/state")
        for name in names:
            real += 7
            clock = {"now": START + 500, "frozen": name == "load stopped"}
            call = CALLS.get(name, ("PUT", "/_mock/state", {**state, "clock": clock}))
            status, answer = await first.control.call(first.world, *call)
            assert status == 200, answer
        real += LATE
        for change in changes:
            await late.control.perform(change)
        assert late.state.clock.now() == pytest.approx(first.state.clock.now(), abs=0.001)
        assert late.state.clock.running == pytest.approx(first.state.clock.running, abs=0.001)

    asyncio.run(story())
