"""The signature debugger: the signed bytes, the right signature, and where a given one differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, TypedDict

from starlette.responses import Response

from mockserver.console.visit import Gone, Route, Visit, objection
from mockserver.webhooks.signing import HEADER

if TYPE_CHECKING:
    from mockserver.webhooks.delivery import Delivery, DeliveryAttempt

PATH = "/integrations/webhooks/debugger"


class _Explained(TypedDict):
    """The parts of the control API's answer about a signature that this page shows."""

    forms: Sequence[Mapping[str, str]]
    given: Sequence[Mapping[str, str]]


async def _show(visit: Visit) -> Response:
    return _page(visit, _given(visit))


async def _explain(visit: Visit) -> Response:
    form = visit.form
    given = {name: form[name] for name in ("endpoint", "timestamp", "body", "signature", "delivery", "attempt")}
    # A form's line breaks are always CR LF; a delivery's body has no line break outside its JSON.
    body = {"secret": _secret(visit), "body": form["body"].replace("\r\n", "\n"), "signature": _signature(visit)}
    if form.text("timestamp"):
        body["timestamp"] = form.text("timestamp")
    if not body["secret"]:
        return _page(visit, given, error="Paste the signing secret, or choose an endpoint whose secret is meant.")
    status, answer = await visit.call("POST", "/_mock/signatures", body)
    if status >= 400:
        return _page(visit, given, error=objection(answer))
    return _page(visit, given, result=answer)


def _page(
    visit: Visit, given: Mapping[str, str], result: _Explained | None = None, error: str | None = None
) -> Response:
    own = visit.tenant.organization.id
    endpoints = [each for each in visit.world.state.webhooks.endpoints if each.organization_id == own]
    return visit.page(
        "debugger.html",
        400 if error else 200,
        tenant=visit.tenant,
        endpoints=endpoints,
        given=given,
        result=result,
        comparisons=[] if result is None else [_compared(one["value"], result["forms"]) for one in result["given"]],
        header=HEADER,
        error=error,
    )


def _given(visit: Visit) -> dict[str, str]:
    """The values with which the form begins: the delivery attempt that the query names, or none. Raises Gone."""
    query = visit.query
    given = {name: query[name] for name in ("endpoint", "delivery", "attempt")}
    given |= {"timestamp": "", "body": "", "signature": ""}
    if not given["delivery"]:
        return given
    delivery, attempt = _attempt(visit, given["delivery"], query.whole("attempt"))
    timestamp = attempt.sent.headers.get(HEADER, "").partition("t=")[2].partition(",")[0]
    body = attempt.sent.body.decode("utf-8", "replace")
    return {**given, "endpoint": delivery.endpoint_id, "timestamp": timestamp, "body": body}


def _attempt(visit: Visit, delivery_id: str, number: int) -> tuple[Delivery, DeliveryAttempt]:
    """A delivery and one of its attempts, which count from 1. Raises Gone."""
    for delivery in visit.world.state.webhooks.log:
        if delivery.id == delivery_id and 0 < number <= len(delivery.attempts):
            return delivery, delivery.attempts[number - 1]
    raise Gone("This attempt is not in the log, or not any more.")


def _signature(visit: Visit) -> str:
    """The signature that was typed, or that of the attempt whose values the form shows. Raises Gone."""
    form = visit.form
    if form.text("signature") or not form["delivery"]:
        return form.text("signature")
    _, attempt = _attempt(visit, form["delivery"], form.whole("attempt"))
    return attempt.sent.headers.get(HEADER, "")


def _compared(given: str, forms: Sequence[Mapping[str, str]]) -> tuple[str, str, str]:
    """Three parts: the beginning that a given signature shares with the most similar form, its own rest, and the right rest."""
    bare = [form["value"] for form in forms if "=" not in form["form"]]
    # The length tells the form better than the first characters: signatures in two forms may begin alike by chance.
    wanted = max(bare, key=lambda form: (len(form) == len(given), _common(form, given)), default="")
    same = _common(wanted, given)
    return given[:same], given[same:], wanted[same:]


def _common(one: str, other: str) -> int:
    """The length of the common beginning of two texts."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _secret(visit: Visit) -> str:
    """The secret that was typed, or that of the endpoint that was chosen; a page shows neither."""
    endpoint = visit.world.state.webhooks.endpoints.get(visit.form["endpoint"])
    return visit.form.text("secret") or (endpoint.secret if endpoint else "")


ROUTES = (Route("GET", PATH, _show), Route("POST", PATH, _explain))
