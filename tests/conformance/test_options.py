"""The options of a run: what it is about, and what is told of it without a request."""

from __future__ import annotations

import math
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import spec
from conformance.target.embedded import EmbeddedMock
from conformance.verdict.costs import ONE_KEY, WHOLE, measure_with_one_key, measured
from conformance.verdict.estimate import estimate, forecast
from conformance.verdict.selection import SelectionError, listing, select
from spec.target import load
from tests.support.gate import run_gate
from tests.support.watched_gate import finish, gate

KEY = "obk_live_0123456789abcdefghijABCDEFGHIJ01"
USAGE = 4
_FAMILIES = {requirement.family for requirement in spec.requirements()}


@pytest.fixture(scope="module")
def mock() -> Iterator[Path]:
    """The description of a mock that serves this module's runs."""
    running = EmbeddedMock()
    yield running.description
    running.stop()


def test_only_takes_families_and_ids() -> None:
    authentication = {requirement.id for requirement in spec.requirements() if requirement.family == "AUTH"}
    assert select(["auth, PAGE-3", "SCOPE-1"]) == frozenset({"PAGE-3", "SCOPE-1"} | authentication)
    assert select([]) is None


@pytest.mark.parametrize(("name", "says"), [("PAG-3", "PAGE-3"), ("TENNANT", "TENANT"), ("XYZZY", "families are AUTH")])
def test_an_unknown_name_is_answered_with_close_ones(name: str, says: str) -> None:
    with pytest.raises(SelectionError, match=says):
        select(["AUTH", name])


def test_an_unknown_name_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    run = run_gate(tmp_path, "--only", "PAG-3")
    assert run.exit_code == USAGE
    assert "did you mean PAGE-3" in run.output
    assert run.report == {}


def test_the_verdict_is_over_the_selection_oracles_included(mock: Path, tmp_path: Path) -> None:
    run = run_gate(tmp_path, "--target", str(mock), "--only", "SCOPE-3,RATE-1")
    assert (run.exit_code, run.verdict) == (0, "conformant"), run.output
    assert [row["id"] for row in run.report["requirements"]] == ["SCOPE-3", "RATE-1"]
    assert run.ids("passed") == {"SCOPE-3", "RATE-1"}
    assert "Only 2 requirements selected with --only" in run.output


def test_a_requirement_of_which_pytest_left_a_check_out_is_not_passed(mock: Path, tmp_path: Path) -> None:
    run = run_gate(tmp_path, "--target", str(mock), "--only", "AUTH-1,SCOPE-3", "-k", "getMe or listLists or SCOPE")
    assert "AUTH-1" in run.ids("not-tested"), run.output
    assert "left out by pytest's own options" in run.output


@contextmanager
def unused_address() -> Iterator[str]:
    """An address to which nobody may connect: the test fails where somebody did."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("option", ["--list", "--dry-run"])
def test_a_list_and_a_dry_run_send_nothing_and_fit_80_columns(option: str) -> None:
    with unused_address() as base_url, gate(option, "--base-url", base_url, "--api-key", KEY, COLUMNS="80") as process:
        code, output = finish(process)
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


def test_the_cost_of_every_family_is_known() -> None:
    assert set(measured()) == {WHOLE, ONE_KEY, *_FAMILIES}
    assert all(sum(cost.requests.values()) for cost in measured().values())


def test_a_whole_run_is_estimated_as_it_was_measured() -> None:
    # How many requests the probes of the rate limit need differs a little from run to run.
    assert estimate(None, None).requests == pytest.approx(measured()[WHOLE].requests, rel=0.02)


def test_a_run_with_a_single_key_is_estimated_as_it_takes() -> None:
    really = measure_with_one_key()
    target = load(None, base_url="http://127.0.0.1:1", api_key=KEY)
    assert sum(estimate(None, target).requests.values()) == pytest.approx(sum(really.requests.values()), rel=0.1)
    windows = math.ceil(really.requests["organizations.primary.api_keys"] / spec.contract().rate_limits.per_minute) - 1
    waiting = f"{windows * 60} s of them waiting for the rate limit's windows"
    assert waiting in " ".join(forecast(None, target, 200))


def test_a_family_is_estimated_as_it_was_measured_alone_and_a_part_of_it_lower() -> None:
    alone = sum(estimate(select(["AUTH"]), None).requests.values())
    assert alone == pytest.approx(sum(measured()["AUTH"].requests.values()), rel=0.3)
    assert 0 < sum(estimate(select(["AUTH-1"]), None).requests.values()) < alone


def test_keys_that_a_target_lacks_send_nothing() -> None:
    target = load(None, base_url="http://127.0.0.1:1", api_key=KEY)
    assert set(estimate(None, target).requests) <= {"", "organizations.primary.api_keys"}


def test_waiting_for_windows_is_part_of_the_estimate(mock: Path) -> None:
    on_test_clock, in_real_time = (" ".join(forecast(None, load(mock), 80, real_time=real)) for real in (False, True))
    assert "on a test clock" in on_test_clock
    assert "waiting for the rate limit's windows" in in_real_time


def test_where_nothing_is_limited_rate_is_not_tested(mock: Path, tmp_path: Path) -> None:
    run = run_gate(tmp_path, "--target", str(mock), "--rate-reading", "off", "--only", "RATE,SCOPE-3")
    assert run.ids("passed") == {"SCOPE-3"}, run.output
    assert "rate_limit.reading is off: nothing is limited in this environment" in " ".join(run.output.split())


def test_help_has_a_group_of_the_gates_own() -> None:
    with gate("--help") as process:
        code, output = finish(process)
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
    with gate("--api-key", KEY, *(option.format(file=file) for option in options)) as process:
        code, output = finish(process)
    assert code == USAGE, output
    assert says in output
    assert "Traceback" not in output


def test_a_folder_that_takes_no_reports_is_told() -> None:
    with gate("--only", "OP-8", "--report", "/proc/self/fd") as process:
        code, output = finish(process)
    assert code == USAGE, output
    assert "report: could not be written: /proc/self/fd/report.json: " in " ".join(output.split())
