"""The log of deliveries, and deliveries made again: as they were, or as no receiver should take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.control.call import Call, Handler, conflict, missing
from mockserver.webhooks.delivery import record


def _list(call: Call) -> Mapping[str, Any]:
    endpoint, state = call.query.get("endpoint"), call.query.get("state")
    found = (
        delivery
        for delivery in reversed(call.state.webhooks.log)
        if endpoint in (None, delivery.endpoint_id) and state in (None, delivery.state)
    )
    return {"data": [record(delivery) for delivery in found]}


def _get(call: Call) -> Mapping[str, Any]:
    for delivery in call.state.webhooks.log:
        if delivery.id == call.path["id"]:
            return record(delivery)
    raise missing("delivery")


def _redeliver(call: Call) -> Mapping[str, Any]:
    try:
        return record(call.state.webhooks.redeliver(call.path["id"], call.body.get("as", "sent")))
    except KeyError:
        raise missing("delivery") from None
    except ValueError as error:
        raise conflict(f"{error}.".capitalize()) from error


HANDLERS: Mapping[str, Handler] = {"listDeliveries": _list, "getDelivery": _get, "redeliver": _redeliver}
