"""The mock's health and time, and the control API's own document."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.control.call import Call, Handler
from mockserver.control.document import document


def _health(call: Call) -> Mapping[str, object]:
    organizations = [
        {"id": tenant.organization.id, "name": tenant.organization.name, "contacts": len(tenant.contacts)}
        for tenant in call.state.tenants.values()
    ]
    return {"status": "ok", "now": call.now, "organizations": organizations}


def _document(call: Call) -> Mapping[str, object]:
    return {**document(), "servers": [{"url": call.base_url, "description": "This mock"}]}


HANDLERS: Mapping[str, Handler] = {"getHealth": _health, "getDocument": _document}
