"""Mocks with hardships, and what clients of theirs get: pages, and deliveries that are made while the mock's clock runs on."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from mockserver.app import Mock
from mockserver.modifications import hardships
from mockserver.webhooks.events import happen
from mockserver.webhooks.sending import Outgoing, Reply
from mockserver.webhooks.signing import HEADER, digest
from spec import contract
from tests.support.mock_client import FULL, Client, new_mock

ME, CONTACTS, EVENTS = (contract().operations[name].path for name in ("getMe", "listContacts", "listEvents"))


def hard(name: str, **parameters: Any) -> Mock:
    """A mock with a hardship."""
    return new_mock(modifications=[hardships.made(name, parameters)])


def walked(mock: Mock, limit: int, filters: str = "", path: str = CONTACTS) -> list[list[Any]]:
    """The pages of a list, in order."""
    pages: list[list[Any]] = []
    cursor = ""
    while not pages or cursor:
        page = Client(mock, FULL).get(f"{path}?limit={limit}{filters}{cursor}").json
        pages.append(page["data"])
        cursor = page["nextCursor"] and f"&cursor={page['nextCursor']}"
        assert len(pages) < 500
    return pages


def sent_to_endpoints(mock: Mock, events: int) -> list[Outgoing]:
    """The requests of deliveries of some number of events, in the order in which they are made while the clock runs on."""
    sent: list[Outgoing] = []

    async def take(outgoing: Outgoing) -> Reply:
        sent.append(outgoing)
        return Reply(200)

    async def happen_all() -> None:
        hooks, state = mock.state.webhooks, mock.state
        hooks.steps.transmit = take
        hooks._news = asyncio.Event()  # of this loop
        hooks.register(FULL.organization_id, "http://127.0.0.1:1/hook")
        for _ in range(events):
            event = happen(state.tenants[FULL.organization_id], state.clock.now(), data={"note": "Zoë"})
            hooks.publish(FULL.organization_id, event)
            state.clock.advance(0.1)
        async with asyncio.timeout(60):
            while any(delivery.state in ("waiting", "sending") for delivery in hooks.log):
                await asyncio.sleep(0)
                state.clock.advance(0.05)
                hooks._news.set()

    asyncio.run(happen_all())
    return sent


def is_signed(mock: Mock, outgoing: Outgoing) -> bool:
    """Whether a receiver would believe it: signed, and not too old."""
    (endpoint,) = mock.state.webhooks.endpoints
    found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", outgoing.headers.get(HEADER, ""))
    if not found:
        return False
    fresh = abs(mock.state.clock.now() - int(found[1])) < 300
    return fresh and found[2] == digest(endpoint.secret, found[1], outgoing.body)
