"""API keys: created (the secret is shown once), revoked, and a live meter of each key's use of its two limits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from mockserver.console.notices import Notice
from mockserver.console.visit import Form, Route, Visit, objection
from spec import contract

if TYPE_CHECKING:
    from mockserver.api.keys import ApiKey
    from mockserver.api.limits import LimitUse

PATH = "/api-keys"

UNITS: Mapping[str, float] = {"minutes": 60.0, "hours": 3_600.0, "days": 86_400.0}
"""Seconds of the units in which an expiry is given."""

SPARE = "spare"
"""The kind of the keys that rate-limit tests use up. They are folded away."""

_PLACES = {"primary": 0, "secondary": 0, "minted": 1}
"""The kinds of keys that come before the others."""

_LIMITS = ("perMinute", "burst", "burstWindow")


async def _show(visit: Visit) -> Response:
    return _page(visit)


async def _usage(visit: Visit) -> Response:
    return JSONResponse({"data": [{"id": key.id, **_gauges(_meter(visit, key))} for key in _keys(visit)]})


async def _mint(visit: Visit) -> Response:
    try:
        body = _wanted(visit)
    except ValueError as error:
        return _page(visit, str(error))
    status, answer = await visit.call("POST", "/_mock/keys", body)
    if status >= 400:
        return _page(visit, objection(answer))
    notice = Notice(f"The key {answer['name']} is minted.", secret=answer["secret"], about="New API key")
    return visit.redirect(PATH, notice, organization=visit.tenant.organization.id)


async def _revoke(visit: Visit) -> Response:
    return await _change(visit, "POST", "/revoke", "The key is revoked: it is answered 401 from now on.")


async def _forget(visit: Visit) -> Response:
    return await _change(visit, "DELETE", "", "The key is deleted.")


async def _edit(visit: Visit) -> Response:
    try:
        body = {**_rights(visit.form), "limits": _limits(visit.form)}
    except ValueError as error:
        return visit.redirect(PATH, Notice(str(error), bad=True), organization=visit.form["organization"])
    return await _change(visit, "PATCH", "", "The key is changed.", body)


async def _change(
    visit: Visit, method: str, suffix: str, done: str, body: Mapping[str, object] | None = None
) -> Response:
    path = f"/_mock/keys/{visit.parameters['id']}{suffix}"
    return await visit.change(method, path, body, PATH, done, organization=visit.form["organization"])


def _page(visit: Visit, error: str | None = None) -> Response:
    now = visit.world.state.clock.now()
    keys = sorted(_keys(visit), key=lambda key: (not key.is_valid_at(now), _PLACES.get(key.kind, len(_PLACES))))
    shown = [(key, _meter(visit, key), _state(key, now)) for key in keys]
    return visit.page(
        "keys.html",
        400 if error else 200,
        tenant=visit.tenant,
        keys=[each for each in shown if each[0].kind != SPARE],
        spare=[each for each in shown if each[0].kind == SPARE],
        scopes=contract().document["components"]["securitySchemes"]["bearerAuth"]["x-scopes"],
        limits=visit.world.settings.rate_limits,
        units=UNITS,
        error=error,
    )


def _keys(visit: Visit) -> Sequence[ApiKey]:
    """The organization's keys, the newest first."""
    own = visit.tenant.organization.id
    return [key for key in visit.world.state.keys if key.organization_id == own][::-1]


def _meter(visit: Visit, key: ApiKey) -> LimitUse:
    state = visit.world.state
    return state.limiter.peek(key.id, state.clock.now(), key.limits)


def _gauges(meter: LimitUse) -> dict[str, object]:
    return {
        name: {"used": round(gauge.used, 2), "most": gauge.most}
        for name, gauge in (("sustained", meter.sustained), ("window", meter.window))
    }


def _state(key: ApiKey, now: float) -> str:
    if key.revoked_at is not None and now >= key.revoked_at:
        return "revoked"
    return "active" if key.is_valid_at(now) else "expired"


def _wanted(visit: Visit) -> dict[str, object]:
    """The body for the control API. Raises ValueError, in one line, if a number is expected and not given."""
    form = visit.form
    body: dict[str, object] = {"organization": visit.tenant.organization.id, **_rights(form)}
    if form.text("expires"):
        body["expiresIn"] = _positive(form.text("expires"), "The expiry") * UNITS.get(form["unit"], 1.0)
    limits = _limits(form)
    return {**body, "limits": limits} if limits else body


def _rights(form: Form) -> dict[str, object]:
    return {"name": form.text("name"), "scopes": list(form.getlist("scopes"))}


def _limits(form: Form) -> dict[str, int] | None:
    """The key's own limits; None if it has those of the contract. Raises ValueError."""
    given = {name: form.text(name) for name in _LIMITS}
    if not any(given.values()):
        return None
    default = contract().rate_limits
    defaults = (default.per_minute, default.burst, default.burst_window)
    return {
        name: int(_positive(given[name], "A limit")) if given[name] else usual
        for name, usual in zip(_LIMITS, defaults, strict=True)
    }


def _positive(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{what} has to be a number above 0.")
    return value


ROUTES = (
    Route("GET", PATH, _show),
    Route("POST", PATH, _mint),
    Route("GET", f"{PATH}/usage", _usage),
    Route("POST", f"{PATH}/{{id}}/revoke", _revoke),
    Route("POST", f"{PATH}/{{id}}/delete", _forget),
    Route("POST", f"{PATH}/{{id}}", _edit),
)
