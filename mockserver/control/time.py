"""The mock's clock, moved on: rate windows, expiry and timestamps follow it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mockserver.control.route import BadInput, Route

if TYPE_CHECKING:
    from mockserver.parts import Parts


def _advance(parts: Parts, body: Mapping[str, Any]) -> Mapping[str, Any]:
    seconds = body.get("advance")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise BadInput("advance must be a number of seconds")
    try:
        parts.clock.advance(float(seconds))
    except (OverflowError, ValueError) as error:
        raise BadInput("advance must be a finite number of seconds, not below 0") from error
    return {"now": parts.clock.now()}


ROUTES = (Route("POST", "/_mock/clock", _advance),)
