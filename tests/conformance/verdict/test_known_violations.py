"""Known violations excuse what is broken until their day, and fail the run when they are out of date."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from conformance.outcome import Outcome
from conformance.verdict.exit_code import exit_code
from conformance.verdict.known_violations import KnownViolation, KnownViolationsError, load, written
from conformance.verdict.ledger import Finding, Ledger
from tests.support.gate import reports, run_gate
from tests.support.null_servers import NULL_SERVERS, serving

TODAY = date(2027, 1, 15)
YESTERDAY = TODAY - timedelta(days=1)
KEY = "obk_live_0123456789abcdefghijABCDEFGHIJ01"
ENTRY = '[[violation]]\nid = "PAGE-3"\nreason = "being mended"\nuntil = 2027-01-15\n'


def listed(folder: Path, text: str) -> Path:
    path = folder / "known.toml"
    path.write_text(text, "utf-8")
    return path


def judged(
    outcome: Outcome, *known: KnownViolation, only: frozenset[str] | None = None, strict: bool = False
) -> Ledger:
    """A run in which PAGE-3 ended so and AUTH-1 passed."""
    ledger = Ledger(known=known, today=TODAY, only=only, strict=strict)
    ledger.add(Finding("PAGE-3", outcome, "limit=200 gave 201 items"))
    ledger.add(Finding("AUTH-1", "passed"))
    return ledger


def known(id_: str = "PAGE-3", until: date = TODAY) -> KnownViolation:
    return KnownViolation(id_, "being mended", until)


def test_a_file_is_read(tmp_path: Path) -> None:
    assert load(listed(tmp_path, ENTRY)) == (known(),)
    assert load(listed(tmp_path, "")) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[violation", "not a TOML document"),
        ('[[violation]]\nid = "PAGE-3"\nuntil = 2027-01-15\n', "reason"),
        ('[[violation]]\nid = "PAGE-3"\nreason = ""\nuntil = 2027-01-15\n', "length"),
        ('[[violation]]\nid = "PAGE-3"\nreason = "x"\nuntil = "soon"\n', "date"),
        ('[[violation]]\nid = "PAGE-3"\nreason = "x"\nuntil = 2027-01-15\nsince = 1\n', "since"),
        ("[[violations]]\n", r"violations`; did you mean violation\?"),
        (f'{ENTRY}operaton = "listContacts"\n', r"operaton` - at `\$\.violation\[0\]`; did you mean operation\?"),
        (ENTRY.replace("id =", "requirement ="), r"unknown field `requirement` - at .*; it lacks id$"),
        (ENTRY.replace("until =", "expires ="), r"unknown field `expires` - at .*; it lacks until$"),
        (ENTRY.replace("PAGE-3", "PAGE-33"), r"no requirement 'PAGE-33'; did you mean PAGE-3\?"),
        (f'{ENTRY}operation = "listContact"\n', r"no operation 'listContact'; did you mean listContacts\?"),
        (ENTRY + ENTRY, "PAGE-3 is there twice"),
    ],
)
def test_a_malformed_file_is_refused_in_one_line(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(KnownViolationsError, match=says) as refused:
        load(listed(tmp_path, text))
    assert "\n" not in str(refused.value)


def test_what_is_known_does_not_fail_the_run_but_is_no_conformance() -> None:
    ledger = judged("failed", known())
    assert (ledger.verdict(), exit_code(ledger), ledger.outdated()) == ("partial", 0, [])
    assert [ruling.known for ruling in ledger.rulings() if ruling.status == "failed"] == [known()]


def test_what_else_is_broken_still_fails_the_run() -> None:
    ledger = judged("failed", known("PAGE-4"))
    assert (ledger.verdict(), exit_code(ledger)) == ("non-conformant", 1)


def test_an_entry_holds_to_the_end_of_its_day() -> None:
    expired = judged("failed", known(until=YESTERDAY))
    assert (expired.verdict(), exit_code(expired)) == ("non-conformant", 1)
    assert expired.outdated() == ["PAGE-3: expired on 2027-01-14"]


def test_an_entry_that_is_no_longer_broken_fails_the_run() -> None:
    ledger = judged("passed", known())
    assert (exit_code(ledger), ledger.outdated()) == (1, ["PAGE-3: no longer broken, remove it"])


def test_an_entry_that_was_not_tried_is_not_out_of_date_though_its_day_has_passed() -> None:
    assert judged("not-tested", known(until=YESTERDAY)).outdated() == []


def test_nothing_is_said_of_an_entry_that_was_not_tested_or_not_asked_for() -> None:
    assert judged("not-tested", known()).outdated() == []
    assert judged("passed", known(), only=frozenset({"AUTH-1"})).outdated() == []


def narrow(operation: str | None = None, case: str | None = None) -> KnownViolation:
    return KnownViolation("TENANT-2", "being mended", TODAY, operation, case, "API-7")


def of_tenants(*findings: Finding, known: tuple[KnownViolation, ...]) -> Ledger:
    ledger = Ledger(known=known, today=TODAY)
    for finding in findings:
        ledger.add(finding)
    return ledger


def failed(name: str, *cases: str) -> Finding:
    own = {case: f"theirs is shown: {case}" for case in cases}
    return Finding("TENANT-2", "failed", "theirs is shown", test=f"test_tenants.py::{name}", broken_cases=own)


def passed(name: str, tried: tuple[int, int] | None = None, *cases: str) -> Finding:
    return Finding("TENANT-2", "passed", test=f"test_tenants.py::{name}", tried=tried, tried_cases=frozenset(cases))


def failed_of(tried: frozenset[str], *broken: str) -> Finding:
    return replace(failed("test_x", *broken), tried_cases=tried)


@pytest.mark.parametrize(
    ("excuses", "findings", "code"),
    [
        ((narrow("getList"),), (failed("test_x[getList]"),), 0),
        ((narrow("getList"),), (failed("test_x[getList]"), failed("test_x[getDraft]")), 1),
        ((narrow(case="getList archived"),), (failed("test_x", "getList archived"),), 0),
        ((narrow(case="getList archived"),), (failed("test_x", "getList archived", "getList"),), 1),
        (
            (narrow(case="getList archived"), narrow(case="getList")),
            (failed("test_x", "getList archived", "getList"),),
            0,
        ),
        ((narrow("getList", "archived"),), (failed("test_x[getDraft]", "archived"),), 1),
        ((narrow("getList"),), (failed("test_x", "getList archived", "getList"),), 0),
        ((narrow("getList"),), (failed("test_x", "getList", "getDraft"),), 1),
        ((narrow("getList"), narrow(case="getDraft")), (failed("test_x", "getList", "getDraft"),), 0),
    ],
)
def test_an_excuse_covers_its_operation_and_case_alone(
    excuses: tuple[KnownViolation, ...], findings: tuple[Finding, ...], code: int
) -> None:
    assert exit_code(of_tenants(*findings, known=excuses)) == code


@pytest.mark.parametrize(
    ("excuse", "finding", "outdated"),
    [
        (narrow("getList"), passed("test_x[getList]"), ["TENANT-2 on getList: no longer broken, remove it"]),
        (narrow("getList"), passed("test_x[getDraft]"), []),
        (
            narrow(case="archived"),
            passed("test_x", (36, 36)),
            ["TENANT-2 in the case 'archived': no longer broken, remove it"],
        ),
        (narrow(case="archived"), passed("test_x", (30, 36)), []),
        (
            narrow(case="archived"),
            passed("test_x", (2, 36), "archived", "mailed"),
            ["TENANT-2 in the case 'archived': no longer broken, remove it"],
        ),
        (narrow(case="archived"), passed("test_x", (1, 36), "mailed"), []),
        (
            narrow("getList"),
            failed_of(frozenset({"getList", "getDraft"}), "getDraft"),
            ["TENANT-2 on getList: no longer broken, remove it"],
        ),
        (narrow("getList"), failed_of(frozenset({"getList", "getDraft"}), "getList", "getDraft"), []),
        (narrow("getList"), failed_of(frozenset({"getDraft"}), "getDraft"), []),
        (narrow("getList"), failed_of(frozenset({"archived", "mailed"}), "archived", "mailed"), []),
    ],
)
def test_an_excuse_that_was_not_tried_is_not_out_of_date(
    excuse: KnownViolation, finding: Finding, outdated: list[str]
) -> None:
    assert of_tenants(finding, known=(excuse,)).outdated() == outdated


@pytest.mark.parametrize(
    ("further", "cases"), [((), ["getList archived", "getList"]), ((failed("test_y"),), [None])], ids=["cases", "whole"]
)
def test_what_is_broken_now_is_written_as_excuses_that_excuse_it(
    tmp_path: Path, further: tuple[Finding, ...], cases: list[str | None]
) -> None:
    findings = (failed("test_x", "getList archived", "getList"), *further)
    ledger = of_tenants(*findings, known=())
    excuses = load(listed(tmp_path, written(ledger.to_be_known())))
    assert [entry.case for entry in excuses] == cases
    excused = of_tenants(*findings, known=excuses)
    assert (exit_code(excused), excused.outdated()) == (0, [])


def test_what_toml_takes_only_escaped_is_written_so(tmp_path: Path) -> None:
    accepted = KnownViolation("PAGE-3", "a\x7f\x1b\x85\u2028", TODAY, case='"\\')
    assert load(listed(tmp_path, written([accepted]))) == (accepted,)


def test_an_entry_that_covers_a_part_of_what_is_broken_is_written_as_it_was() -> None:
    accepted = narrow(case="getList")
    written_again = of_tenants(failed("test_x", "getDraft", "getList"), known=(accepted,)).to_be_known()
    assert [entry.case for entry in written_again] == ["getDraft", "getList"]
    assert written_again[1] == accepted


def test_each_case_is_written_with_its_own_reason() -> None:
    ledger = of_tenants(failed("test_x", "getList archived", "getList"), known=())
    assert [entry.reason for entry in ledger.to_be_known()] == [
        "theirs is shown: getList archived",
        "theirs is shown: getList",
    ]


def test_a_run_writes_what_is_broken_and_the_next_ends_well(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    options = ("--api-key", KEY, "--only", "OP-1,AUTH-1")
    with serving(NULL_SERVERS["empty_object_to_everything"]) as base_url:
        broken = run_gate("--base-url", base_url, *options, "--write-known-violations", str(file))
        excused = run_gate("--base-url", base_url, *options, "--known-violations", str(file))
    assert (broken.exit_code, excused.exit_code) == (1, 0), excused.output
    assert {entry["id"] for entry in excused.report["excused"]} == broken.ids("failed")


def test_a_run_writes_each_case_with_what_came_there(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    fault = ("--mock-options", "--fault revoked-key-served", "--only", "AUTH-3")
    run_gate(*fault, "--write-known-violations", str(file))
    reasons = {entry.case: entry.reason for entry in load(file)}
    assert reasons["GET getMe"] == "GET /api/v1/me → 200, expected 401"
    assert reasons["GET listContacts"] == "GET /api/v1/contacts → 200, expected 401"


def test_a_known_should_is_excused_under_strict_too() -> None:
    ledger = Ledger(known=(known("AUTH-5"),), today=TODAY, strict=True)
    ledger.add(Finding("AUTH-5", "failed", "no WWW-Authenticate"))
    assert exit_code(ledger) == 0


def entries(*ids: str, until: str = "2999-12-31") -> str:
    return "".join(f'[[violation]]\nid = "{id_}"\nreason = "being mended"\nuntil = {until}\n' for id_ in ids)


def test_a_run_shows_what_is_known_with_its_reason_and_ends_well(tmp_path: Path) -> None:
    options = ("--api-key", KEY, "--only", "OP-1,AUTH-1")
    with serving(NULL_SERVERS["empty_object_to_everything"]) as base_url:
        broken = run_gate("--base-url", base_url, *options)
        every = ("--known-violations", str(listed(tmp_path, entries(*broken.ids("failed")))))
        excused = run_gate("--base-url", base_url, *options, *every)
    assert broken.exit_code == 1, broken.output
    assert (excused.exit_code, excused.verdict) == (0, "partial"), excused.output
    assert "known until 2999-12-31: being mended" in excused.output


def test_a_run_ends_badly_on_an_entry_out_of_date(tmp_path: Path) -> None:
    path = listed(tmp_path, entries("SCOPE-3"))
    run = run_gate("--only", "SCOPE-3", "--known-violations", str(path), *reports(tmp_path))
    assert (run.exit_code, run.verdict) == (1, "conformant"), run.output
    output = " ".join(run.output.split())
    assert "A known violation is out of date, which fails the run: SCOPE-3: no longer broken, remove it." in output
    assert output.endswith("1 of 1 requirement passed, but the run fails: known violations are out of date")
    for paper in ("report.html", "summary.md"):
        written = (tmp_path / "report" / paper).read_text("utf-8")
        assert "onformant, but the run fails" in written
        assert "no longer broken" in written


def test_a_run_does_not_begin_with_a_malformed_file(tmp_path: Path) -> None:
    run = run_gate("--known-violations", str(listed(tmp_path, "[[violation]]\n")))
    assert run.exit_code == 4
    assert "--known-violations: " in run.output
    assert "Traceback" not in run.output
