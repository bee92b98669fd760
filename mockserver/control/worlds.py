"""Worlds: further states, each with its own address, keys and ids, for tests that run in parallel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mockserver.api import paths
from mockserver.api.documentation import DOCUMENT, PAGE
from mockserver.control.bodies import NewWorld
from mockserver.control.call import Call, Handler, Refusal, bad_input, conflict, missing
from mockserver.control.state import check_size, sized
from mockserver.control.times import shown_time
from mockserver.modifications.requested import requested

if TYPE_CHECKING:
    from mockserver.api.keys import ApiKey
    from mockserver.modifications.registry import Kind, Modification
    from mockserver.settings import Settings
    from mockserver.worlds.world import World


def _list(call: Call) -> Mapping[str, object]:
    worlds = _at_home(call).worlds
    worlds.expire()
    return {"data": [_shown(call, world_id) for world_id in worlds.copies]}


async def _add(call: Call) -> Mapping[str, object]:
    worlds = _at_home(call).worlds
    body = call.read(NewWorld)
    settings, fresh = _settings(call, body)
    switches = [_requested("hardship", text) for text in body.hardships]
    try:
        if fresh:
            world_id, world = await worlds.add_fresh(settings, call.now, time_to_live=body.time_to_live)
        else:
            world_id, world = worlds.add(settings, time_to_live=body.time_to_live)
    except ValueError as error:
        raise conflict(f"{error}.") from error
    key = world.state.keys.full_at(world.state.clock.now())
    if key is None:
        worlds.drop(world_id)
        raise conflict("No key is valid and holds every scope, so a copy would have none: mint one first.")
    for hardship in switches:
        world.switch_on(hardship)
    if body.address == "port" and urlsplit(call.base_url).path == "":
        await worlds.open_port(world_id)
    return {**_shown(call, world_id), **_credentials(world, key)}


def _drop(call: Call) -> None:
    if not _at_home(call).worlds.drop(call.path["id"]):
        raise missing("world")


def _settings(call: Call, body: NewWorld) -> tuple[Settings, bool]:
    """The settings of a new world, and whether it has fresh data. Raises Refusal."""
    own = call.world.settings
    modifications = [*own.modifications, *(_requested("variant", text) for text in body.variants)]
    settings = replace(
        sized(own, body), rate_reading=body.rate_reading or own.rate_reading, modifications=modifications
    )
    is_fresh = body.is_given or bool(body.variants)
    if is_fresh:
        check_size(settings)
    return settings, is_fresh


def _requested(kind: Kind, text: str) -> Modification:
    """The modification that a text names, as on the command line. Raises Refusal."""
    try:
        return requested(kind, text)
    except ValueError as error:
        raise bad_input(f"{kind}s: {error}.") from error


def _at_home(call: Call) -> Call:
    """The call, if it comes to the mock's own address. Raises Refusal in another world."""
    if call.world.name:
        raise Refusal(404, "Not found", "Worlds are made and dropped at the mock's own address.")
    return call


def _shown(call: Call, world_id: str) -> Mapping[str, object]:
    lease = call.worlds.leases[world_id]
    base_url = f"{call.base_url}{paths.WORLD}{world_id}"
    if lease.port is not None:
        base_url = _with_port(call.base_url, lease.port)
    return {
        "id": world_id,
        "baseUrl": base_url,
        "apiUrl": f"{base_url}{paths.API}",
        "controlUrl": f"{base_url}{paths.CONTROL}",
        "consoleUrl": f"{base_url}{paths.CONSOLE}",
        "documentationUrl": f"{base_url}{PAGE}",
        "documentUrl": f"{base_url}{DOCUMENT}",
        "time": shown_time(call.worlds.copies[world_id].state.clock.now()),
        "timeToLive": lease.time_to_live,
    }


def _with_port(base_url: str, port: int) -> str:
    parts = urlsplit(base_url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


def _credentials(world: World, key: ApiKey) -> Mapping[str, object]:
    organization = world.state.tenants[key.organization_id].organization
    return {
        "apiKey": key.secret,
        "apiKeyId": key.id,
        "organization": {"id": organization.id, "name": organization.name},
    }


HANDLERS: Mapping[str, Handler] = {"listWorlds": _list, "addWorld": _add, "dropWorld": _drop}
