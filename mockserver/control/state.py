"""Export, import and reset of a world's state as JSON. An export holds secrets, which are those of test data."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from msgspec import UNSET

from mockserver.api.keys import ApiKey, KeyRing, base62
from mockserver.control.activity import start_usual
from mockserver.control.bodies import ClockState, EndpointState, KeyState, Reset, State
from mockserver.control.call import Call, Handler, bad_input
from mockserver.control.keys import MINTED, limits_of, scopes_of, shown_limits
from mockserver.control.organizations import all_shown
from mockserver.control.times import shown_time, shown_time_or_none, unix_seconds
from mockserver.settings import Settings
from mockserver.tenants.tenant import Tenant
from mockserver.tenants.validation import check_id
from mockserver.webhooks.endpoints import Endpoint

VERSION = 1

MOST_SEEDED = 200_000
"""The most contacts of a reset with another size: making them takes seconds, and slows down other requests."""

Json = Mapping[str, object]


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


async def _import(call: Call) -> Json:
    body = call.read(State)
    # In a thread, like a reset.
    tenants = await asyncio.to_thread(_tenants, body.organizations, call.now)
    keys: list[ApiKey] = []
    for number, key in enumerate(body.keys):
        with _reading(f"keys.{number}"):
            keys.append(_key(call, key, tenants))
    _check_distinct("keys", [key.id for key in keys], [key.secret for key in keys])
    endpoints: list[Endpoint] = []
    for number, endpoint in enumerate(body.webhooks):
        with _reading(f"webhooks.{number}"):
            endpoints.append(_endpoint(call, number, endpoint, tenants))
    _check_distinct("webhooks", [endpoint.id for endpoint in endpoints])
    old = list(call.state.tenants.values())
    with call.state.clock.at(call.now):
        with _reading("clock"):
            _set_clock(call, body.clock)
        call.world.load(tenants, KeyRing(keys), endpoints, body.made)
    await asyncio.to_thread(_let_go, old)
    return {"data": all_shown(call)}


def _tenants(organizations: Sequence[Mapping[str, object]], now: float) -> dict[str, Tenant]:
    """The tenants of exported organizations, by id. Raises Refusal."""
    tenants: dict[str, Tenant] = {}
    for number, state in enumerate(organizations):
        with _reading(f"organizations.{number}"):
            tenant = Tenant.load(state, now)
        if tenant.organization.id in tenants:
            raise bad_input(f"organizations.{number}: there are two with this id.")
        tenants[tenant.organization.id] = tenant
    return tenants


async def _reset(call: Call) -> Json:
    body = call.read(Reset)
    settings = sized(call.world.settings, body)
    if body.contacts is not UNSET or body.organizations is not UNSET:
        check_size(settings)
    # In a thread, so that other worlds are served meanwhile: making much data takes seconds, and deleting it up to a second.
    state = await asyncio.to_thread(call.world.fresh_state, settings, call.now)
    old = list(call.state.tenants.values())
    with call.state.clock.at(call.now):
        call.world.reset(settings, state)
    await asyncio.to_thread(_let_go, old)
    if call.world is call.worlds.first:
        start_usual(call.world, call.ask)
    return {"data": all_shown(call)}


def _let_go(tenants: list[Tenant]) -> None:
    """Delete tenants one by one, so that other threads can run between them."""
    while tenants:
        tenants.pop()


def sized(settings: Settings, reset: Reset) -> Settings:
    """The settings with the seed and size of a reset."""
    return replace(
        settings,
        seed=settings.seed if reset.seed is UNSET else reset.seed,
        organizations=settings.organizations if reset.organizations is UNSET else reset.organizations,
        contacts=settings.contacts if reset.contacts is UNSET else reset.contacts,
    )


def check_size(settings: Settings) -> None:
    """Raise Refusal if seeding the data would slow down the mock for too long."""
    if settings.organizations * settings.contacts > MOST_SEEDED:
        raise bad_input(
            f"A reset makes at most {MOST_SEEDED:,} contacts, of all organizations together. "
            "For more, start the mock with --contacts."
        )


@contextmanager
def _reading(where: str) -> Iterator[None]:
    """Add the place of a part of the state to the message of an error in it."""
    try:
        yield
    except (ValueError, OverflowError) as error:
        raise bad_input(f"{where}: {error}.") from error


def _check_distinct(where: str, *columns: list[str]) -> None:
    if any(len(set(column)) < len(column) for column in columns):
        raise bad_input(f"{where}: two have the same id or secret.")


def _set_clock(call: Call, wanted: ClockState) -> None:
    clock = call.state.clock
    clock.set(wanted.now)
    if wanted.frozen:
        clock.freeze()
    else:
        clock.resume(call.running + wanted.now - call.now)


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


def _key(call: Call, given: KeyState, tenants: Mapping[str, Tenant]) -> ApiKey:
    if given.id:
        check_id(given.id)
    return ApiKey(
        id=given.id or f"key_{base62(given.secret, 16)}",
        name=given.name,
        kind=MINTED if given.kind is None else given.kind,
        organization_id=_known(given.organization, tenants),
        scopes=scopes_of(given.scopes),
        secret=given.secret,
        created_at=call.now if given.created_at is None else _moment("createdAt", given.created_at),
        expires_at=None if given.expires_at is None else _moment("expiresAt", given.expires_at),
        revoked_at=None if given.revoked_at is None else _moment("revokedAt", given.revoked_at),
        limits=limits_of(given.limits),
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


def _endpoint(call: Call, number: int, given: EndpointState, tenants: Mapping[str, Tenant]) -> Endpoint:
    call.state.webhooks.check(given.url)
    if given.id:
        check_id(given.id)
    return Endpoint(
        id=given.id or f"whk_{base62(f'imported/{number}', 20)}",
        organization_id=_known(given.organization, tenants),
        url=given.url,
        secret=given.signing_secret,
        created_at=call.now if given.created_at is None else _moment("createdAt", given.created_at),
        enabled=given.enabled,
    )


def _known(organization: str, tenants: Mapping[str, Tenant]) -> str:
    if organization not in tenants:
        raise ValueError("organization: the state has none with this id")
    return organization


def _moment(member: str, value: str) -> float:
    try:
        return unix_seconds(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{member} must be a time in UTC such as 2026-05-23T10:00:00.000Z") from None


HANDLERS: Mapping[str, Handler] = {"exportState": _export, "importState": _import, "reset": _reset}
