"""Contacts that come into being while a client is at work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mockserver.control.route import BadInput, Route

if TYPE_CHECKING:
    from mockserver.parts import Parts
    from mockserver.tenants.tenant import Tenant


def _add(parts: Parts, body: Mapping[str, Any]) -> Mapping[str, Any]:
    tenant = chosen(parts, body)
    number = len(tenant.contacts) + 1
    return tenant.add_contact(
        parts.clock.now(),
        firstName="Added",
        lastName=f"Number {number}",
        email=f"added.{number}@example.com",
        companyName="Control & Co.",
    )


def chosen(parts: Parts, body: Mapping[str, Any]) -> Tenant:
    """The tenant of the body's `organization` (an id), the first without one. Raises BadInput for an unknown one."""
    organization = body.get("organization")
    if organization is None:
        return next(iter(parts.tenants.values()))
    if not isinstance(organization, str) or organization not in parts.tenants:
        raise BadInput(f"organization must be one of {', '.join(parts.tenants)}")
    return parts.tenants[organization]


ROUTES = (Route("POST", "/_mock/contacts", _add),)
