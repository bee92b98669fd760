"""Webhook endpoints, events that happen on demand, and the log of deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mockserver.clock import utc
from mockserver.control.contacts import chosen
from mockserver.control.route import BadInput, Route
from mockserver.webhooks.delivery import record, shortened
from mockserver.webhooks.endpoints import Endpoint
from mockserver.webhooks.happening import happen

if TYPE_CHECKING:
    from mockserver.parts import Parts

Body = Mapping[str, Any]


def _register(parts: Parts, body: Body) -> Body:
    try:
        endpoint = parts.webhooks.register(chosen(parts, body).organization.id, _text(body, "url"))
    except ValueError as error:
        raise BadInput(str(error)) from error
    return {**_shown(endpoint), "signingSecret": endpoint.secret}


def _endpoints(parts: Parts, _body: Body) -> Body:
    return {"data": [_shown(endpoint) for endpoint in parts.webhooks.endpoints]}


def _remove(parts: Parts, body: Body) -> Body:
    return {"removed": parts.webhooks.endpoints.remove(_text(body, "id"))}


def _rotate(parts: Parts, body: Body) -> Body:
    try:
        endpoint = parts.webhooks.rotate(_text(body, "id"))
    except KeyError:
        raise BadInput("no endpoint has that id") from None
    return {**_shown(endpoint), "signingSecret": endpoint.secret}


def _happen(parts: Parts, body: Body) -> Body:
    tenant = chosen(parts, body)
    event_type, data = body.get("eventType"), body.get("data")
    if not (event_type is None or isinstance(event_type, str)):
        raise BadInput("eventType must be a string")
    if not (data is None or isinstance(data, dict)):
        raise BadInput("data must be an object")
    try:
        event = happen(tenant, parts.clock.now(), event_type, data)
    except ValueError as error:
        raise BadInput(str(error)) from error
    deliveries = parts.webhooks.publish(tenant.organization.id, event)
    return {**event, "deliveries": [delivery.id for delivery in deliveries]}


def _log(parts: Parts, _body: Body) -> Body:
    return {"data": [record(delivery) for delivery in reversed(parts.webhooks.log)]}


def _redeliver(parts: Parts, body: Body) -> Body:
    try:
        return record(parts.webhooks.redeliver(_text(body, "id")))
    except KeyError:
        raise BadInput("no delivery of the log has that id") from None
    except ValueError as error:
        raise BadInput(str(error)) from error


def _shown(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "organization": endpoint.organization_id,
        "url": endpoint.url,
        "secret": shortened(endpoint.secret),
        "enabled": endpoint.enabled,
        "createdAt": utc(int(endpoint.created_at * 1000)),
    }


def _text(body: Body, member: str) -> str:
    value = body.get(member)
    if not isinstance(value, str) or not value:
        raise BadInput(f"{member} must be a string that is not empty")
    return value


ROUTES = (
    Route("GET", "/_mock/webhooks", _endpoints),
    Route("POST", "/_mock/webhooks", _register),
    Route("DELETE", "/_mock/webhooks", _remove),
    Route("POST", "/_mock/webhooks/rotate", _rotate),
    Route("POST", "/_mock/events", _happen),
    Route("GET", "/_mock/deliveries", _log),
    Route("POST", "/_mock/deliveries/redeliver", _redeliver),
)
