"""The log of deliveries, waits for deliveries, and redeliveries: unchanged, or in a form that receivers must refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from mockserver.control.bodies import Redelivery
from mockserver.control.call import Call, Handler, conflict, missing
from mockserver.control.delivery_facts import described
from mockserver.control.queries import DeliveryFilters
from mockserver.webhooks.delivery import Delivery

_TICK = 0.02
"""Real seconds after which a waiting call checks again."""


def _list(call: Call) -> object:
    asked = call.asked(DeliveryFilters)
    return _wait(call, asked) if asked.wait else _page(call, _matching(call, asked))


async def _wait(call: Call, asked: DeliveryFilters) -> Mapping[str, object]:
    """Answer when enough deliveries match, or when the time is over."""
    loop = asyncio.get_running_loop()
    until = loop.time() + asked.wait
    while len(found := _matching(call, asked)) < asked.count and loop.time() < until:
        await asyncio.sleep(_TICK)
    return _page(call, found)


def _page(call: Call, found: Sequence[Delivery]) -> Mapping[str, object]:
    return {"data": [described(delivery, call.state.webhooks) for delivery in found]}


def _matching(call: Call, asked: DeliveryFilters) -> Sequence[Delivery]:
    """The deliveries that match all filters, the newest first."""
    return [
        delivery
        for delivery in reversed(call.state.webhooks.log)
        if asked.endpoint in (None, delivery.endpoint_id)
        and asked.state in (None, delivery.state)
        and asked.event in (None, delivery.event["id"])
        and asked.event_type in (None, delivery.event["eventType"])
    ]


def _get(call: Call) -> Mapping[str, object]:
    for delivery in call.state.webhooks.log:
        if delivery.id == call.path["id"]:
            return described(delivery, call.state.webhooks)
    raise missing("delivery")


def _redeliver(call: Call) -> Mapping[str, object]:
    try:
        delivery = call.state.webhooks.redeliver(call.path["id"], call.read(Redelivery).form)
    except KeyError:
        raise missing("delivery") from None
    except ValueError as error:
        raise conflict(f"{error}.".capitalize()) from error
    return described(delivery, call.state.webhooks)


HANDLERS: Mapping[str, Handler] = {"listDeliveries": _list, "getDelivery": _get, "redeliver": _redeliver}
