"""`outbound-conformance`: the gate as a command, and its commands for reports."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import conformance
import spec
from conformance import __main__, cli
from conformance.cases.tables import Cut, depths, over
from conformance.report import mock_faults
from conformance.report.causes import usual_causes
from conformance.report.explanation import takes_the_whole_run
from tests.support.gate import gate_output
from tests.support.null_servers import NULL_SERVERS, serving
from tests.support.project import ROOT
from tests.support.report_runs import ledger, run_of, written
from tests.support.warm_programs import outbound_conformance
from tests.support.warm_runs import IN_FORKS

BROKEN, USAGE, NOT_JUDGED = 1, 4, 3
KEY = "obk_live_0123456789abcdefghijABCDEFGHIJ01"


def without_a_table() -> None:
    """A check without a table."""


def a_check(case: object) -> None:
    """A check of a case."""


def run(capsys: pytest.CaptureFixture[str], *arguments: str, starting: object = IN_FORKS) -> tuple[int, str, str]:
    """The exit code, and the output on both streams. `starting` starts the command's runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "subprocess", starting)
        code = cli.run(arguments)
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A report in which PAGE-3 is broken."""
    written(tmp_path, run_of(ledger()))
    return tmp_path / "report.json"


def changed(report: Path, name: str, *rows: dict[str, Any], **members: Any) -> Path:
    """A copy of a report with other members and changed rows of requirements."""
    document = json.loads(report.read_text("utf-8")) | members
    by_id = {row["id"]: row for row in document["requirements"]}
    for row in rows:
        by_id[row["id"]].update(row)
    path = report.with_name(name)
    path.write_text(json.dumps(document), "utf-8")
    return path


def test_whatever_is_no_command_goes_to_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[Sequence[str]] = []

    def main(arguments: Sequence[str], **_: object) -> int:
        passed.append(arguments)
        return 0

    monkeypatch.setattr(pytest, "main", main)
    assert cli.run(["--base-url", "http://x", "--strict"]) == cli.run(["list", "--only", "AUTH"]) == 0
    folder = str(Path(conformance.__file__).parent)
    assert [words[0] for words in passed] == [folder, folder]
    assert [words[-3:] for words in passed] == [["--base-url", "http://x", "--strict"], ["--list", "--only", "AUTH"]]


def explained_by_the_command() -> tuple[int, str]:
    done = outbound_conformance("explain", "PAGE-6", folder=ROOT, within=100.0, COLUMNS="200")
    return done.returncode, done.stdout


def explained_by_pytest() -> tuple[int, str]:
    return gate_output("--explain", "PAGE-6", COLUMNS="200")


@pytest.mark.parametrize("explained", [explained_by_the_command, explained_by_pytest])
def test_a_requirement_is_explained(explained: Callable[[], tuple[int, str]]) -> None:
    code, output = explained()
    requirement = next(row for row in spec.requirements() if row.id == "PAGE-6")
    told = " ".join(output.split())
    assert code == 0, output
    assert told.startswith(f"PAGE-6 (must): {requirement.title}")
    assert f"basis: {requirement.basis}" in told
    assert f"usual cause: {'; '.join(usual_causes('PAGE-6'))}" in told
    assert "tried: test_pagination.py::test_" in told
    assert "Cases: quick " in told
    assert "fault of the mock: cursor-skips-ties: The cursor holds only a time" in told


def test_without_the_mock_a_requirement_is_explained_without_its_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mock_faults, "find_spec", {}.get)
    mock_faults._faults.cache_clear()
    try:
        assert mock_faults.faults_of("PAGE-6") == []
    finally:
        mock_faults._faults.cache_clear()


def test_the_cases_of_each_depth_are_told() -> None:
    table = over(("a", "b", "c"), Cut(quick=1, paced=2, standard=9))(a_check)
    assert depths(table) == "quick 1, standard 3 (2 if it waits for the rate limit in real time), deep all 3"
    assert depths(over(("a", "b"))(a_check)) == "all 2, at every depth"
    assert depths(without_a_table) == ""


def test_what_broke_was_mended_or_tried_less_is_listed(capsys: pytest.CaptureFixture[str], report: Path) -> None:
    new = changed(
        report,
        "new.json",
        {"id": "PAGE-3", "status": "passed"},
        {"id": "PAGE-6", "status": "failed", "reason": "an item twice"},
        {"id": "AUTH-1", "tried": {"cases": 0, "of": 9}},
        {"id": "OP-2", "status": "not-tested", "reason": "needs a key"},
    )
    code, out, _ = run(capsys, "diff", str(report), str(new))
    assert code == BROKEN
    assert out.splitlines() == [
        "broke: 1",
        "  PAGE-6: an item twice",
        "mended: 1",
        "  PAGE-3",
        "tried less: 2",
        "  AUTH-1: 0 of 1 case tried before",
        "  OP-2: 1 of 1 case tried before: needs a key",
    ]


def test_nothing_changed_is_said(capsys: pytest.CaptureFixture[str], report: Path) -> None:
    assert run(capsys, "diff", str(report.parent), str(report)) == (0, "nothing changed\n", "")


def test_runs_under_other_conditions_are_compared_with_a_warning(
    capsys: pytest.CaptureFixture[str], report: Path
) -> None:
    new = changed(report, "new.json", depth="quick", kit={"version": "9", "contract": "0" * 64})
    _, out, _ = run(capsys, "diff", str(report), str(new))
    assert "warning: depth differs: standard, then quick" in out
    assert "warning: contract differs: " in out


def test_several_reports_make_a_matrix(capsys: pytest.CaptureFixture[str], report: Path) -> None:
    new = changed(report, "new.json", {"id": "PAGE-3", "status": "passed"})
    _, out, _ = run(capsys, "diff", str(report), str(report), str(new))
    rows = {words[0]: words[1:] for words in map(str.split, reversed(out.splitlines())) if "-" in words[0]}
    assert rows["PAGE-3"] == ["x", "x", "+"]
    assert rows["HOOK-1"] == ["-", "-", "-"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("diff", "{report}"), "give two reports or more"),
        (("diff", "{report}", "/no/such"), "/no/such: No such file"),
        (("diff", "{report}", "{other}"), "not a report.json of this kit"),
        (("replay",), "give a report"),
        (("replay", "{report}", "--base-url", "ftp://x", "--api-key", "k"), "base_url: "),
        (("replay", "{report}", "--only", "PAGE-2"), "replay: no option '--only'"),
        (("replay", "{report}", "--only=PAGE-2"), "replay: no option '--only'"),
        (("replay", "{report}", "--base-url", "http://x", "--dry-run"), "no option '--dry-run': this command tries"),
        (("replay", "{report}", "--list"), "no option '--list': this command tries what failed in the report"),
        (("replay", "{report}", "--report"), "replay: --report: its value is missing"),
        (("replay", "{report}", "--report="), "replay: --report: its value is missing"),
        (("explain",), "give a requirement"),
        (("init", "--force"), "no option '--force'; this command takes --base-url"),
        (("init", "a", "b"), "give one file"),
        (("explain", "PAGE-6", "--bogus"), "explain: no option '--bogus'; this command takes none"),
        (("explain", "xyzzy"), "no family or requirement 'xyzzy'; families are"),
        (("diff", "--bogus", "{report}"), "no option '--bogus'"),
        (("replay", "--base-url"), "give a report first"),
        (("list", "AUHT"), "no family or requirement 'AUHT'; did you mean AUTH"),
        (("--target", "/no/such.toml"), "outbound-conformance: /no/such.toml: No such file"),
        (("--completion", "csh"), "name a shell: bash, zsh, fish"),
        (("--completion=tcsh",), "--completion: name a shell: bash, zsh, fish"),
        (("--completion",), "--completion: name a shell: bash, zsh, fish"),
        (("--strict", "--completion=tcsh"), "--completion: name a shell: bash, zsh, fish"),
        (("--depth",), "outbound-conformance: --depth: its value is missing"),
        (
            ("--mock-options", "--tls"),
            "--mock-options: its value is missing; if it begins with a dash, write it as --option=VALUE",
        ),
        (("--maxfail", "x"), "outbound-conformance: --maxfail: invalid int value: 'x'"),
        (("--har",), "outbound-conformance: --har: its value is missing"),
        (("--har", "x", "--onyl", "AUTH"), "no option '--onyl'; did you mean --only?"),
        (
            ("--har", "x", "--depth", "deep"),
            "no option '--depth'; --har takes --base-url, --only, --report and --strict",
        ),
        (("explian", "PAGE-6"), "no command 'explian'; did you mean explain?"),
        (("explain", "PAG-6"), "did you mean PAGE-6?"),
        (("explain", "page-66"), "no family or requirement 'page-66'; did you mean PAGE-6?"),
        (("--strct",), "outbound-conformance: no option '--strct'; did you mean --strict"),
        (("--base-ur=http://x",), "no option '--base-ur'; did you mean --base-url"),
        (("--api-kye", KEY), "no option '--api-kye'; did you mean --api-key"),
        (("--frobnicate",), "no option '--frobnicate'; --help lists them"),
        (("--depth", "deap"), "--depth: invalid choice: 'deap'"),
        (("--seed", "x"), "--seed: invalid int value: 'x'"),
        (("list", "--onyl", "AUTH"), "outbound-conformance list: no option '--onyl'; did you mean --only"),
    ],
)
def test_a_bad_argument_is_one_line_and_exit_4(
    capsys: pytest.CaptureFixture[str], report: Path, arguments: tuple[str, ...], says: str
) -> None:
    other = report.with_name("other.json")
    other.write_text("[]", "utf-8")
    code, _, err = run(capsys, *(argument.format(report=report, other=other) for argument in arguments))
    assert code == USAGE
    assert says in err
    assert err.count("\n") == 1
    assert KEY not in err


def test_without_what_the_gate_needs_the_command_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", {}.get)
    monkeypatch.setattr("signal.getsignal", lambda _: None)  # so that this process keeps its handler
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == USAGE
    assert "pip install 'outbound-conformance[gate]'" in capsys.readouterr().err


def test_what_could_not_be_tried_again_says_why(capsys: pytest.CaptureFixture[str], report: Path) -> None:
    old = changed(report, "old.json", {"id": "AUTH-1", "status": "passed"}, {"id": "AUTH-1", "status": "failed"})
    code, out, _ = run(capsys, "replay", str(old), "--base-url", "http://127.0.0.1:9", "--api-key", KEY)
    told = [line for line in out.splitlines() if line.startswith("AUTH-1 ")]
    assert told == ["AUTH-1    could not be judged: connection refused by http://127.0.0.1:9"]
    assert code == NOT_JUDGED


def test_what_failed_is_tried_again(capsys: pytest.CaptureFixture[str], report: Path) -> None:
    old = changed(report, "old.json", {"id": "PAGE-3", "status": "passed"}, {"id": "AUTH-5", "status": "passed"})
    old = changed(old, "old.json", {"id": "PAGE-2", "status": "passed"}, {"id": "AUTH-1", "status": "failed"})
    with serving(NULL_SERVERS["empty_object_to_everything"]) as base_url:
        code, out, err = run(capsys, "replay", str(old), "--base-url", base_url, "--api-key", KEY)
    assert out.splitlines()[0] == "trying 1 requirement again: AUTH-1"
    assert out.splitlines()[-1].split(maxsplit=1) == ["AUTH-1", "still broken"] or code == NOT_JUDGED
    assert "verdict" not in out
    assert err == ""


def test_a_terminal_shows_how_far_a_second_try_is_from_a_folder_with_modules_of_the_same_names(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, report: Path, tmp_path: Path
) -> None:
    for name in ("pytest", "conformance"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(5)\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    old = changed(report, "old.json", {"id": "AUTH-5", "status": "passed"}, {"id": "PAGE-3", "status": "passed"})
    code, out, progress = run(capsys, "replay", str(old), starting=subprocess)
    assert (code, out) == (0, "trying 1 requirement again: PAGE-2\nPAGE-2    mended\n")
    assert progress.endswith("\r100% of the checks are done\r")


def test_a_second_try_writes_its_report_where_it_is_told(
    capsys: pytest.CaptureFixture[str], report: Path, tmp_path: Path
) -> None:
    code, out, err = run(capsys, "replay", str(report), "--report", str(tmp_path / "second"))
    assert (code, out.count("mended")) == (0, 3), err
    assert run(capsys, "diff", str(report), str(tmp_path / "second"))[0] == 0


@pytest.mark.parametrize(("id_", "whole"), [("OP-1", True), ("PAGE-13", True), ("PAGE-2", False), ("SCOPE-1", False)])
def test_what_any_answer_may_break_is_tried_again_by_a_whole_run(id_: str, whole: bool) -> None:
    assert takes_the_whole_run(id_) == whole


@pytest.mark.parametrize("words", ["help", "--help", "-h", "init --help", "--target x.toml --help"])
def test_the_help_is_the_commands_own(
    words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = run(capsys, *words.split())
    assert code == 0
    assert out.startswith("usage: outbound-conformance [COMMAND] [OPTIONS]\n")
    places = [out.index(text) for text in ("\n  explain ID…", "--known-violations", "pytest --help lists them")]
    assert places == sorted(places)
    assert "--import-mode" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_the_version_is_the_kits(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version") == (0, f"outbound-conformance {version('outbound-conformance')}\n", "")
