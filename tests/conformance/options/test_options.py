"""The options of a run: which requirements it judges, and what it can tell without sending a request."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import spec
from conformance.verdict.selection import SelectionError, listing, select
from spec.target import load, shown
from tests.support.gate import gate_output, run_gate

KEY = "obk_live_0123456789abcdefghijABCDEFGHIJ01"
USAGE = 4


def test_only_takes_families_and_ids() -> None:
    authentication = {requirement.id for requirement in spec.requirements() if requirement.family == "AUTH"}
    assert select(["auth, PAGE-3", "SCOPE-1"]) == frozenset({"PAGE-3", "SCOPE-1"} | authentication)
    assert select([]) is None


@pytest.mark.parametrize(("name", "says"), [("PAG-3", "PAGE-3"), ("TENNANT", "TENANT"), ("XYZZY", "families are AUTH")])
def test_an_unknown_name_is_answered_with_close_ones(name: str, says: str) -> None:
    with pytest.raises(SelectionError, match=says):
        select(["AUTH", name])


def test_an_unknown_name_ends_the_run_before_it_begins() -> None:
    run = run_gate("--only", "PAG-3")
    assert run.exit_code == USAGE
    assert "did you mean PAGE-3" in run.output
    assert run.report == {}


def test_the_verdict_is_over_the_selection_oracles_included(mock: Path) -> None:
    run = run_gate("--target", str(mock), "--only", "SCOPE-3,RATE-1")
    assert (run.exit_code, run.verdict) == (0, "conformant"), run.output
    assert [row["id"] for row in run.report["requirements"]] == ["SCOPE-3", "RATE-1"]
    assert run.ids("passed") == {"SCOPE-3", "RATE-1"}
    assert "Only 2 requirements selected with --only" in run.output


@pytest.mark.parametrize("only", ["SCOPE-5", "PAGE-13", "ERROR-4,ERROR-6", "AUTH-5"])
def test_what_the_whole_run_shows_is_judged_alone_too_and_what_shows_it_is_not(mock: Path, only: str) -> None:
    run = run_gate("--target", str(mock), "--only", only, "--depth", "quick")
    assert run.report["verdict"] == "conformant", run.output
    assert {row["id"] for row in run.report["requirements"]} == set(only.split(","))


def test_a_companion_that_finds_a_fault_says_nothing() -> None:
    run = run_gate("--mock-options", "--fault scopes-by-verb", "--only", "SCOPE-5")
    assert run.exit_code == 0, run.output
    assert "SCOPE-1" not in run.output


def test_a_requirement_of_which_pytest_left_a_check_out_is_not_passed(mock: Path) -> None:
    run = run_gate("--target", str(mock), "--only", "AUTH-1,SCOPE-3", "-k", "getMe or listLists or SCOPE")
    assert "AUTH-1" in run.ids("not-tested"), run.output
    assert "left out by pytest's own options" in run.output


@contextmanager
def unused_address() -> Iterator[str]:
    """An address to which no client may connect: the test fails if one did."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("option", ["--list", "--dry-run"])
def test_a_list_and_a_dry_run_send_nothing_and_fit_80_columns(option: str) -> None:
    with unused_address() as base_url:
        code, output = gate_output(option, "--base-url", base_url, "--api-key", KEY, COLUMNS="80")
    assert code == 0, output
    assert max(map(len, output.splitlines())) <= 80
    assert KEY not in output
    assert "keys.spare" in output


def test_the_list_tells_what_each_requirement_needs_and_whether_it_is_offered() -> None:
    lines = listing(None, load(None, base_url="http://127.0.0.1:1", api_key=KEY), 80)
    heads = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    assert heads[:-1] == [requirement.id for requirement in spec.requirements()]
    assert any("needs keys.no_scope: not offered" in line for line in lines)


def test_the_embedded_mock_offers_what_every_requirement_needs(mock: Path) -> None:
    target = load(mock)
    assert [need for row in spec.requirements() for need in row.needs if not target.offers(need)] == []
    every = len(spec.requirements())
    assert listing(None, None, 80)[-1] == f"The embedded mock offers what {every} of {every} need."


def test_where_nothing_is_limited_rate_is_not_tested(mock: Path) -> None:
    run = run_gate("--target", str(mock), "--rate-reading", "off", "--only", "RATE,SCOPE-3")
    assert run.ids("passed") == {"SCOPE-3"}, run.output
    assert "rate_limit.reading is off: nothing is limited in this environment" in " ".join(run.output.split())


def test_where_nothing_is_limited_the_limit_is_not_probed(mock: Path) -> None:
    run = run_gate("--target", str(mock), "--rate-reading", "off", "--real-time", "--only", "RATE,SCOPE-3")
    spare = {shown(key) for key in load(mock).keys.spare}
    assert run.report["rateReading"] is None
    assert run.report["requests"]["total"] > 0
    assert not spare.intersection(run.report["requests"]["byKey"])


def test_help_has_a_group_of_the_gates_own() -> None:
    code, output = gate_output("--help")
    assert code == 0
    assert "the Outbound API conformance gate" in output
    for option in ("--only", "--list", "--dry-run", "--report", "--known-violations", "--require-all"):
        assert f"  {option}" in output


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--report", "{file}"), "--report: "),
        (("--target", "{file}"), "not a TOML document"),
        (("--base-url", "http://é..x"), "base_url: no host can have that name"),
        (("--known-violations", "{file}.toml"), "No such file"),
        (("--fuzz", "-1"), "--fuzz: -1: "),
        (("--only", ""), "--only: names no family and no requirement"),
        (("--only", " , "), "--only: names no family and no requirement"),
        (("--mock-options", "'--quiet"), "--mock-options: No closing quotation"),
    ],
)
def test_a_bad_option_is_one_line_and_exit_4(options: tuple[str, ...], says: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no table", "utf-8")
    code, output = gate_output("--api-key", KEY, *(option.format(file=file) for option in options))
    assert code == USAGE, output
    assert says in output
    assert "Traceback" not in output


def test_a_folder_that_takes_no_reports_is_told() -> None:
    code, output = gate_output("--only", "OP-8", "--report", "/proc/self/fd")
    assert code == USAGE, output
    assert "report: could not be written: /proc/self/fd/report.json: " in " ".join(output.split())
