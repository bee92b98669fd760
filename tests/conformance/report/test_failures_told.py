"""Each failure is reported with what a developer needs: its basis, its usual cause, and the request that shows it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import spec
from conformance.report.comparison import compare, of_run
from conformance.target.exchange import Request
from conformance.verdict.ledger import Finding, Ledger
from tests.support.report_runs import REPORTS, exchange, ledger, on_screen, run_of, written

BASIS = {requirement.id: requirement.basis for requirement in spec.requirements()}


def broken(**headers: str) -> Ledger:
    """A run in which PAGE-6 is broken after 40 of 212 cases."""
    made = Ledger()
    shown = exchange(17, headers={"x-request-id": "req-1a2b", **headers})
    made.add(
        Finding(
            "PAGE-6",
            "failed",
            "listContacts shows ['con_1'] more than once",
            (shown,),
            "test_x.py::test_y",
            tried=(40, 212),
        )
    )
    return made


def test_a_failure_tells_what_it_rests_on_and_its_usual_cause(tmp_path: Path) -> None:
    reports = written(tmp_path, run_of(broken()))
    told = " ".join(" ".join(on_screen(run_of(broken()))).split())
    assert f"basis: {BASIS['PAGE-6']}" in told
    assert "usual cause: a page begins with the last item of the one before" in told
    for name in ("report.html", "junit.xml", "summary.md"):
        assert "a page begins with the last item of the one before" in reports[name], name


def test_every_report_tells_how_many_cases_were_tried(tmp_path: Path) -> None:
    reports = written(tmp_path, run_of(broken()))
    assert "  tried 40 of 212 cases" in on_screen(run_of(broken()))
    for name in ("report.html", "junit.xml", "summary.md"):
        assert "tried 40 of 212 cases" in reports[name], name
    row = next(row for row in json.loads(reports["report.json"])["requirements"] if row["id"] == "PAGE-6")
    assert row["tried"] == {"cases": 40, "of": 212}


def test_a_check_that_counts_no_cases_is_one() -> None:
    tried = {ruling.requirement.id: ruling.tried for ruling in ledger().rulings()}
    assert (tried["PAGE-3"], tried["HOOK-1"]) == ((1, 1), (0, 1))


def test_evidence_is_found_in_the_targets_own_log(tmp_path: Path) -> None:
    reports = written(tmp_path, run_of(broken()))
    for text in (*(reports[name] for name in REPORTS[:3]), "\n".join(on_screen(run_of(broken())))):
        assert "exchange 17, request id req-1a2b" in text


@pytest.mark.parametrize("name", ["x-powered-by", "strict-transport-security", "x-dns-prefetch-control"])
def test_headers_that_tell_nothing_are_left_out(name: str, tmp_path: Path) -> None:
    made = broken(**{name: "a-value-of-noise", "x-ratelimit-limit": "60"})
    assert "a-value-of-noise" not in written(tmp_path, run_of(made))["report.html"]
    lines = "\n".join(on_screen(run_of(made)))
    assert "a-value-of-noise" not in lines
    assert "x-ratelimit-limit: 60" in lines


def test_giant_addresses_are_cut(tmp_path: Path) -> None:
    giant = replace(
        exchange(3), request=Request("GET", "/api/v1/contacts?q=" + "a" * 60_000), url="http://x/" + "a" * 60_000
    )
    made = Ledger()
    made.add(Finding("ERROR-5", "failed", giant.line(), (giant,)))
    assert " characters left out) …aaa" in giant.line()
    for name, text in written(tmp_path, run_of(made, giant)).items():
        assert name == "exchanges.har" or "a" * 5000 not in text, name
    assert max(map(len, on_screen(run_of(made, giant)))) < 2500


def test_a_long_reason_keeps_its_end_which_tells_what_was_wrong(tmp_path: Path) -> None:
    made = Ledger()
    made.add(Finding("PAGE-6", "failed", f"{'a case ' * 1000}shows it twice", (exchange(3),)))
    assert "shows it twice" in written(tmp_path, run_of(made))["summary.md"]
    told = "\n".join(on_screen(run_of(made)))
    assert "shows it twice" in told
    assert len(told) < 6000
    changed = compare(of_run(run_of(Ledger())), of_run(run_of(made))).lines()
    assert any("shows it twice" in line and len(line) < 400 for line in changed)
