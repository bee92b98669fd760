"""A slow endpoint does not delay deliveries to other endpoints, and delays its own no longer than necessary."""

from __future__ import annotations

import asyncio

from mockserver.clock import Clock
from mockserver.webhooks import waiting
from mockserver.webhooks.sending import Outgoing, Reply
from mockserver.webhooks.service import Webhooks
from tests.support.mock_client import START
from tests.support.waiting import until

SILENT, PROMPT = "org_silent", "org_prompt"
EVENT = {
    "id": "evt_1",
    "eventType": "contact.created",
    "resource": {"type": "contact", "id": "con_1"},
    "data": {},
    "createdAt": "2026-05-25T09:41:37.402Z",
}


async def answer(outgoing: Outgoing) -> Reply:
    """The answer of each endpoint; a `silent` one never answers."""
    if "silent" in outgoing.url:
        await asyncio.Event().wait()
    return Reply(200)


def webhooks() -> Webhooks:
    hooks = Webhooks(Clock(START))
    hooks.steps.transmit = answer
    hooks.register(SILENT, "http://127.0.0.1:9/silent")
    hooks.register(PROMPT, "http://127.0.0.1:9/prompt")
    return hooks


def test_a_silent_endpoint_keeps_no_other_waiting() -> None:
    async def story() -> None:
        hooks = webhooks()
        for _ in range(3 * waiting.AT_ONCE):
            hooks.publish(SILENT, EVENT)
        (delivery,) = hooks.publish(PROMPT, EVENT)
        await until(lambda: delivery.state == "delivered")
        states = [each.state for each in hooks.log if each.organization_id == SILENT]
        assert states.count("sending") == waiting.AT_ONCE
        hooks.close()

    asyncio.run(story())


def test_an_endpoint_with_too_many_deliveries_waiting_takes_no_room_from_another() -> None:
    async def story() -> None:
        hooks = webhooks()
        for _ in range(waiting.MOST_WAITING + 1):
            (last,) = hooks.publish(SILENT, EVENT)
        (delivery,) = hooks.publish(PROMPT, EVENT)
        assert (last.state, delivery.state) == ("given up", "waiting")
        hooks.close()

    asyncio.run(story())
