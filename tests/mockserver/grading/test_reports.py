"""The grade as files and in the terminal."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
import pytest

from mockserver.grading import report
from mockserver.grading.records import Run
from mockserver.grading.report import terminal
from mockserver.grading.verdict import Grade, LeftOut, rulings, why_not_graded
from tests.support.graded_runs import CONTACTS, ME, Story

SECRET = "obk_live_" + "s3cret" * 6
STARTED = datetime(2026, 5, 1, 12, tzinfo=UTC)


def runs() -> tuple[Run, ...]:
    """A client that puts its key into the query, is refused once and returns too early, and asks for the id `undefined`."""
    plain = Story().ask(f"{ME}?key={SECRET}", leaks=(f"the query parameter `{SECRET}`",)).page(CONTACTS, 5)
    plain.ask(f"{CONTACTS}/undefined", 404, request_headers=(("authorization", f"Bearer {SECRET}"),))
    trial = Story("one-429", plain.run()).refused(CONTACTS, 5).page(CONTACTS, 5, wait=1, connection=2)
    return plain.run(seconds=1.5), trial.run(exit_code=1, seconds=2.0)


def grade(**changes: Any) -> Grade:
    seen = runs()
    made = Grade(("./sync", "--key", SECRET), STARTED, STARTED + timedelta(seconds=4), seen, rulings(seen))
    return replace(made, **changes)


@pytest.mark.parametrize("name", report.FILES)
def test_no_file_shows_a_key(name: str) -> None:
    text = report.FILES[name](grade())
    assert SECRET not in text
    assert "s3cret" * 2 not in text


def test_the_terminal_shows_no_key() -> None:
    assert "s3cret" * 2 not in terminal.text(grade())


def test_the_files_are_written_into_a_folder_that_is_made(tmp_path: Path) -> None:
    report.write(grade(), tmp_path / "a" / "b")
    assert {file.name for file in (tmp_path / "a" / "b").iterdir()} == set(report.FILES)


def test_grade_json_has_the_members_of_the_contract() -> None:
    told = json.loads(report.FILES["grade.json"](grade()))
    assert told["verdict"] == "broken"
    assert (told["startedAt"], told["finishedAt"]) == ("2026-05-01T12:00:00.000Z", "2026-05-01T12:00:04.000Z")
    assert {"trial": "one-429", "exitCode": 1, "requests": 2}.items() <= told["runs"][1].items()
    pace = next(row for row in told["requirements"] if row["id"] == "PACE-1")
    assert pace["status"] == "broken"
    assert pace["trials"] == {"plain": "not-seen", "one-429": "broken"}
    assert pace["evidence"][0]["run"] == "one-429"
    assert pace["evidence"][0]["numbers"] == [1, 2]
    assert set(pace) == {"id", "level", "title", "basis", "status", "reason", "trials", "evidence"}
    assert pace["reason"] is None


def test_the_archive_shows_no_key_in_the_address_that_a_redirect_leads_to() -> None:
    seen = (Story().ask(ME, 307, headers=(("location", f"http://127.0.0.1:1{ME}?key={SECRET}"),)).run(),)
    (entry,) = json.loads(report.FILES["requests.har"](grade(runs=seen)))["log"]["entries"]
    assert entry["response"]["redirectURL"] == f"http://127.0.0.1:1{ME}?key=obk_live_…{SECRET[-4:]}"


@pytest.mark.parametrize("name", report.FILES)
def test_no_file_shows_a_key_that_a_header_holds_in_another_spelling(name: str) -> None:
    spelled = b64encode(SECRET.encode()).decode()
    headers = (("Authorization", f"Bearer {SECRET}"), ("X-Client", spelled), ("X-Agent", f"sync, {SECRET}"))
    seen = (Story().ask(ME, request_headers=headers, leaks=("the header `X-Client`", "the header `X-Agent`")).run(),)
    text = report.FILES[name](grade(runs=seen, rulings=rulings(seen)))
    assert spelled not in text
    assert SECRET not in text
    assert name != "requests.har" or "sync, obk_live_" in text


def test_a_finding_with_very_many_requests_has_links_to_the_first_ones() -> None:
    story = Story()
    for _ in range(40):
        story.ask(CONTACTS)
    seen = (story.run(),)
    page = report.FILES["grade.html"](grade(runs=seen, rulings=rulings(seen)))
    (finding,) = (line for line in page.splitlines() if "was sent 40 times" in line)
    assert (finding.count("<a href"), finding.count("#12</a> and 28 more")) == (12, 1)


def unseen() -> Grade:
    """A grade in which the trials over TLS could not be run, for a reason that holds a key."""
    left_out = [LeftOut(trial, f"nobody trusts *it* with {SECRET}") for trial in ("wrong-host", "expired-certificate")]
    return grade(rulings=rulings(runs(), left_out))


@pytest.mark.parametrize("name", [name for name in report.FILES if name != "requests.har"])
def test_every_file_tells_why_a_requirement_could_not_be_seen(name: str) -> None:
    text = report.FILES[name](unseen())
    assert text.replace("\\", "").count("nobody trusts *it* with ") == 1
    assert SECRET not in text


def test_the_terminal_tells_why_a_requirement_could_not_be_seen() -> None:
    lines = click.unstyle(terminal.text(unseen())).splitlines()
    (at,) = (number for number, line in enumerate(lines) if line.startswith("– KEY-4"))
    assert lines[at + 1].startswith("    not seen: nobody trusts *it* with ")


def test_a_requirement_that_was_seen_has_no_reason_why_it_was_not() -> None:
    plain = Story("well-certified").ask(ME).run()
    seen = [Story("wrong-host", plain).run()]
    (key,) = (one for one in rulings(seen, [LeftOut("unknown-authority", "why")]) if one.requirement.id == "KEY-4")
    assert (key.status, key.reason) == ("kept", "")


def test_junit_fails_for_musts_and_skips_what_was_not_seen() -> None:
    suite = ElementTree.fromstring(report.FILES["junit.xml"](grade()))
    failed = [case.attrib["name"].split()[0] for case in suite if case.find("failure") is not None]
    skipped = [case.attrib["name"].split()[0] for case in suite if case.find("skipped") is not None]
    assert failed == ["KEY-1", "PACE-1"]
    assert suite.attrib["failures"] == "2"
    assert "WALK-3" in skipped
    assert suite.attrib["skipped"] == str(len(skipped))


def test_junit_fails_for_shoulds_under_strict() -> None:
    suite = ElementTree.fromstring(report.FILES["junit.xml"](grade(strict=True)))
    failed = [case.attrib["name"].split()[0] for case in suite if case.find("failure") is not None]
    assert failed == ["KEY-1", "ASK-3", "PACE-1"]


def test_the_archive_has_a_page_for_each_run_and_the_numbers_of_the_requests() -> None:
    log = json.loads(report.FILES["requests.har"](grade()))["log"]
    assert [page["id"] for page in log["pages"]] == ["plain", "one-429"]
    assert [(entry["pageref"], entry["_number"]) for entry in log["entries"]][:4] == [
        ("plain", 1),
        ("plain", 2),
        ("plain", 3),
        ("one-429", 1),
    ]
    assert log["entries"][3]["response"]["status"] == 429


def test_the_page_links_findings_to_their_requests_and_needs_nothing_else() -> None:
    page = report.FILES["grade.html"](grade())
    assert '<a href="#one-429-2">#2</a>' in page
    assert 'id="one-429-2"' in page
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page


def test_the_page_shows_the_wait_that_a_refusal_asked_for() -> None:
    assert "request 1 was told to wait 5 s" in report.FILES["grade.html"](grade())


def test_what_a_client_sends_is_no_markup_of_the_page() -> None:
    seen = (Story().ask("/api/v1/<script>alert(1)</script>", 404).run(),)
    assert "<script" not in report.FILES["grade.html"](grade(runs=seen, rulings=rulings(seen)))


def test_the_summary_names_what_is_broken_and_has_the_matrix() -> None:
    text = report.FILES["summary.md"](grade())
    assert "**PACE-1** (must)" in text
    assert "| PACE-1 | must | broken | – | ✗ |" in text


def test_the_terminal_shows_proofs_matrix_and_verdict() -> None:
    lines = click.unstyle(terminal.text(grade())).splitlines()
    assert any(line.startswith("✗ PACE-1") for line in lines)
    assert any("was told to wait 5 s" in line for line in lines)
    assert any(line.startswith("PACE-1") and line.split()[1:] == ["–", "✗"] for line in lines)
    assert lines[-1].startswith("verdict: broken: 2 musts and 1 should broken")


def test_an_interrupted_grade_ends_with_130_whatever_was_seen() -> None:
    assert grade(interrupted=True).exit_code == 130


def test_a_command_that_timed_out_in_the_plain_run_is_not_graded() -> None:
    plain = replace(runs()[0], ending="timed-out", exit_code=None)
    assert "did not end in time" in why_not_graded([plain])


def test_a_grade_without_a_run_can_be_told() -> None:
    nothing = grade(runs=(), rulings=rulings(()), reason="cannot start './sync'")
    for name in report.FILES:
        assert report.FILES[name](nothing)
    assert "not graded" in terminal.text(nothing)
    assert nothing.exit_code == 3
