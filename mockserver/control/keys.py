"""API keys: created, changed, revoked, deleted, and how much of their limits they have used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from msgspec import UNSET

from mockserver.api.keys import PREFIX, SECRET_LENGTH, ApiKey, base62
from mockserver.api.limits import Gauge
from mockserver.control.bodies import KeyChanges, Limits, NewKey
from mockserver.control.call import Call, Handler, bad_input, chosen, missing, of_asked
from mockserver.control.times import shown_time, shown_time_or_none
from spec import RateLimits, contract
from spec.misspelled import meant
from spec.target import shown as shown_secret

MINTED = "minted"
"""The kind of a key that was added later."""


def _list(call: Call) -> Mapping[str, object]:
    return {"data": [shown(call, key) for key in of_asked(call, call.state.keys)]}


def _mint(call: Call) -> Mapping[str, object]:
    body = call.read(NewKey)
    organization = chosen(call, body.organization).organization
    scopes = _scopes(body.scopes)
    label = f"{call.world.settings.seed}/minted/{call.world.name}{call.world.next_number()}"
    key = ApiKey(
        id=f"key_{base62(f'{label}/id', 16)}",
        name=body.name,
        kind=MINTED,
        organization_id=organization.id,
        scopes=scopes,
        secret=PREFIX + base62(label, SECRET_LENGTH),
        created_at=call.now,
        expires_at=_expiry(call, body.expires_in),
        limits=limits_of(body.limits),
    )
    call.state.keys.put(key)
    return {**shown(call, key), "secret": key.secret}


def _get(call: Call) -> Mapping[str, object]:
    return shown(call, _meant(call))


def _patch(call: Call) -> Mapping[str, object]:
    body, key = call.read(KeyChanges), _meant(call)
    if body.name is not UNSET:
        key = replace(key, name=body.name)
    if body.scopes is not UNSET:
        key = replace(key, scopes=_scopes(body.scopes))
    if body.limits is not UNSET:
        key = replace(key, limits=limits_of(body.limits))
    if body.expires_in is not UNSET:
        key = replace(key, expires_at=_expiry(call, body.expires_in))
    return _keep(call, key)


def _revoke(call: Call) -> Mapping[str, object]:
    key = _meant(call)
    return shown(call, key) if key.revoked_at is not None else _keep(call, replace(key, revoked_at=call.now))


def _delete(call: Call) -> None:
    call.state.keys.remove(_meant(call))


def _meant(call: Call) -> ApiKey:
    key = call.state.keys.get(call.path["id"])
    if key is None:
        raise missing("key")
    return key


def _keep(call: Call, key: ApiKey) -> Mapping[str, object]:
    call.state.keys.put(key)
    return shown(call, key)


def _expiry(call: Call, seconds: float | None) -> float | None:
    return None if seconds is None else call.now + seconds


def _scopes(given: Sequence[str]) -> tuple[str, ...]:
    """The scopes in the contract's order. Raises Refusal for an unknown one."""
    try:
        return scopes_of(given)
    except ValueError as error:
        raise bad_input(f"{error}.") from None


def scopes_of(given: Sequence[str]) -> tuple[str, ...]:
    """The scopes in the contract's order. Raises ValueError, in one line, for an unknown one."""
    known = contract().scopes
    unknown = next((scope for scope in given if scope not in known), None)
    if unknown is not None:
        raise ValueError(f"scopes: no such scope{meant(unknown, known)}")
    return tuple(scope for scope in known if scope in given)


def limits_of(given: Limits | None) -> RateLimits | None:
    """The rate limits of a body in the form that a key has."""
    return None if given is None else RateLimits(given.per_minute, given.burst, given.burst_window)


def shown_limits(limits: RateLimits | None) -> Mapping[str, int] | None:
    """The JSON form of a key's own rate limits."""
    if limits is None:
        return None
    return {"perMinute": limits.per_minute, "burst": limits.burst, "burstWindow": limits.burst_window}


def shown(call: Call, key: ApiKey) -> Mapping[str, object]:
    """A key as JSON has it, without its secret, and with what it has used."""
    meter = call.state.limiter.peek(key.id, call.now, key.limits)
    return {
        "id": key.id,
        "name": key.name,
        "secretHint": shown_secret(key.secret),
        "prefix": key.prefix,
        "kind": key.kind,
        "organization": key.organization_id,
        "scopes": key.scopes,
        "createdAt": shown_time(key.created_at),
        "expiresAt": shown_time_or_none(key.expires_at),
        "revokedAt": shown_time_or_none(key.revoked_at),
        "limits": shown_limits(key.limits),
        "usage": {"sustained": _gauge(meter.sustained), "window": _gauge(meter.window)},
    }


def _gauge(gauge: Gauge) -> Mapping[str, float]:
    return {"used": round(gauge.used, 3), "most": gauge.most}


HANDLERS: Mapping[str, Handler] = {
    "listKeys": _list,
    "mintKey": _mint,
    "getKey": _get,
    "patchKey": _patch,
    "deleteKey": _delete,
    "revokeKey": _revoke,
}
