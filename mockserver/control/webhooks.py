"""Webhook endpoints, and events on demand. A signing secret is shown once: when it is created."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.control.bodies import EndpointChanges, NewEndpoint, NewEvent
from mockserver.control.call import Call, Handler, bad_input, chosen, conflict, missing, of_asked
from mockserver.control.times import shown_time
from mockserver.webhooks.delivery import shortened
from mockserver.webhooks.endpoints import Endpoint
from mockserver.webhooks.events import check_documented, happen

MOST_ENDPOINTS = 1_000


def _register(call: Call) -> Mapping[str, object]:
    if len(list(call.state.webhooks.endpoints)) >= MOST_ENDPOINTS:
        raise conflict(f"There are {MOST_ENDPOINTS} endpoints already: remove one first.")
    body = call.read(NewEndpoint)
    organization = chosen(call, body.organization).organization
    try:
        return _with_secret(call.state.webhooks.register(organization.id, body.url))
    except ValueError as error:
        raise bad_input(f"url: {error}.") from error


def _list(call: Call) -> Mapping[str, object]:
    return {"data": [_shown(endpoint) for endpoint in of_asked(call, call.state.webhooks.endpoints)]}


def _get(call: Call) -> Mapping[str, object]:
    return _shown(_meant(call))


def _patch(call: Call) -> Mapping[str, object]:
    return _shown(call.state.webhooks.endpoints.enable(_meant(call).id, call.read(EndpointChanges).enabled))


def _delete(call: Call) -> None:
    call.state.webhooks.endpoints.remove(_meant(call).id)


def _rotate(call: Call) -> Mapping[str, object]:
    return _with_secret(call.state.webhooks.rotate(_meant(call).id))


def _happen(call: Call) -> Mapping[str, object]:
    body = call.read(NewEvent)
    tenant = chosen(call, body.organization)
    try:
        if body.event_type and not body.undocumented:
            check_documented(body.event_type)
        event = happen(tenant, call.now, body.event_type, body.data, body.resource_id)
    except ValueError as error:
        raise bad_input(f"{error}.") from error
    deliveries = call.state.webhooks.publish(tenant.organization.id, event)
    return {**event, "deliveries": [delivery.id for delivery in deliveries]}


def _meant(call: Call) -> Endpoint:
    endpoint = call.state.webhooks.endpoints.get(call.path["id"])
    if endpoint is None:
        raise missing("endpoint")
    return endpoint


def _with_secret(endpoint: Endpoint) -> Mapping[str, object]:
    return {**_shown(endpoint), "secret": endpoint.secret}


def _shown(endpoint: Endpoint) -> Mapping[str, object]:
    return {
        "id": endpoint.id,
        "organization": endpoint.organization_id,
        "url": endpoint.url,
        "secretHint": shortened(endpoint.secret),
        "enabled": endpoint.enabled,
        "createdAt": shown_time(endpoint.created_at),
    }


HANDLERS: Mapping[str, Handler] = {
    "registerWebhook": _register,
    "listWebhooks": _list,
    "getWebhook": _get,
    "patchWebhook": _patch,
    "deleteWebhook": _delete,
    "rotateWebhook": _rotate,
    "makeEventHappen": _happen,
}
