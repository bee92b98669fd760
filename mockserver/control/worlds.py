"""Worlds: copies of the state, each under an address of its own, for tests that run side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver import paths
from mockserver.control.call import Call, Handler, Refusal, conflict, missing


def _list(call: Call) -> Mapping[str, Any]:
    return {"data": [_shown(call, world_id) for world_id in _at_home(call).worlds.copies]}


def _add(call: Call) -> Mapping[str, Any]:
    try:
        world_id, _ = _at_home(call).worlds.add()
    except ValueError as error:
        raise conflict(f"{error}.") from error
    return _shown(call, world_id)


def _drop(call: Call) -> None:
    if not _at_home(call).worlds.drop(call.path["id"]):
        raise missing("world")


def _at_home(call: Call) -> Call:
    """The call, if it comes to the mock's own address. Raises Refusal in a copy, which knows of no other."""
    if call.world.name:
        raise Refusal(404, "Not found", "Worlds are made and dropped at the mock's own address.")
    return call


def _shown(call: Call, world_id: str) -> Mapping[str, Any]:
    base_url = f"{call.base_url}{paths.WORLD}{world_id}"
    return {"id": world_id, "baseUrl": base_url, "controlUrl": f"{base_url}/_mock"}


HANDLERS: Mapping[str, Handler] = {"listWorlds": _list, "addWorld": _add, "dropWorld": _drop}
