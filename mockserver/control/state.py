"""All of a world's state, out and in as JSON, and its beginning again. An export holds secrets: it is one of test data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from mockserver.api.keys import ApiKey, KeyRing, base62
from mockserver.control.activity import start_usual
from mockserver.control.bodies import Limits
from mockserver.control.call import Call, Handler, bad_input
from mockserver.control.keys import MINTED, limits_of, shown_limits
from mockserver.control.organizations import all_shown
from mockserver.control.times import shown_time, shown_time_or_none, unix_seconds
from mockserver.settings import Settings
from mockserver.tenants.tenant import Tenant
from mockserver.tenants.validation import check_id
from mockserver.webhooks.endpoints import Endpoint
from spec import contract

VERSION = 1

MOST_SEEDED = 200_000
"""Contacts of a reset that asks for another size: nothing else is answered in the seconds that their making takes."""

Json = Mapping[str, Any]


def _export(call: Call) -> Json:
    state = call.state
    return {
        "version": VERSION,
        "made": call.world.made,
        "clock": {"now": call.now, "frozen": state.clock.is_frozen},
        "organizations": [tenant.export() for tenant in state.tenants.values()],
        "keys": [_exported_key(key) for key in state.keys],
        "webhooks": [_exported_endpoint(endpoint) for endpoint in state.webhooks.endpoints],
    }


def _import(call: Call) -> Json:
    body = call.body
    tenants: dict[str, Tenant] = {}
    for number, state in enumerate(body["organizations"]):
        tenant = _read(f"organizations.{number}", lambda state=state: Tenant.load(state, call.now))
        if tenant.organization.id in tenants:
            raise bad_input(f"organizations.{number}: there are two with this id.")
        tenants[tenant.organization.id] = tenant
    keys = [_read(f"keys.{n}", lambda key=key: _key(call, key, tenants)) for n, key in enumerate(body["keys"])]
    _check_distinct("keys", [key.id for key in keys], [key.secret for key in keys])
    endpoints = [
        _read(f"webhooks.{n}", lambda n=n, endpoint=endpoint: _endpoint(call, n, endpoint, tenants))
        for n, endpoint in enumerate(body["webhooks"])
    ]
    _check_distinct("webhooks", [endpoint.id for endpoint in endpoints])
    _read("clock", lambda: _set_clock(call))
    call.world.load(tenants, KeyRing(keys), endpoints, body.get("made", 0))
    return {"data": all_shown(call)}


def _reset(call: Call) -> Json:
    if "contacts" in call.body or "organizations" in call.body:
        check_size(replace(call.world.settings, **call.body))
    call.world.reset(replace(call.world.settings, **call.body))
    if call.world is call.worlds.first:
        start_usual(call.world, call.ask)
    return {"data": all_shown(call)}


def check_size(settings: Settings) -> None:
    """Raises Refusal for more data than can be seeded while everybody waits."""
    if settings.organizations * settings.contacts > MOST_SEEDED:
        raise bad_input(
            f"A reset makes at most {MOST_SEEDED:,} contacts, of all organizations together. "
            "For more, start the mock with --contacts."
        )


def _read(where: str, read: Any) -> Any:
    try:
        return read()
    except (ValueError, OverflowError) as error:
        raise bad_input(f"{where}: {error}.") from error


def _check_distinct(where: str, *columns: list[str]) -> None:
    if any(len(set(column)) < len(column) for column in columns):
        raise bad_input(f"{where}: two have the same id or secret.")


def _set_clock(call: Call) -> None:
    clock, wanted = call.state.clock, call.body["clock"]
    clock.set(wanted["now"])
    if wanted["frozen"]:
        clock.freeze()
    else:
        clock.resume()


def _exported_key(key: ApiKey) -> Json:
    return {
        "id": key.id,
        "name": key.name,
        "kind": key.kind,
        "organization": key.organization_id,
        "scopes": key.scopes,
        "secret": key.secret,
        "createdAt": shown_time(key.created_at),
        "expiresAt": shown_time_or_none(key.expires_at),
        "revokedAt": shown_time_or_none(key.revoked_at),
        "limits": shown_limits(key.limits),
    }


def _key(call: Call, given: Json, tenants: Mapping[str, Tenant]) -> ApiKey:
    known = contract().scopes
    if not set(given["scopes"]) <= set(known):
        raise ValueError(f"scopes: there are {', '.join(known)}")
    if given.get("id"):
        check_id(given["id"])
    return ApiKey(
        id=given.get("id") or f"key_{base62(given['secret'], 16)}",
        name=given["name"],
        kind=given.get("kind", MINTED),
        organization_id=_known(given, tenants),
        scopes=tuple(scope for scope in known if scope in given["scopes"]),
        secret=given["secret"],
        created_at=_moment(given, "createdAt", call.now) or 0.0,
        expires_at=_moment(given, "expiresAt", None),
        revoked_at=_moment(given, "revokedAt", None),
        limits=limits_of(msgspec.convert(given.get("limits"), Limits | None)),
    )


def _exported_endpoint(endpoint: Endpoint) -> Json:
    return {
        "id": endpoint.id,
        "organization": endpoint.organization_id,
        "url": endpoint.url,
        "enabled": endpoint.enabled,
        "signingSecret": endpoint.secret,
        "createdAt": shown_time(endpoint.created_at),
    }


def _endpoint(call: Call, number: int, given: Json, tenants: Mapping[str, Tenant]) -> Endpoint:
    call.state.webhooks.check(given["url"])
    if given.get("id"):
        check_id(given["id"])
    return Endpoint(
        id=given.get("id") or f"whk_{base62(f'imported/{number}', 20)}",
        organization_id=_known(given, tenants),
        url=given["url"],
        secret=given["signingSecret"],
        created_at=_moment(given, "createdAt", call.now) or 0.0,
        enabled=given.get("enabled", True),
    )


def _known(given: Json, tenants: Mapping[str, Tenant]) -> str:
    organization: str = given["organization"]
    if organization not in tenants:
        raise ValueError("organization: the state has none with this id")
    return organization


def _moment(given: Json, member: str, default: float | None) -> float | None:
    value = given.get(member)
    if value is None:
        return default
    try:
        return unix_seconds(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{member} must be a time in UTC such as 2026-05-23T10:00:00.000Z") from None


HANDLERS: Mapping[str, Handler] = {"exportState": _export, "importState": _import, "reset": _reset}
