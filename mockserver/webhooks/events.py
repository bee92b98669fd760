"""An event that happens now, of the organization's own data: what `/_mock/events` and the console bring about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mockserver.tenants.ids import identifier, stream
from mockserver.tenants.resource_types import Resource
from mockserver.tenants.tenant import Tenant
from spec import contract

EVENT_TYPES: tuple[str, ...] = tuple(contract().schema("Event")["properties"]["eventType"]["x-known-values"])

# A signature over anything but the raw bytes shows in a body beyond ASCII, so every other event has one.
_NOTES = ("Brought about by hand", "Zoë Łuczak: “où ça?” — 東京で 🚀, \u202bשלום\u202c")
_PREFIXES = {"contact": "con", "list": "lst", "draft": "drf"}


def happen(
    tenant: Tenant, now: float, event_type: str | None = None, data: Mapping[str, Any] | None = None
) -> Resource:
    """Log an event of the newest resource of its kind, and answer it. `now` is in unix seconds.

    Without `event_type` the known types take turns, without `data` a text in ASCII and one beyond.
    Raises ValueError for a type of no kind of resource that there is.
    """
    number = len(tenant.events)
    event_type = event_type or EVENT_TYPES[number % len(EVENT_TYPES)]
    resource_id = _newest(tenant, event_type.partition(".")[0])
    return tenant.add_event(now, event_type, resource_id, {"note": _NOTES[number % 2]} if data is None else dict(data))


def _newest(tenant: Tenant, kind: str) -> str:
    """The id of the newest resource of a kind; of one that is gone, where there is none."""
    collections = {"contact": tenant.contacts, "list": tenant.lists, "draft": tenant.drafts}
    if kind not in collections:
        raise ValueError(f"eventType must begin with {', '.join(f'{name}.' for name in collections)}")
    for item in collections[kind].page({}, None, 1).items:
        return str(msgspec.json.decode(item)["id"])
    return identifier(_PREFIXES[kind], stream(tenant.organization.id, "gone", len(tenant.events)))
