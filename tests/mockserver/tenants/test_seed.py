"""The made-up organizations: reproducible, consistent, and as awkward as they promise."""

from __future__ import annotations

import gc
import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import groupby, pairwise
from typing import Any

import pytest

from mockserver.clock import utc
from mockserver.server.progress import SeedingProgress
from mockserver.tenants.seed.organizations import seed
from mockserver.tenants.seed.timestamps import DAY
from mockserver.tenants.tenant import Tenant
from spec import contract
from tests.support.project import ROOT
from tests.support.tenant_data import (
    COLLECTIONS,
    EVERYTHING,
    NOW,
    assert_drafts_are_consistent,
    assert_lists_are_consistent,
    assert_valid,
    dossiers,
    known,
    listed,
    of,
    singles,
    tenants,
    text_of,
)


@cache
def texts() -> list[str]:
    """What each of `tenants` holds, as one text."""
    return [text_of(tenant) for tenant in tenants()]


def digest(*arguments: Any) -> str:
    return hashlib.sha256("".join(map(text_of, seed(*arguments))).encode()).hexdigest()


def test_the_same_arguments_make_the_same_organizations() -> None:
    assert digest(3, 2, 120, NOW) == digest(3, 2, 120, NOW)


@pytest.mark.parametrize("arguments", [(4, 2, 120, NOW), (3, 3, 120, NOW), (3, 2, 121, NOW), (3, 2, 120, NOW + 1)])
def test_other_arguments_make_other_organizations(arguments: tuple[int, int, int, float]) -> None:
    assert digest(*arguments) != digest(3, 2, 120, NOW)


def test_another_process_makes_the_same_organizations() -> None:
    code = f"from tests.mockserver.tenants.test_seed import digest; print(digest(3, 2, 120, {NOW}))"
    for hash_seed in ("0", "4242"):
        made = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert made.stdout.strip() == digest(3, 2, 120, NOW)


def test_whoever_waits_for_many_contacts_is_told_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("mockserver.tenants.seed.organizations._TOLD_AFTER", 30)
        seed(1, 2, 50, NOW, lambda done, of: told.append((done, of)))
    assert told == [(30, 100), (60, 100), (90, 100), (100, 100)]
    assert gc.isenabled()


def test_progress_is_shown_of_what_takes_long_and_to_its_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0.0, 1.9, 2.1, 4.0, 7.2, 7.3])
    monkeypatch.setattr("mockserver.server.progress.time.monotonic", lambda: next(times))
    progress = SeedingProgress()
    for done in (10, 20, 30, 40, 50):
        progress(done * 1000, 50_000)
    assert capsys.readouterr().err.splitlines() == [f"seeding: {done},000 of 50,000 contacts" for done in (20, 40, 50)]


def test_a_default_organization_is_large_enough() -> None:
    for tenant in tenants():
        assert len(tenant.contacts) == 1000
        assert len(listed(tenant.lists)) >= 60
        assert len(tenant.lists) > len(listed(tenant.lists))
        assert len(tenant.drafts) >= 260
        assert len(tenant.events) >= 300
        assert 10 <= len(dossiers(tenant)) < 1000


@pytest.mark.parametrize("contacts", [0, 1, 2, 3, 10, 49, 250])
def test_small_organizations_are_whole_too(contacts: int) -> None:
    for tenant in seed(5, 3, contacts, NOW):
        assert len(tenant.contacts) == contacts
        for name in COLLECTIONS:
            assert bool(of(name, tenant)) == bool(contacts)
        assert_consistent(tenant)


def test_a_default_organization_is_consistent() -> None:
    for tenant in tenants():
        assert_consistent(tenant)


def assert_consistent(tenant: Tenant) -> None:
    for name, schema in COLLECTIONS.items():
        assert_valid(schema, of(name, tenant))
        assert_valid("Draft" if name == "drafts" else schema, list(singles(tenant, name)))
        for resource in of(name, tenant):
            assert set(resource) == set(contract().schema(schema)["properties"])
    assert_valid("Research", dossiers(tenant))
    for name in ("contacts", "lists", "drafts"):
        for resource in of(name, tenant):
            assert (
                tenant.organization.created_at < resource["createdAt"] <= resource["updatedAt"] < utc(int(NOW * 1000))
            )
    assert_lists_are_consistent(tenant)
    assert_drafts_are_consistent(tenant)
    assert_events_are_consistent(tenant)
    for dossier in dossiers(tenant):
        contact = tenant.contacts.read(dossier["contactId"]) or {}
        assert contact["createdAt"] <= dossier["generatedAt"] < utc(int(NOW * 1000))


def assert_events_are_consistent(tenant: Tenant) -> None:
    collections = {"contact": tenant.contacts, "list": tenant.lists, "draft": tenant.drafts}
    for event in of("events", tenant):
        kind = event["eventType"].partition(".")[0]
        assert event["resource"]["type"] == kind
        resource = collections[kind].read(event["resource"]["id"])
        assert resource
        assert resource["createdAt"] <= event["createdAt"] < utc(int(NOW * 1000))
        assert event["eventType"] != "list.archived" or resource["archivedAt"] <= event["createdAt"]


@pytest.mark.parametrize("tenant", [0, 1])
@pytest.mark.parametrize(
    ("name", "filters"),
    [("contacts", {}), ("lists", {}), ("lists", EVERYTHING), ("drafts", {}), ("events", {})],
)
def test_runs_of_one_timestamp_lie_across_the_borders_of_pages(tenant: int, name: str, filters: dict[str, str]) -> None:
    times = [resource["createdAt"] for resource in listed(getattr(tenants()[tenant], name), **filters)]
    assert times == sorted(times, reverse=True)
    borders = [border for border in range(50, len(times), 50) if border < len(times)]
    assert borders
    assert [border for border in borders if times[border - 1] != times[border]] == []
    lengths = [len(list(run)) for _, run in groupby(times)]
    assert {1, 2} <= set(lengths)
    assert name == "lists" or 100 < max(lengths) < 150


def test_times_may_lie_one_millisecond_apart() -> None:
    for name in COLLECTIONS:
        newest = getattr(tenants()[0], name).rows(EVERYTHING)
        assert 1 in {later[0] - earlier[0] for earlier, later in pairwise(newest)}


def test_ids_are_opaque_and_tell_nothing_of_the_order() -> None:
    for name, prefix in {"contacts": "con", "lists": "lst", "drafts": "drf", "events": "evt"}.items():
        newest_first = [resource["id"] for resource in of(name)]
        assert all(re.fullmatch(prefix + "_[0-9a-f]{20}", resource_id) for resource_id in newest_first)
        ascents = sum(earlier < later for earlier, later in pairwise(newest_first))
        # Ids descend within a run of one timestamp, and in about half of the steps between runs.
        assert 0.05 < ascents / len(newest_first) < 0.5
    assert all(re.fullmatch("org_[0-9a-f]{20}", tenant.organization.id) for tenant in tenants())


def test_every_documented_value_occurs() -> None:
    for tenant in tenants():
        assert {each["qualificationStatus"] for each in of("contacts", tenant)} == set(
            known("Contact", "qualificationStatus")
        )
        assert {each["status"] for each in of("drafts", tenant)} == set(known("DraftSummary", "status"))
        assert {each["eventType"] for each in of("events", tenant)} == set(known("Event", "eventType"))
        steps = {step["type"] for draft in singles(tenant, "drafts") for step in draft["engagement"]}
        assert steps == set(known("Engagement", "type"))


@pytest.mark.parametrize("number", range(5))
def test_every_status_occurs_even_where_drafts_are_few(number: int) -> None:
    (tenant,) = seed(number, 1, 20, NOW)
    assert len(tenant.drafts) == 12
    assert {each["status"] for each in of("drafts", tenant)} == set(known("DraftSummary", "status"))


def test_contacts_are_on_no_list_on_one_and_on_several() -> None:
    sizes = Counter(len(contact["listIds"]) for contact in of("contacts"))
    assert sizes[0] > 50
    assert sizes[1] > 50
    assert sum(sizes[size] for size in sizes if size > 1) > 50
    assert 0 in {each["contactCount"] for each in of("lists")}
    assert any(each["archivedAt"] and each["contactCount"] for each in of("lists"))


def test_some_contacts_have_several_drafts_and_some_none() -> None:
    drafts = Counter(draft["contactId"] for draft in of("drafts"))
    assert max(drafts.values()) > 10
    assert 0 < len(drafts) < 1000
    most = drafts.most_common(1)[0][0]
    assert len({draft["status"] for draft in listed(tenants()[0].drafts, contactId=most)}) > 1


def test_nullable_members_are_null_at_times() -> None:
    for name, schema in COLLECTIONS.items():
        members = contract().schema(schema)["properties"]
        nullable = {member for member in members if "null" in members[member].get("type", ())}
        assert {member for resource in of(name) for member, value in resource.items() if value is None} == nullable
    assert {dossier["expiresAt"] is None for dossier in dossiers(tenants()[0])} == {True, False}


@pytest.mark.parametrize(
    "pattern",
    {
        "accents": "[éüøñç]",
        "quotes": r'\\"',
        "apostrophe": "O'",
        "emoji": "👩‍👩‍👧‍👦",
        "hebrew": "[\u05d0-\u05ea]{3}",
        "arabic": "[\u0627-\u064a]{3}",
        "override": "\u202e",
        "combining": "e\u0308",
        "cjk": "[\u4e00-\u9fff]",
        "markup": "<script>",
        "sql": "DROP TABLE",
        "newline": r"Line\\nBreak",
        "maximal": "A{255}",
        "empty": r'"firstName": ""',
        "dotted": "İPEK",
        "long body": "(We would love to hear from [^.]{1,255}[. ]+){100}",
        "empty body": '"body": ""',
    }.values(),
)
def test_what_breaks_software_occurs(pattern: str) -> None:
    for text in texts():
        assert re.search(pattern, text)


def test_organizations_share_no_id() -> None:
    ids = [
        {tenant.organization.id, *(resource["id"] for name in COLLECTIONS for resource in of(name, tenant))}
        for tenant in seed(1, 10, 60, NOW)
    ]
    assert len(set.union(*ids)) == sum(map(len, ids))


def test_organizations_look_alike() -> None:
    first, second = ({(c["firstName"], c["lastName"], c["companyName"]) for c in of("contacts", t)} for t in tenants())
    assert len(first & second) > 50
    assert [each["createdAt"] for each in of("drafts")] == [each["createdAt"] for each in of("drafts", tenants()[1])]


def test_an_organizations_marker_is_found_in_its_data_alone() -> None:
    aurora, borealis = texts()
    for own, other, marker in ((aurora, borealis, "aurora"), (borealis, aurora, "borealis")):
        assert own.lower().count(marker) > 2000
        assert marker not in other.lower()


def test_more_organizations_than_names_are_told_apart_too() -> None:
    names = [tenant.organization.name for tenant in seed(1, 20, 1, NOW)]
    assert len(set(names)) == 20


def test_a_contact_is_found_by_the_words_of_its_name_and_company_and_by_its_email() -> None:
    contacts = tenants()[0].contacts
    for contact in of("contacts")[::25]:
        fields = [contact["firstName"], contact["lastName"], contact["companyName"]]
        words = [word for field in fields if field for word in field.split() if word.isalnum()]
        for needle in [*words, *([contact["email"]] if contact["email"] else [])]:
            assert contact in listed(contacts, q=needle)
    assert listed(contacts, q="no such contact") == []


def test_no_time_is_further_back_than_the_organization() -> None:
    assert tenants()[0].organization.created_at == utc(int(NOW * 1000) - 800 * DAY)
