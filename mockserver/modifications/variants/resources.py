"""Other data: other ids, more members, unknown values, and as little or as much data as is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from mockserver.api.pipeline import Pipeline, State
from mockserver.modifications.helpers.data import change_resources, rename
from mockserver.modifications.helpers.responses import change_members, edited
from mockserver.modifications.registry import data_variant, variant
from mockserver.tenants.resource_types import Resource
from mockserver.tenants.seed.organizations import seed
from mockserver.tenants.tenant import Tenant

_EXTRA = {"object": "resource", "_links": {"self": None}, "tags": ["ünknown", 1, None]}


@data_variant()
def uuid_ids(state: State) -> None:
    """Ids are UUIDs (resources: ids are opaque strings)."""
    rename(state, lambda digits: str(UUID(hex=f"{digits[:12]}4{digits[12:15]}8{digits[15:]}{'0' * 10}")))


@data_variant()
def numeric_ids(state: State) -> None:
    """Ids are numbers, written as strings (resources: ids are opaque strings)."""
    rename(state, lambda digits: str(int(digits[:14], 16)))


@variant()
def extra_members(pipeline: Pipeline) -> None:
    """Every object has members that the document does not name (resources: responses are open)."""
    inner = pipeline.success

    def more(body: Resource) -> Resource:
        items = [{**item, **_EXTRA} for item in body.get("data", ())]
        return {
            **body,
            **({"data": items, "total": 7} if "data" in body and "nextCursor" in body else {}),
            **_EXTRA,
        }

    pipeline.success = lambda body: inner(edited(body, more))
    change_members(pipeline, lambda members: {**members, **_EXTRA, "code": members["status"]})


@data_variant()
def unknown_values(state: State) -> None:
    """Some statuses and types have values that the document does not know (resources: an enum in a response is open)."""
    unknown: Mapping[str, Mapping[str, str]] = {
        "contacts": {"qualificationStatus": "under_review"},
        "drafts": {"status": "snoozed", "channel": "carrier_pigeon"},
        "events": {"eventType": "sequence.step_reached"},
        "lists": {},
    }

    def change(collection: str, number: int, resource: Resource) -> Resource:
        return {**resource, **unknown[collection]} if number % 7 == 3 else resource

    change_resources(state, change)


@data_variant()
def all_at_one_moment(state: State) -> None:
    """Everything was created in one moment, by one import (PAGE-6: also if many items share one timestamp)."""
    moment = "2026-05-23T10:00:00.000Z"
    change_resources(state, lambda _collection, _number, resource: {**resource, "createdAt": moment})


@data_variant()
def tiny_organizations(state: State) -> None:
    """Organizations have two contacts each, and little else (not tested is not failed)."""
    _seed_again(state, 2)


@data_variant()
def large_organizations(state: State) -> None:
    """Organizations have nine thousand contacts each, more than anyone walks through."""
    _seed_again(state, 9_000)


@data_variant()
def empty_second_organization(state: State) -> None:
    """The second organization has nothing yet (not tested is not failed)."""
    emptied = [Tenant(tenant.organization) for tenant in [*state.tenants.values()][1:]]
    state.tenants = {**state.tenants, **{tenant.organization.id: tenant for tenant in emptied}}


@data_variant()
def empty_organizations(state: State) -> None:
    """No organization has anything yet (not tested is not failed)."""
    state.tenants = {key: Tenant(tenant.organization) for key, tenant in state.tenants.items()}


def _seed_again(state: State, contacts: int) -> None:
    """Replace the organizations' data by that of organizations with this number of contacts."""
    tenants = seed(1, len(state.tenants), contacts, state.clock.now())
    for tenant, own in zip(tenants, state.tenants.values(), strict=True):
        tenant.organization = own.organization
    state.tenants = dict(zip(state.tenants, tenants, strict=True))


@variant()
def brief_me(pipeline: Pipeline) -> None:
    """Key and organization have only the required members (resources: those marked *)."""
    inner = pipeline.success

    def required(body: Resource) -> Resource:
        if "apiKey" not in body:
            return body
        return {
            "apiKey": {name: body["apiKey"][name] for name in ("id", "name", "prefix", "scopes")},
            "organization": {name: body["organization"][name] for name in ("id", "name")},
        }

    pipeline.success = lambda body: inner(edited(body, required))
