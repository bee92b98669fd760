"""Changes of the organizations' data before a mock serves it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from mockserver.api.keys import KeyRing
from mockserver.tenants.resource_types import Resource
from mockserver.tenants.tenant import Organization, Tenant

if TYPE_CHECKING:
    from mockserver.api.pipeline import State

COLLECTIONS = ("contacts", "lists", "drafts", "events")

_ID = re.compile(r"\b(?:con|lst|drf|evt|org)_([0-9a-f]{20})\b")


def change_resources(state: State, change: Callable[[str, int, Resource], Resource]) -> None:
    """Replace every resource: `change` gets its collection, its number from the oldest, and the resource."""
    for tenant in state.tenants.values():
        for collection in COLLECTIONS:
            store = getattr(tenant, collection)
            everything = store.rows({"includeArchived": "1"} if collection == "lists" else {})
            resources = [json.loads(row.single) for row in everything]
            store.extend([change(collection, number, resource) for number, resource in enumerate(resources)])


def rename(state: State, spelled: Callable[[str], str]) -> None:
    """Replace the ids of all resources and organizations: `spelled` gets the twenty hexadecimal digits of each."""

    def renamed(text: str) -> str:
        return _ID.sub(lambda found: spelled(found[1]), text)

    tenants = [_renamed(tenant, renamed) for tenant in state.tenants.values()]
    ids = dict(zip(state.tenants, (tenant.organization.id for tenant in tenants), strict=True))
    state.tenants = {tenant.organization.id: tenant for tenant in tenants}
    state.keys = KeyRing([replace(key, organization_id=ids[key.organization_id]) for key in state.keys])


def _renamed(tenant: Tenant, renamed: Callable[[str], str]) -> Tenant:
    own = tenant.organization
    again = Tenant(Organization(renamed(own.id), own.name, own.created_at))
    for collection in COLLECTIONS:
        everything = getattr(tenant, collection).rows({"includeArchived": "1"} if collection == "lists" else {})
        getattr(again, collection).extend([json.loads(renamed(row.single.decode())) for row in everything])
    for row in tenant.contacts.rows({}):
        dossier = tenant.research.get(row.id)
        if dossier:
            again.research.put(json.loads(renamed(dossier.decode())))
    return again
