"""Organizations: added with made-up data, and removed with all their data."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from mockserver.control.bodies import NewOrganization
from mockserver.control.call import Call, Handler, conflict, missing
from mockserver.tenants.seed.organizations import made_up
from mockserver.tenants.tenant import Tenant

MOST_ORGANIZATIONS = 1_000


def _list(call: Call) -> Mapping[str, object]:
    return {"data": all_shown(call)}


async def _add(call: Call) -> Mapping[str, object]:
    if len(call.state.tenants) >= MOST_ORGANIZATIONS:
        raise conflict(f"There are {MOST_ORGANIZATIONS} organizations already.")
    body = call.read(NewOrganization)
    label = f"{call.world.settings.seed}/made/{call.world.next_number()}"
    # In a thread, so that other requests are answered meanwhile.
    tenant = await asyncio.to_thread(made_up, label, body.name, body.contacts, call.now)
    tenants = call.state.tenants
    if tenant.organization.id in tenants:
        raise conflict("There is an organization with its id already.")
    tenants[tenant.organization.id] = tenant
    return _shown(call, tenant)


def _get(call: Call) -> Mapping[str, object]:
    return _shown(call, named_in_path(call))


def _delete(call: Call) -> None:
    state = call.state
    organization_id = named_in_path(call).organization.id
    if len(state.tenants) == 1:
        raise conflict("The last organization has to stay.")
    for key in state.keys:
        if key.organization_id == organization_id:
            state.keys.remove(key)
    for endpoint in state.webhooks.endpoints:
        if endpoint.organization_id == organization_id:
            state.webhooks.endpoints.remove(endpoint.id)
    if call.world.activity.organization == organization_id:
        call.world.activity.stop()
    del state.tenants[organization_id]


def named_in_path(call: Call) -> Tenant:
    """The tenant of the organization whose id is in the path. Raises Refusal if there is none."""
    tenant = call.state.tenants.get(call.path["id"])
    if tenant is None:
        raise missing("organization")
    return tenant


def all_shown(call: Call) -> list[Mapping[str, object]]:
    """Every organization as JSON has it."""
    return [_shown(call, tenant) for tenant in call.state.tenants.values()]


def _shown(call: Call, tenant: Tenant) -> Mapping[str, object]:
    own = tenant.organization
    return {
        "id": own.id,
        "name": own.name,
        "createdAt": own.created_at,
        "contacts": len(tenant.contacts),
        "lists": len(tenant.lists),
        "drafts": len(tenant.drafts),
        "events": len(tenant.events),
        "keys": sum(key.organization_id == own.id for key in call.state.keys),
    }


HANDLERS: Mapping[str, Handler] = {
    "listOrganizations": _list,
    "addOrganization": _add,
    "getOrganization": _get,
    "deleteOrganization": _delete,
}
