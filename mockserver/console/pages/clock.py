"""The mock's clock, moved by hand: rate windows, expiry, timestamps and deliveries follow it."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from mockserver.console.notices import Notice
from mockserver.console.visit import Route, Visit

PATH = "/clock"

STEPS: Mapping[str, float] = {
    "30 s": 30,
    "1 min": 60,
    "5 min": 300,
    "1 h": 3_600,
    "1 day": 86_400,
    "30 days": 2_592_000,
}
"""Seconds by which the buttons move the clock forward."""

_CHANGES: Mapping[str, str] = {"freeze": "The clock stands still.", "resume": "The clock runs."}


async def _show(visit: Visit) -> Response:
    return visit.page("clock.html", steps=STEPS, frozen=visit.world.state.clock.is_frozen)


async def _change(visit: Visit) -> Response:
    try:
        body, done = _wanted(visit)
    except ValueError as error:
        return visit.redirect(PATH, Notice(str(error), bad=True))
    return await visit.change("POST", "/_mock/clock", body, PATH, done)


def _wanted(visit: Visit) -> tuple[Mapping[str, object], str]:
    """The body for the control API, and a sentence that says what it does. Raises ValueError, in one line."""
    form = visit.form
    for change, done in _CHANGES.items():
        if form[change]:
            return {change: True}, done
    if form.text("set"):
        moment = form.text("set").replace(" ", "T")
        return {"set": moment if moment.endswith(("Z", "+00:00")) else f"{moment}Z"}, "The clock is set."
    try:
        return {"advance": float(form.text("advance"))}, "The clock has moved on."
    except ValueError:
        raise ValueError("Give a number of seconds.") from None


ROUTES = (Route("GET", PATH, _show), Route("POST", PATH, _change))
