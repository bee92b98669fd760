"""The sales team: reproducible, consistent, never idle, and no larger after days than after hours."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from mockserver.clock import utc
from mockserver.tenants.seed import simulation
from mockserver.tenants.seed.organizations import seed
from mockserver.tenants.seed.simulation import SalesTeam
from mockserver.tenants.tenant import Organization, Tenant
from tests.support.tenant_data import (
    COLLECTIONS,
    NOW,
    assert_drafts_are_consistent,
    assert_lists_are_consistent,
    assert_valid,
    known,
    of,
    singles,
    text_of,
)

STEPS = 1500


def work(tenant: Tenant, seed: int, steps: int, pace: float = 0.5) -> list[dict[str, Any]]:
    team = SalesTeam(tenant, Random(seed))
    return [event for number in range(steps) for event in team.step(NOW + number * pace)]


@pytest.fixture(scope="module")
def worked() -> tuple[Tenant, list[dict[str, Any]]]:
    (tenant,) = seed(1, 1, 200, NOW)
    return tenant, work(tenant, 1, STEPS)


def test_the_same_seed_works_the_same_and_another_works_otherwise() -> None:
    (tenant,) = seed(1, 1, 60, NOW)
    twin, other = tenant.copy(), tenant.copy()
    events = work(tenant, 1, 200)
    assert [event["id"] for event in work(twin, 1, 200)] == [event["id"] for event in events]
    assert hash(text_of(twin)) == hash(text_of(tenant))
    assert [event["eventType"] for event in work(other, 2, 200)] != [event["eventType"] for event in events]


def test_every_kind_of_event_happens_and_is_logged(worked: tuple[Tenant, list[dict[str, Any]]]) -> None:
    tenant, events = worked
    assert len(events) >= STEPS
    happened = Counter(event["eventType"] for event in events)
    assert set(happened) == set(known("Event", "eventType"))
    assert all(json.loads(tenant.single("events", event["id"]) or "0") == event for event in events)


def test_the_data_stays_valid_and_consistent(worked: tuple[Tenant, list[dict[str, Any]]]) -> None:
    tenant, _ = worked
    for name, schema in COLLECTIONS.items():
        assert_valid(schema, of(name, tenant))
    assert_valid("Draft", list(singles(tenant, "drafts")))
    assert_lists_are_consistent(tenant)
    assert_drafts_are_consistent(tenant)
    assert "borealis" not in text_of(tenant).lower()


def test_events_are_true_when_they_happen() -> None:
    (tenant,) = seed(2, 1, 60, NOW)
    team = SalesTeam(tenant, Random(2))
    true_of: dict[str, Callable[[Any], Any]] = {
        "contact.qualified": lambda contact: contact["qualificationStatus"] == "qualified",
        "list.archived": lambda contact_list: contact_list["archivedAt"],
        "draft.approved": lambda draft: draft["status"] == "approved",
        "draft.sent": lambda draft: draft["status"] == "sent" and draft["sentAt"],
        "draft.opened": lambda draft: draft["engagement"][-1]["type"] == "opened",
        "draft.clicked": lambda draft: draft["engagement"][-1]["type"] == "clicked",
        "draft.replied": lambda draft: draft["status"] == draft["engagement"][-1]["type"] == "replied",
        "draft.bounced": lambda draft: draft["status"] == draft["engagement"][-1]["type"] == "bounced",
    }
    for number in range(600):
        now = NOW + number
        for event in team.step(now):
            kind, _, what = event["eventType"].partition(".")
            resource = json.loads(tenant.single(f"{kind}s", event["resource"]["id"]) or "0")
            assert resource["createdAt" if what == "created" else "updatedAt"] == event["createdAt"]
            assert event["createdAt"] == utc(int(now * 1000))
            assert true_of.get(event["eventType"], lambda resource: resource["id"])(resource)


def test_a_team_that_works_for_days_keeps_what_was_there_and_no_more_than_so_much_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(simulation, "_KEPT", {"contacts": 30, "drafts": 20, "lists": 3})
    monkeypatch.setattr("mockserver.tenants.tenant._LOG", 100)
    (tenant,) = seed(1, 1, 20, NOW)
    before = {name: {each["id"] for each in of(name, tenant)} for name in ("contacts", "lists")}
    work(tenant, 1, STEPS)
    for name, ids in before.items():
        assert ids <= {each["id"] for each in of(name, tenant)}
    assert len(tenant.contacts) == 50
    assert len(tenant.drafts) <= 12 + 20
    assert len(tenant.lists) <= 6 + 3
    assert len(tenant.events) == 110
    assert len(tenant.research) <= 50
    assert_lists_are_consistent(tenant)


@pytest.mark.parametrize("pace", [0.0, -1.0])
def test_a_clock_that_stands_or_was_set_back_stops_nobody(pace: float) -> None:
    (tenant,) = seed(1, 1, 20, NOW)
    assert len(work(tenant, 1, 300, pace)) >= 300
    assert_lists_are_consistent(tenant)


def test_an_organization_without_anything_gets_to_work_too() -> None:
    tenant = Tenant(Organization("org_1", "日本", utc(0)))
    events = work(tenant, 1, STEPS)
    assert set(known("Event", "eventType")) - {event["eventType"] for event in events} <= {"list.archived"}
    assert "@" in json.dumps(of("contacts", tenant))
