"""Whether the mock is up, and what time it is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mockserver.control.route import Route

if TYPE_CHECKING:
    from mockserver.parts import Parts


def _health(parts: Parts, _body: Mapping[str, Any]) -> Mapping[str, Any]:
    organizations = [
        {"id": tenant.organization.id, "name": tenant.organization.name, "contacts": len(tenant.contacts)}
        for tenant in parts.tenants.values()
    ]
    return {"status": "ok", "now": parts.clock.now(), "organizations": organizations}


ROUTES = (Route("GET", "/_mock/health", _health),)
