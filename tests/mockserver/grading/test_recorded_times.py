"""`grade --har FILE`: how long recorded answers took, where the archive tells it and where not."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from mockserver.grading import report
from mockserver.grading.archived import NoArchive
from mockserver.grading.verdict import recording_graded
from tests.support.graded_archives import CONTACTS, entry, recorded, statuses

UNKNOWN = {"send": -1, "wait": -1, "receive": -1}


def refused(**times: Any) -> dict[str, Any]:
    """A refusal with these times alone."""
    made = entry(0, CONTACTS, 429, Retry_After="5")
    return {name: value for name, value in made.items() if name not in ("time", "timings")} | times


@pytest.mark.parametrize(
    "times",
    [
        {"time": 1_000},
        {"time": -1, "timings": {"blocked": -1, "send": 0, "wait": 900, "receive": 100, "ssl": 5_000}},
        {"timings": {"wait": 1_000}},
    ],
)
def test_a_time_is_taken_from_where_it_is_told(tmp_path: Path, times: dict[str, Any]) -> None:
    in_flight, early = entry(0.6, f"{CONTACTS}?limit=9"), entry(3, CONTACTS)
    assert statuses(recorded(tmp_path, refused(**times), in_flight))["PACE-1"] == "kept"
    run = recorded(tmp_path, refused(**times), in_flight, early)
    assert (run.exchanges[0].ended, statuses(run)["PACE-1"]) == (1.0, "broken")


@pytest.mark.parametrize(
    "times", [{}, {"time": None}, {"time": -1, "timings": UNKNOWN}, {"timings": {"send": 0, "wait": -1, "receive": 0}}]
)
def test_what_may_have_been_in_flight_is_not_seen(tmp_path: Path, times: dict[str, Any]) -> None:
    run = recorded(tmp_path, *(refused(**times) for _ in range(9)), entry(0.6, CONTACTS))
    seen = statuses(run)
    assert (run.exchanges[0].ended, seen["PACE-1"], seen["PACE-3"]) == (math.inf, "not-seen", "not-seen")


@pytest.mark.parametrize("times", [{}, {"time": 1e300}, {"timings": {"wait": 1e300, "receive": 1e300}}])
def test_an_odd_time_can_be_reported_and_read_again(tmp_path: Path, times: dict[str, Any]) -> None:
    run = recorded(tmp_path, refused(**times), entry(1, CONTACTS))
    report.write(recording_graded("traffic.har", run, strict=False), tmp_path / "report")
    again = json.loads((tmp_path / "report" / "requests.har").read_text("utf-8"))["log"]["entries"]
    assert recorded(tmp_path, *again).exchanges[0].ended == run.exchanges[0].ended
    assert run.exchanges[0].ended in (math.inf, 86_400.0)


def untimed(*entries: dict[str, Any]) -> list[dict[str, Any]]:
    """The entries as a tool writes them that records when a request began, and not how long its answer took."""
    return [{name: value for name, value in made.items() if name not in ("time", "timings")} for made in entries]


def walk(pages: int, limit: int) -> list[dict[str, Any]]:
    """A whole walk over contacts, a page each second."""
    cursors = [*(f"after-{number}" for number in range(1, pages)), None]
    asked = ["", *(f"&cursor={cursor}" for cursor in cursors[:-1])]
    pairs = zip(asked, cursors, strict=True)
    return [
        entry(at, f"{CONTACTS}?limit={limit}{sent}", body={"data": [{}] * limit, "nextCursor": following})
        for at, (sent, following) in enumerate(pairs)
    ]


def test_a_cursor_that_is_used_shows_that_its_page_had_been_served(tmp_path: Path) -> None:
    made_up = entry(9, f"{CONTACTS}?limit=60&cursor=made-up")
    assert statuses(recorded(tmp_path, *untimed(*walk(3, 60))))["WALK-1"] == "kept"
    assert statuses(recorded(tmp_path, *untimed(*walk(3, 60), made_up)))["WALK-1"] == "broken"
    assert statuses(recorded(tmp_path, *untimed(walk(3, 60)[0], made_up)))["WALK-1"] == "not-seen"


def test_a_walk_is_followed_by_its_cursors(tmp_path: Path) -> None:
    assert statuses(recorded(tmp_path, *untimed(*walk(3, 60))))["COST-2"] == "kept"
    assert statuses(recorded(tmp_path, *untimed(*walk(8, 20))))["COST-2"] == "broken"


@pytest.mark.parametrize(("status", "requirement"), [(401, "KEY-3"), (404, "FAIL-1")])
def test_refusals_that_may_have_been_in_flight_together_are_not_seen(
    tmp_path: Path, status: int, requirement: str
) -> None:
    alike = [entry(at, CONTACTS, status) for at in range(4)]
    assert statuses(recorded(tmp_path, *alike))[requirement] == "broken"
    assert statuses(recorded(tmp_path, *untimed(*alike)))[requirement] == "not-seen"
    assert statuses(recorded(tmp_path, *untimed(alike[0])))[requirement] == "kept"


def test_a_page_that_may_not_have_been_the_last_yet_shows_nothing(tmp_path: Path) -> None:
    on = entry(9, f"{CONTACTS}?limit=9&cursor=null")
    assert statuses(recorded(tmp_path, *walk(1, 9), on))["WALK-4"] == "broken"
    assert statuses(recorded(tmp_path, *untimed(*walk(1, 9), on)))["WALK-4"] == "not-seen"
    assert statuses(recorded(tmp_path, *untimed(*walk(1, 9))))["WALK-4"] == "kept"


def test_requests_that_lie_ages_apart_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(NoArchive, match=r"traffic\.har: its requests lie more than a hundred years apart$"):
        recorded(tmp_path, entry(0, CONTACTS), entry(0, CONTACTS) | {"startedDateTime": "9999-01-01T00:00:00Z"})
