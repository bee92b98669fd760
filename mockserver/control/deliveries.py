"""The log of deliveries, waited for, and deliveries made again: as they were, or as no receiver should take them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from mockserver.control.bodies import Redelivery
from mockserver.control.call import Call, Handler, conflict, missing
from mockserver.control.delivery_facts import described
from mockserver.webhooks.delivery import Delivery

_TICK = 0.02
"""Real seconds after which a call that waits looks again."""


def _list(call: Call) -> Mapping[str, Any] | Awaitable[Mapping[str, Any]]:
    seconds = call.query.get("wait", 0)
    return _wait(call, seconds) if seconds else _page(call, _matching(call))


async def _wait(call: Call, seconds: float) -> Mapping[str, Any]:
    """Answer once enough deliveries match, or the time is over, whichever comes first."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while len(found := _matching(call)) < call.query.get("count", 1) and loop.time() < until:
        await asyncio.sleep(_TICK)
    return _page(call, found)


def _page(call: Call, found: Sequence[Delivery]) -> Mapping[str, Any]:
    return {"data": [described(delivery, call.state.webhooks) for delivery in found]}


def _matching(call: Call) -> Sequence[Delivery]:
    """The deliveries that all filters ask for, the newest first."""
    asked = call.query
    return [
        delivery
        for delivery in reversed(call.state.webhooks.log)
        if asked.get("endpoint") in (None, delivery.endpoint_id)
        and asked.get("state") in (None, delivery.state)
        and asked.get("event") in (None, delivery.event["id"])
        and asked.get("eventType") in (None, delivery.event["eventType"])
    ]


def _get(call: Call) -> Mapping[str, Any]:
    for delivery in call.state.webhooks.log:
        if delivery.id == call.path["id"]:
            return described(delivery, call.state.webhooks)
    raise missing("delivery")


def _redeliver(call: Call) -> Mapping[str, Any]:
    try:
        delivery = call.state.webhooks.redeliver(call.path["id"], call.read(Redelivery).form)
    except KeyError:
        raise missing("delivery") from None
    except ValueError as error:
        raise conflict(f"{error}.".capitalize()) from error
    return described(delivery, call.state.webhooks)


HANDLERS: Mapping[str, Handler] = {"listDeliveries": _list, "getDelivery": _get, "redeliver": _redeliver}
