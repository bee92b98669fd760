"""Hardships, variants and faults, switched on for all requests or some; made-up activity; and a reset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypedDict

from starlette.responses import Response

from mockserver.console.notices import Notice
from mockserver.console.visit import Context, Route, Visit, objection
from mockserver.modifications.parameters import Value
from spec import requirements

PATH = "/hardships"


class _Parameter(TypedDict):
    name: str
    type: str


class CatalogueEntry(TypedDict):
    """The parts of the catalogue's entry on a fault, a variant or a hardship that this page shows."""

    kind: str
    name: str
    description: str
    breaks: Sequence[str]
    appliesTo: str
    parameters: Sequence[_Parameter]


async def _show(visit: Visit) -> Response:
    return await _page(visit)


async def _on(visit: Visit) -> Response:
    picked = _named(await _catalogue(visit), visit.form["name"])
    if picked is None:
        return visit.redirect(PATH, Notice("There is no fault, variant or hardship of that name.", bad=True))
    try:
        body = _wanted(visit, picked)
    except ValueError as error:
        return await _page(visit, str(error))
    status, answer = await visit.call("POST", "/_mock/switches", body)
    if status >= 400:
        return await _page(visit, objection(answer))
    return visit.redirect(PATH, Notice(f"{picked['name']} is on."))


async def _hold(visit: Visit) -> Response:
    try:
        body = {"hold": True, **_condition(visit)}
    except ValueError as error:
        return await _page(visit, hold_error=str(error))
    status, answer = await visit.call("POST", "/_mock/switches", body)
    if status >= 400:
        return await _page(visit, hold_error=objection(answer))
    return visit.redirect(PATH, Notice("Such requests are held."))


async def _held(visit: Visit) -> Response:
    return visit.fragment("held.html", **await _waiting(visit))


async def _release(visit: Visit) -> Response:
    path = f"/_mock/held/{visit.parameters['id']}/release"
    return await visit.change("POST", path, None, PATH, "The request goes on.")


async def _off(visit: Visit) -> Response:
    return await visit.change("DELETE", f"/_mock/switches/{visit.parameters['id']}", None, PATH, "It is off.")


async def _all_off(visit: Visit) -> Response:
    return await visit.change("DELETE", "/_mock/switches", None, PATH, "Everything is off.")


async def _activity(visit: Visit) -> Response:
    if visit.form["stop"]:
        return await visit.change("DELETE", "/_mock/activity", None, PATH, "The sales team has gone home.")
    try:
        body = {"rate": float(visit.form.text("rate")), "organization": visit.tenant.organization.id}
    except ValueError:
        return visit.redirect(PATH, Notice("Give a number of steps a minute.", bad=True))
    return await visit.change("PUT", "/_mock/activity", body, PATH, "The sales team is at work.")


async def _reset(visit: Visit) -> Response:
    return await visit.change("POST", "/_mock/reset", {}, PATH, "Data, keys, limits and webhooks are as at the start.")


async def _page(visit: Visit, error: str | None = None, hold_error: str | None = None) -> Response:
    entries = await _catalogue(visit)
    _, switches = await visit.call("GET", "/_mock/switches")
    _, activity = await visit.call("GET", "/_mock/activity")
    words = visit.query.text("q").lower().split()
    fitting = [each for each in entries if all(word in _searched(each) for word in words)]
    return visit.page(
        "hardships.html",
        400 if error or hold_error else 200,
        picked=_named(entries, visit.form["name"] or visit.query["pick"]),
        kinds={kind: _grouped(kind, fitting) for kind in ("hardship", "variant", "fault")},
        counts=Counter(each["kind"] for each in fitting),
        titles={each.id: each.title for each in requirements()},
        switches=switches["data"],
        of_deliveries={each["name"] for each in entries if each["appliesTo"] == "deliveries"},
        activity=activity,
        error=error,
        hold_error=hold_error,
        **await _waiting(visit),
    )


async def _waiting(visit: Visit) -> Context:
    """The requests that are held, and the keys by their ids."""
    _, answer = await visit.call("GET", "/_mock/held")
    return {"held": answer["data"], "keys": {key.id: key for key in visit.world.state.keys}}


async def _catalogue(visit: Visit) -> Sequence[CatalogueEntry]:
    _, answer = await visit.call("GET", "/_mock/catalogue")
    entries: Sequence[CatalogueEntry] = answer["data"]
    return entries


def _grouped(kind: str, entries: Sequence[CatalogueEntry]) -> Sequence[tuple[str, Sequence[CatalogueEntry]]]:
    """The entries of a kind, faults by the requirement that they break first, in the order of the requirements."""
    groups: dict[str, list[CatalogueEntry]] = {}
    for entry in entries:
        if entry["kind"] == kind:
            groups.setdefault(entry["breaks"][0] if kind == "fault" and entry["breaks"] else "", []).append(entry)
    order = [each.id for each in requirements()]
    return sorted(groups.items(), key=lambda group: order.index(group[0]) if group[0] in order else -1)


def _named(entries: Sequence[CatalogueEntry], name: str) -> CatalogueEntry | None:
    return next((each for each in entries if each["name"] == name), None)


def _searched(entry: CatalogueEntry) -> str:
    return " ".join((entry["name"], entry["description"], *entry["breaks"])).lower()


def _wanted(visit: Visit, picked: CatalogueEntry) -> Mapping[str, object]:
    """The body for the control API. Raises ValueError, in one line, if a number is expected and not given."""
    form = visit.form
    body: dict[str, object] = {picked["kind"]: picked["name"]}
    given = form.starting("parameter.")
    parameters = {
        each["name"]: _read(each, given[each["name"]]) for each in picked["parameters"] if given.get(each["name"])
    }
    if parameters:
        body["parameters"] = parameters
    return body | _condition(visit)


def _condition(visit: Visit) -> dict[str, object]:
    """The condition as the control API takes it. Raises ValueError, in one line, if the number of requests is not a number."""
    form = visit.form
    condition: dict[str, object] = {name: form[name] for name in ("key", "operation") if form[name]}
    if form.text("requests"):
        condition["requests"] = int(_number("requests", form.text("requests")))
    return condition


def _read(parameter: _Parameter, text: str) -> Value:
    kind = parameter["type"]
    if kind == "boolean":
        return text == "true"
    if kind == "integer":
        return int(_number(parameter["name"], text))
    return _number(parameter["name"], text) if kind == "number" else text


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
        int(value)
    except (OverflowError, ValueError):
        raise ValueError(f"{name} has to be a number.") from None
    return value


ROUTES = (
    Route("GET", PATH, _show),
    Route("POST", PATH, _on),
    Route("POST", f"{PATH}/off", _all_off),
    Route("POST", f"{PATH}/hold", _hold),
    Route("GET", f"{PATH}/held", _held),
    Route("POST", f"{PATH}/held/{{id}}/release", _release),
    Route("POST", f"{PATH}/activity", _activity),
    Route("POST", f"{PATH}/reset", _reset),
    Route("POST", f"{PATH}/{{id}}/off", _off),
)
