"""Webhook endpoints, test events, and deliveries with their attempts, sent once more as they were, tampered with or stale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.responses import Response

from mockserver.console.notices import Notice
from mockserver.console.visit import Context, Gone, Route, Visit, objection
from mockserver.control.delivery_facts import described, done_to, wrong_verdict
from mockserver.webhooks.delivery import shortened
from mockserver.webhooks.events import EVENT_TYPES

if TYPE_CHECKING:
    from mockserver.webhooks.delivery import Delivery

PATH = "/integrations/webhooks"
SHOWN = 50
"""The number of deliveries on the page, the newest."""


async def _show(visit: Visit) -> Response:
    return _page(visit)


async def _rows(visit: Visit) -> Response:
    return visit.fragment("deliveries.html", **_deliveries(visit))


async def _register(visit: Visit) -> Response:
    body = {"organization": visit.tenant.organization.id, "url": visit.form.text("url")}
    return await _with_secret(visit, "/_mock/webhooks", body, "The endpoint is registered.")


async def _rotate(visit: Visit) -> Response:
    path = f"/_mock/webhooks/{visit.parameters['id']}/rotate"
    return await _with_secret(visit, path, None, "The endpoint has a new secret; the old one signs too for a day.")


async def _with_secret(visit: Visit, path: str, body: Mapping[str, object] | None, done: str) -> Response:
    """Perform a change whose answer has a signing secret, and redirect to the page that shows it once."""
    status, answer = await visit.call("POST", path, body)
    if status >= 400:
        return _page(visit, objection(answer))
    notice = Notice(done, secret=answer["secret"], about="Signing secret")
    return visit.redirect(PATH, notice, organization=visit.form["organization"])


async def _switch(visit: Visit) -> Response:
    enabled = visit.form["enabled"] == "1"
    done = "The endpoint gets events again." if enabled else "The endpoint gets no events any more."
    return await _change(visit, "PATCH", f"/_mock/webhooks/{visit.parameters['id']}", {"enabled": enabled}, done)


async def _remove(visit: Visit) -> Response:
    return await _change(visit, "DELETE", f"/_mock/webhooks/{visit.parameters['id']}", None, "The endpoint is removed.")


async def _send_event(visit: Visit) -> Response:
    body = {"organization": visit.tenant.organization.id}
    if visit.form["eventType"]:
        body["eventType"] = visit.form["eventType"]
    return await _change(visit, "POST", "/_mock/events", body, "The event has happened, and is on its way.")


async def _detail(visit: Visit) -> Response:
    return visit.page("delivery.html", **_shown(visit))


async def _attempts(visit: Visit) -> Response:
    return visit.fragment("attempts.html", **_shown(visit))


async def _redeliver(visit: Visit) -> Response:
    delivery = _found(visit)
    path = f"/_mock/deliveries/{delivery.id}/redeliver"
    how = visit.form["as"] or "sent"
    return await visit.change("POST", path, {"as": how}, f"{PATH}/deliveries/{delivery.id}", "It is sent once more.")


async def _change(visit: Visit, method: str, path: str, body: Mapping[str, object] | None, done: str) -> Response:
    return await visit.change(method, path, body, PATH, done, organization=visit.form["organization"])


def _shown(visit: Visit) -> Context:
    delivery = _found(visit)
    endpoint = visit.world.state.webhooks.endpoints.get(delivery.endpoint_id)
    return {"delivery": described(delivery, visit.world.state.webhooks), "endpoint": endpoint}


def _page(visit: Visit, error: str | None = None) -> Response:
    own = visit.tenant.organization.id
    now = visit.world.state.clock.now()
    return visit.page(
        "webhooks.html",
        400 if error else 200,
        tenant=visit.tenant,
        endpoints=[each for each in visit.world.state.webhooks.endpoints if each.organization_id == own],
        shortened=shortened,
        rotating={each.id for each in visit.world.state.webhooks.endpoints if len(each.secrets_at(now)) > 1},
        event_types=EVENT_TYPES,
        error=error,
        **_deliveries(visit),
    )


def _deliveries(visit: Visit) -> Context:
    """The newest deliveries of the organization, by the endpoint and the state that the query names."""
    own, endpoint, state = visit.tenant.organization.id, visit.query["endpoint"], visit.query["state"]
    fitting = [
        delivery
        for delivery in visit.world.state.webhooks.log
        if delivery.organization_id == own and endpoint in ("", delivery.endpoint_id) and state in ("", delivery.state)
    ]
    urls = {each.id: each.url for each in visit.world.state.webhooks.endpoints}
    newest = fitting[: -SHOWN - 1 : -1]
    wrongs = {delivery.id: wrong_verdict(delivery, visit.world.state.webhooks) for delivery in newest}
    done = {delivery.id: done_to(delivery, visit.world.state.webhooks) for delivery in newest}
    return {"deliveries": newest, "fitting": len(fitting), "urls": urls, "wrongs": wrongs, "done": done}


def _found(visit: Visit) -> Delivery:
    """The delivery that the path names. Raises Gone."""
    wanted = visit.parameters["id"]
    for delivery in visit.world.state.webhooks.log:
        if delivery.id == wanted:
            return delivery
    raise Gone("This delivery is not in the log, or not any more: it keeps the newest ones.")


ROUTES = (
    Route("GET", PATH, _show),
    Route("POST", PATH, _register),
    Route("GET", f"{PATH}/deliveries", _rows),
    Route("POST", f"{PATH}/events", _send_event),
    Route("GET", f"{PATH}/deliveries/{{id}}", _detail),
    Route("GET", f"{PATH}/deliveries/{{id}}/attempts", _attempts),
    Route("POST", f"{PATH}/deliveries/{{id}}/redeliver", _redeliver),
    Route("POST", f"{PATH}/{{id}}/enabled", _switch),
    Route("POST", f"{PATH}/{{id}}/rotate", _rotate),
    Route("POST", f"{PATH}/{{id}}/remove", _remove),
)
