"""The key that asks, and its organization."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from mockserver.answer import json_bytes

if TYPE_CHECKING:
    from mockserver.access.caller import Caller
    from mockserver.access.keys import ApiKey
    from mockserver.access.parameters import Parameters
    from mockserver.parts import Parts
    from mockserver.tenants.tenant import Organization


def get_me(_parts: Parts, caller: Caller, _parameters: Parameters) -> bytes:
    """The API key presented, without its secret, and the organization it belongs to."""
    return _body(caller.key, caller.tenant.organization)


@lru_cache(maxsize=1_024)
def _body(key: ApiKey, organization: Organization) -> bytes:
    """Neither changes: a key that is revoked is another."""
    return json_bytes(
        {
            "apiKey": {
                "id": key.id,
                "name": key.name,
                "prefix": key.prefix,
                "scopes": key.scopes,
                "createdAt": _timestamp(key.created_at),
                "expiresAt": None if key.expires_at is None else _timestamp(key.expires_at),
            },
            "organization": {
                "id": organization.id,
                "name": organization.name,
                "createdAt": organization.created_at,
            },
        }
    )


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
