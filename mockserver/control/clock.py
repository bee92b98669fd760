"""The mock's clock: rate windows, expiry, timestamps and deliveries follow it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import UNSET

from mockserver.clock import Clock
from mockserver.control.bodies import ClockChange
from mockserver.control.call import Call, Handler, bad_input
from mockserver.control.times import shown_time


def _get(call: Call) -> Mapping[str, object]:
    return _shown(call.state.clock)


def _change(call: Call) -> Mapping[str, object]:
    clock = call.state.clock
    try:
        _perform(call.read(ClockChange), clock, call.running)
    except (OverflowError, ValueError) as error:
        raise bad_input(f"{next(iter(call.body))}: {error}.") from error
    return _shown(clock)


def _perform(change: ClockChange, clock: Clock, running: float) -> None:
    if change.advance is not UNSET:
        clock.advance(change.advance)
    elif change.set is not UNSET:
        clock.set(_unix_seconds(change.set))
    elif change.freeze:
        clock.freeze()
    else:
        clock.resume(running)


def _unix_seconds(value: str | float) -> float:
    """Unix seconds of a time. Raises ValueError if it is not a time with an offset from UTC."""
    if not isinstance(value, str):
        return float(value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("this is no time such as 2026-05-23T10:00:00.000Z") from None
    if moment.tzinfo is None:
        raise ValueError("a time needs an offset from UTC, such as Z")
    return moment.timestamp()


def _shown(clock: Clock) -> Mapping[str, object]:
    now = clock.now()
    return {"now": now, "time": shown_time(now), "frozen": clock.is_frozen}


HANDLERS: Mapping[str, Handler] = {"getClock": _get, "changeClock": _change}
