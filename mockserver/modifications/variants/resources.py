"""Other data: other ids, more members, values that nobody knows, and as little or as much as there may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from mockserver.api.pipeline import Parts
from mockserver.modifications.helpers.data import change_resources, rename
from mockserver.modifications.helpers.responses import change_members, edited
from mockserver.tenants.seed.organizations import seed
from mockserver.tenants.tenant import Tenant

_EXTRA = {"object": "resource", "_links": {"self": None}, "tags": ["ünknown", 1, None]}


@dataclass(frozen=True)
class UuidIds:
    """Ids are UUIDs (resources: ids are opaque strings)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        rename(parts, lambda digits: str(UUID(hex=f"{digits[:12]}4{digits[12:15]}8{digits[15:]}{'0' * 10}")))


@dataclass(frozen=True)
class NumericIds:
    """Ids are numbers, written as strings (resources: ids are opaque strings)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        rename(parts, lambda digits: str(int(digits[:14], 16)))


@dataclass(frozen=True)
class ExtraMembers:
    """Every object has members that the document does not name (resources: responses are open)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        healthy = parts.success

        def more(body: dict[str, Any]) -> dict[str, Any]:
            items = [{**item, **_EXTRA} for item in body.get("data", ())]
            return {
                **body,
                **({"data": items, "total": 7} if "data" in body and "nextCursor" in body else {}),
                **_EXTRA,
            }

        parts.success = lambda body: healthy(edited(body, more))
        change_members(parts, lambda members: {**members, **_EXTRA, "code": members["status"]})


@dataclass(frozen=True)
class UnknownValues:
    """Some statuses and types are ones that the document does not know (resources: an enum in a response is open)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        unknown: Mapping[str, Mapping[str, str]] = {
            "contacts": {"qualificationStatus": "under_review"},
            "drafts": {"status": "snoozed", "channel": "carrier_pigeon"},
            "events": {"eventType": "sequence.step_reached"},
            "lists": {},
        }

        def change(collection: str, number: int, resource: dict[str, Any]) -> dict[str, Any]:
            return {**resource, **unknown[collection]} if number % 7 == 3 else resource

        change_resources(parts, change)


@dataclass(frozen=True)
class AllAtOneMoment:
    """Everything was created in one moment, by one import (PAGE-6: also where many items share one timestamp)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        moment = "2026-05-23T10:00:00.000Z"
        change_resources(parts, lambda _collection, _number, resource: {**resource, "createdAt": moment})


@dataclass(frozen=True)
class TinyOrganizations:
    """Organizations have two contacts each, and little else (not tested is not failed)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        _seed_again(parts, 2)


@dataclass(frozen=True)
class LargeOrganizations:
    """Organizations have nine thousand contacts each, more than anyone walks through."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        _seed_again(parts, 9_000)


@dataclass(frozen=True)
class EmptySecondOrganization:
    """The second organization has nothing yet (not tested is not failed)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        emptied = [Tenant(tenant.organization) for tenant in [*parts.tenants.values()][1:]]
        parts.tenants = {**parts.tenants, **{tenant.organization.id: tenant for tenant in emptied}}


@dataclass(frozen=True)
class EmptyOrganizations:
    """No organization has anything yet (not tested is not failed)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        parts.tenants = {key: Tenant(tenant.organization) for key, tenant in parts.tenants.items()}


def _seed_again(parts: Parts, contacts: int) -> None:
    """Seed organizations with so many contacts, in the place of those that there are."""
    tenants = seed(1, len(parts.tenants), contacts, parts.clock.now())
    for tenant, own in zip(tenants, parts.tenants.values(), strict=True):
        tenant.organization = own.organization
    parts.tenants = dict(zip(parts.tenants, tenants, strict=True))


@dataclass(frozen=True)
class BriefMe:
    """Key and organization carry what is required alone (resources: only the members marked * are)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        healthy = parts.success

        def required(body: dict[str, Any]) -> dict[str, Any]:
            if "apiKey" not in body:
                return body
            return {
                "apiKey": {name: body["apiKey"][name] for name in ("id", "name", "prefix", "scopes")},
                "organization": {name: body["organization"][name] for name in ("id", "name")},
            }

        parts.success = lambda body: healthy(edited(body, required))
