"""Requests held until they are let go: switched on and off like a hardship, released one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mockserver.control import switches
from mockserver.control.call import Call, Handler, bad_input, conflict, missing
from mockserver.control.redaction import redacted, redacted_query
from mockserver.modifications.condition import condition_of

if TYPE_CHECKING:
    from mockserver.worlds.held import HeldRequest, Hold

MOST_HOLDS = 100

_TICK = 0.01
"""Real seconds after which a call that waits looks again."""


def _on(call: Call) -> Any:
    body = call.body
    if "hold" not in body:
        return switches.HANDLERS["switchOn"](call)
    if body.keys() & {*switches.KINDS, "parameters", "every"}:
        raise bad_input("hold: it goes with no fault, variant, hardship, parameters or every.")
    if "key" in body and call.state.keys.get(body["key"]) is None:
        raise bad_input("key: no key has this id.")
    try:
        condition = condition_of({name: value for name, value in body.items() if name != "hold"})
    except ValueError as error:
        raise bad_input(f"{error}.") from error
    if call.worlds.first.settings.sharing is not None:
        raise conflict("Processes that share their state hold no requests: each sees its own alone.")
    if len(call.world.held.holds) >= MOST_HOLDS:
        raise conflict(f"There are {MOST_HOLDS} holds already: switch one off first.")
    return _shown(call.world.held.on(condition))


def _off(call: Call) -> Any:
    return None if call.world.held.off(call.path["id"]) else switches.HANDLERS["switchOff"](call)


def _all_off(call: Call) -> Any:
    call.world.held.clear()
    return switches.HANDLERS["switchAllOff"](call)


def _switches(call: Call) -> Mapping[str, Any]:
    others: Any = switches.HANDLERS["listSwitches"](call)
    return {"data": [*others["data"], *map(_shown, call.world.held.holds.values())]}


def _list(call: Call) -> Mapping[str, Any] | Awaitable[Mapping[str, Any]]:
    return _wait(call, call.query["wait"]) if call.query.get("wait") else _page(call)


async def _wait(call: Call, seconds: float) -> Mapping[str, Any]:
    """Answer once enough requests are held, or the time is over, whichever comes first."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while len(call.world.held) < call.query.get("count", 1) and loop.time() < until:
        await asyncio.sleep(_TICK)
    return _page(call)


def _page(call: Call) -> Mapping[str, Any]:
    return {"data": [_request(request) for request in call.world.held]}


def _release(call: Call) -> Mapping[str, Any]:
    request = call.world.held.release(call.path["id"])
    if request is None:
        raise missing("held request")
    return _request(request)


def _request(request: HeldRequest) -> Mapping[str, Any]:
    return {
        "id": request.id,
        "switch": request.hold,
        "method": request.method,
        "path": redacted(request.path),
        "query": redacted_query(request.query),
        "key": request.key,
    }


def _shown(hold: Hold) -> Mapping[str, Any]:
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
