"""The mock's clock: rate windows, expiry, timestamps and deliveries follow it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from mockserver.clock import Clock
from mockserver.control.call import Call, Handler, bad_input
from mockserver.control.times import shown_time


def _get(call: Call) -> Mapping[str, Any]:
    return _shown(call.state.clock)


def _change(call: Call) -> Mapping[str, Any]:
    clock = call.state.clock
    ((change, value),) = call.body.items()
    try:
        _CHANGES[change](clock, value)
    except (OverflowError, ValueError) as error:
        raise bad_input(f"{change}: {error}.") from error
    return _shown(clock)


def _unix_seconds(value: str | float) -> float:
    """Raises ValueError for what is no time of day with an offset from UTC."""
    if not isinstance(value, str):
        return float(value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("this is no time such as 2026-05-23T10:00:00.000Z") from None
    if moment.tzinfo is None:
        raise ValueError("a time needs an offset from UTC, such as Z")
    return moment.timestamp()


_CHANGES: Mapping[str, Callable[[Clock, Any], None]] = {
    "advance": lambda clock, seconds: clock.advance(float(seconds)),
    "set": lambda clock, moment: clock.set(_unix_seconds(moment)),
    "freeze": lambda clock, _: clock.freeze(),
    "resume": lambda clock, _: clock.resume(),
}


def _shown(clock: Clock) -> Mapping[str, Any]:
    now = clock.now()
    return {"now": now, "time": shown_time(now), "frozen": clock.is_frozen}


HANDLERS: Mapping[str, Handler] = {"getClock": _get, "changeClock": _change}
