"""A recorded exchange shows parts of further requirements if a client happened to ask what the gate asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import spec
from conformance.recordings.archive import read
from conformance.recordings.judgement import judge
from conformance.recordings.oracles import SINGLE
from conformance.recordings.traffic import recording
from tests.support.archives import CONTACT, archive, entry, page, problem

LIST = {
    "id": "lst_1",
    "name": "All",
    "contactCount": 1,
    "archivedAt": None,
    "createdAt": CONTACT["createdAt"],
    "updatedAt": CONTACT["updatedAt"],
}
ARCHIVED = {**LIST, "archivedAt": CONTACT["createdAt"]}
ON_A_LIST = {**CONTACT, "listIds": ["lst_1", "lst_2"]}


def statuses(folder: Path, *entries: Any) -> dict[str, str]:
    result = judge(recording(read(archive(folder, *entries))), spec.requirements())
    return {row.requirement.id: row.status for row in result.rows}


@pytest.mark.parametrize(
    ("requirement", "right", "wrong"),
    [
        (
            "AUTH-5",
            entry("/me", 401, problem(401), headers={"www-authenticate": 'Bearer realm="api"'}),
            entry("/me", 401, problem(401), headers={"www-authenticate": "Basic"}),
        ),
        (
            "SCOPE-5",
            entry("/contacts", 403, problem(403, detail="Needs contacts.read.")),
            entry("/contacts", 403, problem(403)),
        ),
        (
            "OP-7",
            entry("/me", 405, problem(405), method="POST", headers={"allow": "GET"}),
            entry("/me", 405, problem(405), method="POST"),
        ),
        ("PAGE-2", entry(body=page(*[CONTACT] * 50)), entry(body=page(*[CONTACT] * 51))),
        (
            "PAGE-3",
            entry("/contacts?limit=2", body=page(*[CONTACT] * 2)),
            entry("/contacts?limit=2", body=page(*[CONTACT] * 3)),
        ),
        ("FILTER-1", entry("/contacts?listId=lst_2", body=page(ON_A_LIST)), entry("/contacts?listId=lst_2")),
        ("FILTER-2", entry("/contacts?qualificationStatus=qualified"), entry("/contacts?qualificationStatus=pending")),
        ("FILTER-4", entry("/lists", body=page(LIST)), entry("/lists", body=page(LIST, ARCHIVED))),
        (
            "FILTER-8",
            entry("/contacts?listId=lst_1&qualificationStatus=qualified", body=page(ON_A_LIST)),
            entry("/contacts?listId=lst_3&qualificationStatus=qualified", body=page(ON_A_LIST)),
        ),
        (
            "PAGE-10",
            entry("/contacts?cursor=x&listId=lst_1", body=page(ON_A_LIST)),
            entry("/contacts?cursor=x&listId=lst_3", body=page(ON_A_LIST)),
        ),
        ("ERROR-4", entry("/me", 404, problem()), entry("/me", 404, problem(type="about:blank"))),
        (
            "RATE-6",
            entry("/me", 429, problem(429), headers={"retry-after": "60"}),
            entry("/me", 429, problem(429), headers={"retry-after": "61"}),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_requirement_is_kept_by_one_answer_and_broken_by_the_other(
    tmp_path: Path, requirement: str, right: dict[str, Any], wrong: dict[str, Any]
) -> None:
    assert (statuses(tmp_path, right)[requirement], statuses(tmp_path, right, wrong)[requirement]) == ("kept", "broken")


@pytest.mark.parametrize(
    "path",
    [
        "/contacts?listId=lst_1&listId=lst_3",
        "/contacts?listId=",
        "/contacts?listId=[REDACTED]",
        "/contacts?q=nobody",
        "/contacts?status=sent",
        "/contacts?cursor=x",
        "/contacts?limit=0",
        "/contacts?limit=500",
        "/contacts?limit=abc",
    ],
)
def test_a_request_that_does_not_say_what_is_to_be_shown_is_no_case(tmp_path: Path, path: str) -> None:
    found = statuses(tmp_path, entry(path, body=page(*[CONTACT] * 60)))
    further = {id_: status for id_, status in found.items() if id_.startswith("FILTER") or id_ in ("PAGE-3", "PAGE-10")}
    assert set(further.values()) == {"not-shown"}


@pytest.mark.parametrize("query", ["?includeArchived=1", "?includeArchived=true", "?cursor=x"])
def test_archived_lists_are_no_case_where_they_may_have_been_asked_for(tmp_path: Path, query: str) -> None:
    found = statuses(tmp_path, entry(f"/lists{query}", body=page(ARCHIVED)))
    assert (found["FILTER-4"], found["PAGE-10"]) == ("not-shown", "not-shown")


def test_a_redacted_member_is_not_taken_for_one_that_the_filter_excludes(tmp_path: Path) -> None:
    hidden = page({**CONTACT, "qualificationStatus": "[REDACTED]"})
    assert statuses(tmp_path, entry("/contacts?qualificationStatus=qualified", body=hidden))["FILTER-2"] == "not-judged"


def test_a_page_whose_body_was_not_recorded_could_not_be_judged(tmp_path: Path) -> None:
    found = statuses(tmp_path, entry("/contacts?listId=lst_1&limit=5", content={"size": 400}))
    assert (found["FILTER-1"], found["PAGE-3"]) == ("not-judged", "not-judged")


def test_an_unusable_page_is_op_1s_affair_alone(tmp_path: Path) -> None:
    found = statuses(tmp_path, entry("/contacts?listId=lst_1", body=json.dumps({"data": [7]})))
    assert (found["OP-1"], found["FILTER-1"]) == ("broken", "not-shown")


def test_each_requirement_is_judged_by_one_oracle() -> None:
    assert len({oracle.requirement for oracle in SINGLE}) == len(SINGLE)
