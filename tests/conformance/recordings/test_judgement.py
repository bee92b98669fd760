"""Recorded exchanges are judged by what each of them shows. What they cannot show is never counted as a violation."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

import spec
from conformance.recordings.archive import ArchiveError, read
from conformance.recordings.judgement import RecordingResult, RequirementTally, judge
from conformance.recordings.traffic import recording
from tests.support.archives import CONTACT, KEY, archive, entry, page, problem

REDACTED = ["[REDACTED]", "<redacted>", "obk_live_…IJ01", "****************", "XXXXXXXXXXXX", "REMOVED"]
CUT = json.dumps({"data": [CONTACT]})[:40]


def judged(folder: Path, *entries: Any, base_url: str | None = None) -> RecordingResult:
    return judge(recording(read(archive(folder, *entries)), base_url), spec.requirements())


def row(result: RecordingResult, id_: str) -> RequirementTally:
    return next(row for row in result.rows if row.requirement.id == id_)


def broken(result: RecordingResult) -> set[str]:
    return {row.requirement.id for row in result.broken()}


def test_what_keeps_the_contract_is_kept(tmp_path: Path) -> None:
    result = judged(tmp_path, entry(), entry("/contacts/con_2", 404, problem()))
    kept = {row.requirement.id for row in result.rows if row.status == "kept"}
    assert {"OP-1", "PAGE-1", "PAGE-4", "PAGE-8", "ERROR-1", "ERROR-6", "TENANT-8", "RATE-1"} <= kept
    assert broken(result) == set()
    assert result.exit_code() == 0


@pytest.mark.parametrize(
    ("requirement", "wrong"),
    [
        ("OP-1", entry(body=page({**CONTACT, "qualificationScore": "61"}))),
        ("OP-1", entry(status=203)),
        ("PAGE-1", entry(body=json.dumps([CONTACT]))),
        ("PAGE-4", entry("/contacts?limit=500", body=page(*[CONTACT] * 201))),
        ("PAGE-8", entry(body=json.dumps({"data": [CONTACT], "nextCursor": ""}))),
        ("TENANT-8", entry(headers={"cache-control": "public"})),
        ("ERROR-1", entry("/nowhere", 404, "<html>", headers={"content-type": "text/html"})),
        ("ERROR-2", entry("/contacts/x", 404, problem(title=None))),
        ("ERROR-3", entry("/contacts/x", 404, problem(400))),
        ("ERROR-5", entry("/me", 500, problem(500))),
        ("ERROR-6", entry("/contacts/x", 404, problem(detail="SELECT * FROM contacts"))),
        ("ERROR-6", entry("/contacts/x", 401, problem(401, detail=f"no key {KEY}"))),
        ("RATE-1", entry(headers={"x-ratelimit-reset": "1777636800000"})),
        ("RATE-5", entry("/me", 429, problem(429))),
    ],
)
def test_what_breaks_a_requirement_is_found_and_its_entry_is_told(
    tmp_path: Path, requirement: str, wrong: dict[str, Any]
) -> None:
    found = row(judged(tmp_path, entry(), wrong), requirement)
    assert (found.status, found.broken, [one.index for one in found.evidence]) == ("broken", 1, [1])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"size": 400, "mimeType": "application/json"}, "was not recorded"),
        ({"size": -1, "mimeType": "application/json"}, "was not recorded"),
        ({"size": 400, "text": ""}, "was not recorded"),
        ({"size": 400, "text": CUT}, "was cut"),
        ({"size": 0, "text": f"{CUT}… (250000 bytes)"}, "was cut"),
        ({"size": 40, "text": "%%%", "encoding": "base64"}, "cannot be read"),
        ({"size": 40, "text": "e30", "encoding": "rot13"}, "cannot be read"),
        ({"size": 40, "text": "\ud800"}, "halves of characters"),
    ],
)
def test_an_answer_whose_body_is_not_whole_is_judged_by_its_headers_alone(
    tmp_path: Path, content: dict[str, Any], reason: str
) -> None:
    result = judged(tmp_path, entry(content=content))
    assert row(result, "OP-1").status == "not-judged"
    assert reason in next(iter(row(result, "OP-1").unjudged))
    assert (row(result, "RATE-1").status, broken(result)) == ("kept", set())


def test_a_body_in_base64_is_judged(tmp_path: Path) -> None:
    encoded = base64.b64encode(page({"id": 7}).encode()).decode()
    result = judged(tmp_path, entry(content={"size": 1, "text": encoded, "encoding": "base64"}))
    assert broken(result) == {"OP-1"}


def test_a_whole_body_that_is_no_json_breaks_its_schema(tmp_path: Path) -> None:
    assert broken(judged(tmp_path, entry(body="oops"))) == {"OP-1", "PAGE-1"}


def test_half_of_a_surrogate_pair_in_a_body_breaks_its_schema(tmp_path: Path) -> None:
    result = judged(tmp_path, entry(body=page({**CONTACT, "qualificationScore": "\ud800"})))
    assert "half of a surrogate pair" in row(result, "OP-1").evidence[0].fault


def test_an_answer_without_recorded_headers_is_judged_by_its_status_alone(tmp_path: Path) -> None:
    bare = entry("/me", 503, problem(503))
    bare["response"]["headers"] = []
    result = judged(tmp_path, bare)
    assert broken(result) == {"ERROR-5"}
    assert row(result, "RATE-1").status == "not-judged"


@pytest.mark.parametrize("mark", REDACTED)
def test_a_mark_in_the_place_of_the_key_is_no_secret(tmp_path: Path, mark: str) -> None:
    refused = entry("/contacts/x", 401, problem(401, detail=f"the key {mark} does not count"), key=mark)
    result = judged(tmp_path, refused, entry(key=mark))
    assert broken(result) == set()
    assert "whether the answer repeats it cannot be told" in next(iter(row(result, "ERROR-6").unjudged))


@pytest.mark.parametrize("mark", REDACTED)
def test_a_difference_beside_marks_of_redaction_is_not_held_against_the_target(tmp_path: Path, mark: str) -> None:
    # A mark does not have the form of a date.
    result = judged(tmp_path, entry(body=page({**CONTACT, "createdAt": mark})))
    assert row(result, "OP-1").status == "not-judged"


def test_a_redacted_header_is_not_judged(tmp_path: Path) -> None:
    result = judged(tmp_path, entry(headers={"x-ratelimit-reset": "[REDACTED]"}))
    assert row(result, "RATE-1").status == "not-judged"


def test_redaction_does_not_hide_what_it_cannot_cause(tmp_path: Path) -> None:
    shown = problem(500, instance="[REDACTED]", detail="SELECT * FROM contacts")
    assert broken(judged(tmp_path, entry("/me", 500, shown))) == {"ERROR-5", "ERROR-6"}


def test_where_no_key_is_shown_at_all_answers_other_than_401_are_taken_for_answers_to_a_key(tmp_path: Path) -> None:
    without = {"x-ratelimit-limit": ""}
    result = judged(
        tmp_path, entry(key=None, headers=without), entry("/me", 401, problem(401), key=None, headers=without)
    )
    assert (row(result, "RATE-1").broken, row(result, "RATE-1").tried) == (1, 1)


def test_where_keys_are_shown_a_request_without_one_had_none(tmp_path: Path) -> None:
    result = judged(tmp_path, entry(), entry(key=None, headers={"x-ratelimit-limit": ""}))
    assert row(result, "RATE-1").tried == 1


def test_what_is_not_the_apis_is_skipped_and_counted(tmp_path: Path) -> None:
    others = [
        entry("https://cdn.example/app.js"),
        entry("https://other.example/api/v1/track", 404, "<html>"),
        entry("chrome-extension://x/api/v1/me"),
        entry("https://[::1/api/v1/me"),
        entry("https://api.example//api/v1/me", 404, "<html>"),
        entry("/contacts", 200, method="OPTIONS"),
        entry("/contacts", 0, ""),
        entry("/contacts", 200, "stale", _fromCache="disk"),
    ]
    result = judged(tmp_path, entry(), *others)
    assert [kept.index for kept in result.recording.kept] == [0]
    assert sum(result.recording.skipped.values()) == len(others)


@pytest.mark.parametrize("url", ["https://cdn.example/app.js", "data:text/plain,x", "https://other.example/api/v1/me"])
@pytest.mark.parametrize(
    "members",
    [
        {"startedDateTime": None},
        {"startedDateTime": ""},
        {"time": "?"},
        {"response": None},
        {"response": {"status": None, "headers": None}},
    ],
)
def test_an_odd_entry_that_is_not_the_apis_is_skipped_like_any_other(
    tmp_path: Path, members: dict[str, Any], url: str
) -> None:
    odd, own = {**entry(url), **members}, entry(body="oops")
    result = judged(tmp_path, odd, own, base_url="https://api.example")
    assert dict(result.recording.skipped) == {"not of the API": 1}
    assert [one.index for one in row(result, "OP-1").evidence] == [1]
    with pytest.raises(ArchiveError, match=r"traffic\.har: no HTTP Archive: log\.entries\[1\]: "):
        judged(tmp_path, own, {**entry(), **members})


def test_what_no_server_answered_and_what_leads_to_https_is_skipped(tmp_path: Path) -> None:
    plain, silent = "http://api.example/api/v1/contacts", {"x-ratelimit-limit": "", "x-ratelimit-reset": ""}
    leads = {**silent, "location": "https://api.example/api/v1/contacts"}
    by_the_browser = entry(status=307, body="", headers={**silent, "non-authoritative-reason": "WebRequest API"})
    from_a_worker = [entry(body="stale") for _ in range(2)]
    for made, source in zip(from_a_worker, ("cache-storage", "fallback-code"), strict=True):
        made["response"]["_serviceWorkerResponseSource"] = source
    switching = entry(status=101, body="", headers=silent)
    result = judged(tmp_path, entry(), entry(plain, 301, "", headers=leads), by_the_browser, *from_a_worker, switching)
    assert broken(result) == set()
    assert dict(result.recording.skipped) == {
        "led from http to https": 1,
        "answered by the browser itself": 2,
        "answered from the browser's cache": 1,
        "without an answer": 1,
    }


def test_any_other_redirect_and_what_a_worker_fetched_are_judged(tmp_path: Path) -> None:
    elsewhere = {"x-ratelimit-limit": "", "location": "https://login.example/"}
    fetched = entry(headers={"x-ratelimit-limit": ""})
    fetched["response"]["_serviceWorkerResponseSource"] = "network"
    plain = entry("http://api.example/api/v1/contacts", 302, "", headers=elsewhere)
    assert row(judged(tmp_path, plain, entry(status=302, body="", headers=elsewhere), fetched), "RATE-1").broken == 3


def test_the_api_is_found_at_any_host_and_under_any_path(tmp_path: Path) -> None:
    behind = "https://Gateway.example:443/outbound/api/v1"
    result = judged(tmp_path, entry(), entry(f"{behind}/me?x=1", 500, ""), entry(f"{behind}/nowhere", 404, "<html>"))
    assert list(result.recording.bases) == ["https://api.example", "https://gateway.example/outbound"]
    assert row(result, "ERROR-5").tried == 3


def test_a_base_url_picks_one_api(tmp_path: Path) -> None:
    wrong = entry("https://staging.example/api/v1/me", 500, problem(500))
    assert broken(judged(tmp_path, entry(), wrong, base_url="https://api.example/")) == set()
    assert broken(judged(tmp_path, entry(), wrong, base_url="https://staging.example/api/v1")) == {"ERROR-5"}


def test_an_operation_is_told_by_its_path(tmp_path: Path) -> None:
    contact = json.dumps({**CONTACT, "id": 5})
    result = judged(tmp_path, entry("/contacts/a%20b", body=contact), entry("/contacts/a/b", body=contact), entry())
    assert [one.index for one in row(result, "OP-1").evidence] == [0]


def test_secrets_are_shown_in_no_evidence(tmp_path: Path) -> None:
    where = f"/contacts/{KEY}?token=tok-secret-123&limit=5&q=Ann"
    echo = page({**CONTACT, "createdAt": f"{KEY} and cookie-secret"})
    wrong = entry(where, body=echo, sent={"Cookie": "session=cookie-secret; a=b"})
    wrong["request"]["url"] = wrong["request"]["url"].replace("https://", "https://user:password@")
    server = entry("/contacts?token=tok-secret-123", 500, problem(500))
    found = [
        one for row in judged(tmp_path, wrong, entry("/contacts?x=1", body=echo), server).rows for one in row.evidence
    ]
    text = repr(found)
    assert found
    assert "limit=5&q=Ann" in text
    for secret in (KEY, "tok-secret-123", "password"):
        assert secret not in text


def test_nothing_to_judge_is_no_verdict(tmp_path: Path) -> None:
    assert judged(tmp_path).exit_code() == judged(tmp_path, entry("https://cdn.example/app.js")).exit_code() == 3


def test_a_should_binds_under_strict_alone(tmp_path: Path) -> None:
    recorded = recording(read(archive(tmp_path, entry(headers={"cache-control": "public"}))))
    codes = [judge(recorded, spec.requirements(), strict=strict).exit_code() for strict in (False, True)]
    assert codes == [0, 1]
