"""Of several cases that break a requirement, the one that is shown is the simplest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.cases.tables import try_each
from conformance.checks import Violation, take_tried
from conformance.target.exchange import Request
from conformance.verdict.ledger import Finding, Ledger
from tests.support.gate import run_gate
from tests.support.report_runs import exchange

Case = tuple[str, str]

REQUESTS = {"GET": Request("GET", "/"), "HEAD": Request("HEAD", "/"), "twice": Request("GET", "/?id=1&id=2")}
CASES = [(thing, shape) for thing in "abcdefgh" for shape in ("twice", "HEAD", "GET")]


def plain(case: Case) -> Case:
    return case[0], "GET"


def refusing(
    broken: Callable[[Case], bool], follows: Callable[[Case], bool] = lambda _: False
) -> Callable[[Case], None]:
    def check(case: Case) -> None:
        if broken(case):
            raise Violation("it is shown", replace(exchange(), request=REQUESTS[case[1]]), follows=follows(case))

    return check


def shown(check: Callable[[Case], None], most: int | None = None, seed: int = 1) -> str:
    take_tried()
    with pytest.raises(Violation) as caught:
        try_each(CASES, check, most, seed, plain)
    return caught.value.message


def test_the_simplest_broken_case_is_shown_wherever_it_stands() -> None:
    assert shown(refusing(lambda case: case != ("a", "GET"))) == "b GET: it is shown (23 of 24 cases)"
    assert shown(refusing(lambda case: case[1] != "GET")) == "a HEAD: it is shown (16 of 24 cases)"


@pytest.mark.parametrize("seed", range(8))
def test_a_sample_without_a_plain_case_that_is_broken_is_joined_by_one(seed: int) -> None:
    assert " GET: it is shown (" in shown(refusing(lambda _: True), 2, seed)
    counted = take_tried()
    assert counted is not None
    assert counted[0] in (2, 3)
    assert counted[1] == len(CASES)


@pytest.mark.parametrize("seed", range(8))
def test_a_quick_run_tries_plain_cases_alone_and_none_twice(seed: int) -> None:
    seen: list[Case] = []
    try_each(CASES, seen.append, 12, seed, plain, plainly=True)
    assert {shape for _, shape in seen} == {"GET"}
    assert len(set(seen)) == len(seen) > 4
    assert take_tried() == (len(seen), len(CASES))


def test_a_plain_case_that_is_not_broken_is_not_shown() -> None:
    assert "twice" in shown(refusing(lambda case: case[1] == "twice"), 12)


def test_what_follows_from_another_requirement_is_shown_last() -> None:
    only_twice_is_new = refusing(lambda _: True, follows=lambda case: case[1] != "twice")
    assert shown(only_twice_is_new).startswith("a twice: it is shown")


def test_of_several_checks_the_simplest_failure_is_told_first_and_what_follows_last() -> None:
    made = Ledger()
    for reason, shape, follows in (("repeats", "GET", True), ("odd", "twice", False), ("simple", "HEAD", False)):
        shows = replace(exchange(), request=REQUESTS[shape])
        made.add(Finding("TENANT-5", "failed", reason, (shows,), follows=follows))
    (ruling,) = (ruling for ruling in made.rulings() if ruling.requirement.id == "TENANT-5")
    assert ruling.reason == "simple; odd; repeats"
    assert [finding.reason for finding in ruling.failures] == ["simple", "odd", "repeats"]


def test_a_plain_get_is_less_odd_than_anything_else() -> None:
    path = "/api/v1/contacts/con_1"
    others = (
        Request("HEAD", path),
        Request("GET", path, (("Range", "bytes=0-"),)),
        Request("GET", f"{path}?id=1&id=2"),
        Request("GET", "/api/v1/contacts/%63on_1"),
        Request("GET", path + "x" * 4000),
        Request("POST", path, body="{}"),
    )
    assert all(Request("GET", path).oddness < other.oddness for other in others)


def test_a_leak_by_a_plain_get_is_shown_as_that_and_what_repeats_it_says_so() -> None:
    fault = ("--mock-options", "--fault foreign-resources-shown", "--only", "TENANT-2,TENANT-5")
    run = run_gate(*fault, "--depth", "quick", "--seed", "3")
    rows = {row["id"]: row for row in run.report["requirements"]}
    assert {id_: row["status"] for id_, row in rows.items()} == {"TENANT-2": "failed", "TENANT-5": "failed"}
    assert all("?" not in row["evidence"][0]["url"] for row in rows.values())
    assert all(row["evidence"][0]["curl"].count("-H") == 1 for row in rows.values())
    assert "without the trick too: follows from TENANT-2" in rows["TENANT-5"]["reason"]


def test_a_trick_that_alone_moves_a_key_follows_from_nothing() -> None:
    run = run_gate("--mock-options", "--fault organization-parameter-honoured", "--only", "TENANT-5")
    (row,) = run.report["requirements"]
    assert row["status"] == "failed"
    assert "follows from" not in row["reason"]
    assert "organizationId=" in row["evidence"][0]["url"]
