"""`grade --har FILE`: recorded traffic is judged only by what it shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mockserver.grading import report
from mockserver.grading.archived import NoArchive
from mockserver.grading.har import recorded_run
from mockserver.grading.rules import judge
from mockserver.grading.verdict import recording_graded
from tests.support.graded_archives import CONTACTS, WALK, entry, recorded, statuses
from tests.support.graded_clients import graded


def walked(folder: Path, *more: dict[str, Any]) -> dict[str, str]:
    pages = [entry(number, **page) for number, page in enumerate(WALK)]
    return statuses(recorded(folder, *pages, *more))


def test_a_recorded_walk_shows_that_cursors_are_kept(tmp_path: Path) -> None:
    seen = walked(tmp_path)
    assert {name: seen[name] for name in ("KEY-1", "WALK-1", "WALK-2", "WALK-4", "ASK-1")} == dict.fromkeys(
        ("KEY-1", "WALK-1", "WALK-2", "WALK-4", "ASK-1"), "kept"
    )


def test_a_cursor_that_no_recorded_answer_gave_is_found(tmp_path: Path) -> None:
    assert walked(tmp_path, entry(5, f"{CONTACTS}?cursor=made-up", 400))["WALK-1"] == "broken"


def test_a_cursor_shows_nothing_where_bodies_are_missing(tmp_path: Path) -> None:
    run = recorded(tmp_path, entry(0, CONTACTS), entry(1, f"{CONTACTS}?cursor=abc"))
    assert statuses(run)["WALK-1"] == "not-seen"


def test_a_recording_that_begins_in_the_middle_shows_nothing_of_its_first_cursor(tmp_path: Path) -> None:
    run = recorded(tmp_path, entry(0, f"{CONTACTS}?cursor=abc", body={"data": []}))
    assert statuses(run)["WALK-1"] == "not-seen"


@pytest.mark.parametrize("status", [0, 200, 203, 304])
def test_a_cursor_may_come_from_a_page_that_the_archive_does_not_show(tmp_path: Path, status: int) -> None:
    first, second = (entry(number, **page) for number, page in enumerate(WALK))
    hidden = entry(0.5, f"{CONTACTS}?limit=9", status)
    run = recorded(tmp_path, first, hidden, second, entry(2, f"{CONTACTS}?cursor=def"))
    assert statuses(run)["WALK-1"] == "kept"


@pytest.mark.parametrize("status", [304, 400, 500])
def test_a_cursor_that_no_shown_page_gave_is_found(tmp_path: Path, status: int) -> None:
    shown = entry(0.5, f"{CONTACTS}?limit=9", status, WALK[0]["body"])
    assert walked(tmp_path, shown, entry(2, f"{CONTACTS}?cursor=def"))["WALK-1"] == "broken"


def test_a_confirmed_page_gives_its_cursor(tmp_path: Path) -> None:
    confirmed = entry(0.5, f"{CONTACTS}?limit=9", 304, {"data": [], "nextCursor": "def"})
    assert walked(tmp_path, confirmed, entry(2, f"{CONTACTS}?cursor=def"))["WALK-1"] == "kept"


def test_credentials_that_were_left_out_are_not_missed(tmp_path: Path) -> None:
    assert statuses(recorded(tmp_path, entry(0, CONTACTS, key="")))["KEY-1"] == "not-seen"


def test_a_cut_wait_is_found(tmp_path: Path) -> None:
    seen = walked(tmp_path, entry(10, CONTACTS, 429, Retry_After="5"), entry(12, CONTACTS))
    assert seen["PACE-1"] == "broken"


def test_a_kept_wait_is_kept_and_a_lost_request_cannot_be_told(tmp_path: Path) -> None:
    seen = walked(tmp_path, entry(10, CONTACTS, 429, Retry_After="5"), entry(16, f"{CONTACTS}?limit=5"))
    assert (seen["PACE-1"], seen["PACE-2"]) == ("kept", "not-seen")


def test_answers_without_bodies_are_not_taken_for_the_same(tmp_path: Path) -> None:
    run = recorded(tmp_path, *(entry(number, f"{CONTACTS}/con_1") for number in range(6)))
    assert statuses(run)["COST-1"] == "not-seen"


def test_connections_that_were_not_recorded_show_nothing(tmp_path: Path) -> None:
    run = recorded(tmp_path, *(entry(number, f"{CONTACTS}/con_{number}") for number in range(12)))
    assert statuses(run)["COST-3"] == "not-seen"


def test_what_does_not_ask_the_api_is_left_out(tmp_path: Path) -> None:
    run = recorded(tmp_path, entry(0, "https://cdn.example/app.js", key=""), entry(1, CONTACTS))
    assert [exchange.path for exchange in run.exchanges] == ["/api/v1/contacts"]


def test_a_recording_without_requests_to_the_api_is_not_graded(tmp_path: Path) -> None:
    result = recording_graded("x.har", recorded(tmp_path), strict=False)
    assert (result.exit_code, result.reason) == (3, "the recording holds no request to the API")


def test_pages_of_other_tools_hide_nothing(tmp_path: Path) -> None:
    marked = entry(0, CONTACTS) | {"pageref": "plain"}
    assert len(recorded(tmp_path, marked, entry(1, CONTACTS), entry(2, CONTACTS) | {"pageref": 2}).exchanges) == 3


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"log": {"entries": {}}}', '{"log": {"entries": 5}}', "[" * 100_000])
def test_a_file_that_is_no_archive_is_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "traffic.har"
    file.write_text(text, "utf-8")
    with pytest.raises(NoArchive, match="is no HTTP Archive") as error:
        recorded_run(file)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "change",
    [
        {"startedDateTime": "yesterday"},
        {"startedDateTime": None},
        {"time": "20"},
        {"response": None},
        {"response": {"status": 200, "headers": None}},
        {"response": {"status": 200, "headers": [], "content": {"text": "a", "encoding": "base64"}}},
    ],
)
def test_an_entry_of_the_api_that_cannot_be_read_is_named_in_one_line(tmp_path: Path, change: dict[str, Any]) -> None:
    broken = entry(0, CONTACTS) | change
    with pytest.raises(NoArchive, match=r"traffic\.har is no HTTP Archive: log\.entries\[1\]: .+$"):
        recorded(tmp_path, entry(0, "https://cdn.example/app.js", key=""), broken)


@pytest.mark.parametrize(
    "other",
    [
        None,
        {},
        {"request": None},
        {"request": {"url": None, "headers": []}},
        {"request": {"url": "http://[", "headers": []}},
        {"request": {"url": "https://cdn.example:port/app.js"}},
        {"request": {"url": "https://cdn.example/app.js", "headers": None}},
        {"request": {"url": "https://cdn.example/app.js", "headers": [{"name": "x", "value": None}]}},
        {"request": {"url": "https://cdn.example/app.js", "headers": []}, "response": None},
        entry(0, "https://cdn.example/app.js") | {"response": None},
        entry(0, "https://cdn.example/app.js") | {"startedDateTime": "yesterday"},
    ],
)
def test_other_entries_of_an_archive_may_have_any_form(tmp_path: Path, other: Any) -> None:
    assert len(recorded(tmp_path, entry(0, CONTACTS), other).exchanges) == 1


def test_an_archive_of_this_kit_is_judged_as_its_run_was(tmp_path: Path) -> None:
    plain = graded("stops-early", "revoked-key")
    file = tmp_path / "requests.har"
    file.write_text(report.FILES["requests.har"](plain), "utf-8")
    before = judge(plain.runs[0])
    seen = {name: judgement.status for name, judgement in judge(recorded_run(file)).items()}
    assert seen == {name: judgement.status for name, judgement in before.items()}


def test_any_header_and_any_status_of_a_recording_can_be_reported(tmp_path: Path) -> None:
    run = recorded(tmp_path, entry(0, CONTACTS, 499, X_Served_By="Zürich €"))
    log = json.loads(report.FILES["requests.har"](recording_graded("traffic.har", run, strict=False)))["log"]
    answer = log["entries"][0]["response"]
    assert (answer["statusText"], answer["headers"][0]["value"]) == ("", "Zürich €")
