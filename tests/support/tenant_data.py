"""The data of made-up organizations, as clients would collect it, and whether it is consistent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs

from mockserver.tenants.collection import Collection
from mockserver.tenants.seed.organizations import seed
from mockserver.tenants.tenant import Tenant
from spec import contract

NOW = 1_780_000_000.5

COLLECTIONS = {"contacts": "Contact", "lists": "ContactList", "drafts": "DraftSummary", "events": "Event"}

EVERYTHING = {"includeArchived": "1"}

Resource = dict[str, Any]


@cache
def tenants() -> list[Tenant]:
    return seed(1, 2, 1000, NOW)


def listed(collection: Collection, **filters: str) -> list[Resource]:
    """All items under the filters, newest first, as a client would collect them."""
    items: list[Resource] = []
    after = None
    while True:
        page = collection.page(filters, after, 200)
        items += map(json.loads, page.items)
        if (after := page.next) is None:
            return items


def of(name: str, tenant: Tenant | None = None) -> list[Resource]:
    return listed(getattr(tenant or tenants()[0], name), **EVERYTHING)


def singles(tenant: Tenant, name: str) -> Iterator[Resource]:
    for resource in of(name, tenant):
        yield json.loads(getattr(tenant, name).get(resource["id"]))


def dossiers(tenant: Tenant) -> list[Resource]:
    found = (tenant.research.get(contact["id"]) for contact in of("contacts", tenant))
    return [json.loads(dossier) for dossier in found if dossier]


def text_of(tenant: Tenant) -> str:
    """Everything that a tenant holds, as one text."""
    everything = [*(list(singles(tenant, name)) for name in COLLECTIONS), dossiers(tenant)]
    return json.dumps([str(tenant.organization), everything], ensure_ascii=False)


def known(schema: str, member: str) -> list[str]:
    values: list[str] = contract().schema(schema)["properties"][member]["x-known-values"]
    return values


def assert_valid(schema: str, resources: list[Resource]) -> None:
    validator = jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": contract().document["components"]},
        validate_formats=True,
    )
    for resource in resources:
        assert [error.message for error in validator.iter_errors(resource)] == []


def assert_lists_are_consistent(tenant: Tenant) -> None:
    on_list = Counter(list_id for contact in of("contacts", tenant) for list_id in contact["listIds"])
    lists = of("lists", tenant)
    assert on_list.keys() <= {each["id"] for each in lists}
    for each in lists:
        assert each["contactCount"] == on_list[each["id"]] == len(listed(tenant.contacts, listId=each["id"]))
        assert each["archivedAt"] is None or each["createdAt"] <= each["archivedAt"] <= each["updatedAt"]


def assert_drafts_are_consistent(tenant: Tenant) -> None:
    for summary, draft in zip(of("drafts", tenant), singles(tenant, "drafts"), strict=True):
        assert summary.items() <= draft.items()
        assert {"body", "engagement"} == draft.keys() - summary.keys()
        assert " ".join(draft["body"].split()).startswith(draft["snippet"])
        contact = tenant.contacts.read(draft["contactId"]) or {}
        assert contact["createdAt"] <= draft["createdAt"]
        times = [step["occurredAt"] for step in draft["engagement"]]
        assert times == sorted(times)
        assert draft["sentAt"] == (times[0] if times else None)
        assert (draft["status"] in ("sent", "replied", "bounced")) == bool(times)
        assert all(draft["createdAt"] <= time <= draft["updatedAt"] for time in times)
        assert {step["type"] for step in draft["engagement"]} <= set(known("Engagement", "type"))
