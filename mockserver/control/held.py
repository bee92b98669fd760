"""Held requests: holds are switched on and off like a hardship, and requests are released one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from mockserver.control import switches
from mockserver.control.bodies import NewSwitch
from mockserver.control.call import Call, Handler, bad_input, conflict, missing
from mockserver.control.queries import Patience
from mockserver.control.redaction import redacted, redacted_query

if TYPE_CHECKING:
    from mockserver.worlds.held import HeldRequest, Hold

MOST_HOLDS = 100

_TICK = 0.01
"""Real seconds after which a waiting call checks again."""


def _on(call: Call) -> object:
    body = call.read(NewSwitch)
    if not body.hold:
        return switches.on(call)
    if body.fault or body.variant or body.hardship or body.parameters or body.every:
        raise bad_input("hold: it goes with no fault, variant, hardship, parameters or every.")
    condition = switches.asked_condition(call, body)
    if len(call.world.held.holds) >= MOST_HOLDS:
        raise conflict(f"There are {MOST_HOLDS} holds already: switch one off first.")
    return _shown(call.world.held.on(condition))


def _off(call: Call) -> None:
    if not call.world.held.off(call.path["id"]):
        switches.off(call)


def _all_off(call: Call) -> None:
    call.world.held.clear()
    switches.all_off(call)


def _switches(call: Call) -> Mapping[str, object]:
    call.world.held.recount()
    return {"data": [*switches.all_shown(call), *map(_shown, call.world.held.holds.values())]}


def _list(call: Call) -> object:
    asked = call.asked(Patience)
    return _wait(call, asked) if asked.wait else _page(call)


async def _wait(call: Call, asked: Patience) -> Mapping[str, object]:
    """Answer when enough requests are held, or when the time is over."""
    loop = asyncio.get_running_loop()
    until = loop.time() + asked.wait
    while len(call.world.held.waiting()) < asked.count and loop.time() < until:
        await asyncio.sleep(_TICK)
    return _page(call)


def _page(call: Call) -> Mapping[str, object]:
    return {"data": [_request(request) for request in call.world.held.waiting()]}


def _release(call: Call) -> Mapping[str, object]:
    request = call.world.held.release(call.path["id"])
    if request is None:
        raise missing("held request")
    return _request(request)


def _request(request: HeldRequest) -> Mapping[str, object]:
    return {
        "id": request.id,
        "switch": request.hold,
        "method": request.method,
        "path": redacted(request.path),
        "query": redacted_query(request.query),
        "key": request.key,
    }


def _shown(hold: Hold) -> Mapping[str, object]:
    return {
        "id": hold.id,
        "name": "hold",
        "kind": "hold",
        "parameters": {},
        "condition": asdict(hold.condition),
        "left": hold.left,
    }


HANDLERS: Mapping[str, Handler] = {
    "switchOn": _on,
    "switchOff": _off,
    "switchAllOff": _all_off,
    "listSwitches": _switches,
    "listHeld": _list,
    "releaseHeld": _release,
}
