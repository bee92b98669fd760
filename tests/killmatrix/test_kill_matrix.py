"""The gate catches one defect of each family, and passes legal variations; the matrix reports trials that went wrong.

`python -m tests.killmatrix` tries every fault and every variant; these few are tried on every change.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import spec
from tests.killmatrix import mutants, trials
from tests.killmatrix.command import document, summary
from tests.killmatrix.trials import Result, Trial, judge_all
from tests.support.gate import GateRun, run_gate, run_gate_anew
from tests.support.project import ROOT

BY_NAME = {trial.name: trial for trial in mutants.plain()}
FAULTS = (
    "keys-by-beginning",
    "contacts-scope-reads-lists",
    "refused-delete-deletes",
    "cursor-skips-ties",
    "filter-lost-on-page-two",
    "first-event-type-only",
    "cache-by-url",
    "forbidden-says-401",
    "sixty-one-a-minute",
    "signed-anew",
)
# Its own checks send no request that is answered 403.
PROVOKED_BY_OTHERS = "forbidden-says-401"
VARIANTS = ("strict-reading",)
IN_FULL = "filter-lost-on-page-two"
# Some of what it breaks, and of what it does not.
PART = ("PAGE-6", "PAGE-10", "FILTER-1", "FILTER-8")
FAULT = Trial("fault", "wrong", "--fault wrong", ("AUTH-1", "AUTH-2"))
VARIANT = Trial("variant", "other", "--variant other", ("AUTH-5",))


def judged(names: tuple[str, ...]) -> list[Result]:
    """The sample's results. All checks judge the variants and one fault; the others are judged by their own checks first."""
    trials = [replace(BY_NAME[name], focused=name in FAULTS and name != IN_FULL) for name in names]
    return list(judge_all(trials, jobs=2))


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    """The sample, judged in a process of its own, because judging changes the process for good."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return {result.trial.name: result for result in pool.submit(judged, (*FAULTS, *VARIANTS)).result()}


def test_the_sample_has_a_fault_of_every_family() -> None:
    aimed = {BY_NAME[name].expected[0].partition("-")[0] for name in FAULTS}
    assert aimed == {requirement.family for requirement in spec.requirements()}


def test_faults_are_caught_by_the_requirement_that_they_break_and_variants_pass(results: dict[str, Result]) -> None:
    assert set(results) == {*FAULTS, *VARIANTS}
    assert not [f"{each.trial.name}: {each.explanation}\n{each.output}" for each in results.values() if not each.right]


@pytest.mark.parametrize("name", [PROVOKED_BY_OTHERS, "cursor-skips-ties"])
def test_the_checks_of_a_fault_catch_it_without_all_others(name: str, results: dict[str, Result]) -> None:
    run, trial = results[name].run, results[name].trial
    assert run
    assert {row["id"] for row in run.report["requirements"]} == set(trial.its_checks)


def test_a_focused_trial_ends_when_the_fault_is_caught(results: dict[str, Result]) -> None:
    run = results["cursor-skips-ties"].run
    assert run
    assert run.ids("failed") == {"PAGE-6"}
    assert run.ids("not-tested") == {"PAGE-7", "PAGE-10"}


@pytest.mark.parametrize("name", [IN_FULL, "sixty-one-a-minute", "signed-anew"])
def test_a_trial_tells_what_the_gate_tells_its_users(name: str, results: dict[str, Result], tmp_path: Path) -> None:
    run, trial = results[name].run, results[name].trial
    asked = trial.its_checks if trial.focused else PART
    anew = run_gate_anew(tmp_path, "--mock-options", trial.options, "--only", ",".join(asked))
    assert run
    assert rulings(anew) == rulings(run, anew.report)


def test_a_run_of_the_tests_tells_what_a_trial_tells(results: dict[str, Result]) -> None:
    run, trial = results[IN_FULL].run, results[IN_FULL].trial
    assert run
    part = run_gate("--mock-options", trial.options, "--only", ",".join(PART))
    assert rulings(part) == rulings(run, part.report)


def rulings(run: GateRun, asked: dict[str, Any] | None = None) -> tuple[int, dict[str, set[str]]]:
    """The exit code of a run, and the requirements that passed, that failed and that were not tested.

    If there is a report that asked for less, only its requirements are counted.
    """
    among = {row["id"] for row in (asked or run.report)["requirements"]}
    return run.exit_code, {status: run.ids(status) & among for status in ("passed", "failed", "not-tested")}


def reported(exit_code: int, *fell: str) -> GateRun:
    """A run of which these requirements fell."""
    rows = [
        {"id": requirement.id, "level": requirement.level, "status": "failed" if requirement.id in fell else "passed"}
        for requirement in spec.requirements()
    ]
    return GateRun(exit_code, "", {"requirements": rows})


@pytest.mark.parametrize(
    ("trial", "run", "right"),
    [
        (FAULT, reported(1, "AUTH-1"), True),
        (FAULT, reported(1, "AUTH-1", "PAGE-1"), True),
        (FAULT, reported(1, "AUTH-2"), False),
        (FAULT, reported(0), False),
        (FAULT, reported(0, "AUTH-1"), False),
        (FAULT, reported(3, "AUTH-1"), False),
        (FAULT, GateRun(1, "", {}), False),
        (FAULT, None, False),
        (VARIANT, reported(0), True),
        (VARIANT, reported(0, "AUTH-5"), True),
        (VARIANT, reported(0, "TENANT-8"), False),
        (VARIANT, reported(1, "AUTH-1"), False),
        (VARIANT, reported(3), False),
        (VARIANT, GateRun(0, "", {}), False),
    ],
)
def test_right_is_what_was_expected_alone(trial: Trial, run: GateRun | None, right: bool) -> None:
    assert Result(trial, run, 1.0).right is right


def run_stubs(monkeypatch: pytest.MonkeyPatch, stub: Callable[..., GateRun], within: float = 30.0) -> list[Result]:
    monkeypatch.setattr(trials, "warm_up", lambda: None)
    monkeypatch.setattr(trials, "gate", stub)
    return list(judge_all([FAULT, VARIANT], jobs=2, within=within))


def test_results_are_those_of_their_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    results = run_stubs(monkeypatch, lambda options: reported(1, "AUTH-1") if "fault" in options else reported(0))
    assert {result.trial.name for result in results} == {"wrong", "other"}
    assert all(result.right for result in results)


@pytest.mark.parametrize(("caught_by", "told"), [("its own checks", "AUTH-1"), ("all checks", "AUTH-1 TENANT-2")])
def test_a_focused_trial_is_judged_in_full_only_if_its_own_checks_miss_it(
    monkeypatch: pytest.MonkeyPatch, caught_by: str, told: str
) -> None:
    def stub(_options: str, *focus: Sequence[str]) -> GateRun:
        if focus:
            return reported(1, "AUTH-1") if caught_by == "its own checks" else reported(0)
        return reported(1, "AUTH-1", "TENANT-2")

    monkeypatch.setattr(trials, "warm_up", lambda: None)
    monkeypatch.setattr(trials, "gate", stub)
    (result,) = judge_all([replace(FAULT, focused=True)], jobs=1)
    assert " ".join(sorted(result.fell)) == told


def test_what_hangs_is_ended_with_all_that_it_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def hang(options: str) -> GateRun:
        started = subprocess.Popen(["/bin/sleep", "60"])
        (tmp_path / options.split()[-1]).write_text(str(started.pid), "utf-8")
        started.wait()
        return reported(0)

    started = [tmp_path / name for name in ("wrong", "other")]
    # Time passes only when both hang, however long a busy machine takes to start them.
    clock = SimpleNamespace(monotonic=lambda: float(all(map(is_written, started))))
    monkeypatch.setattr(trials, "time", clock)
    results = run_stubs(monkeypatch, hang, within=1.0)
    assert {result.explanation for result in results} == {"no end within 1 s"}
    assert not any(result.right for result in results)
    assert all(has_ended(int(file.read_text("utf-8"))) for file in started)


def is_written(file: Path) -> bool:
    return file.exists() and bool(file.read_text("utf-8"))


def has_ended(pid: int) -> bool:
    for _ in range(1_000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").exists() and ") Z " in Path(f"/proc/{pid}/stat").read_text("utf-8"):
            return True
        time.sleep(0.02)
    return False


def test_what_dies_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(_options: str) -> GateRun:
        os._exit(1)

    results = run_stubs(monkeypatch, die)
    assert [result.explanation for result in results] == ["the run's process died"] * 2


def test_an_interrupt_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def hang(options: str) -> GateRun:
        (tmp_path / options.split()[-1]).write_text(str(os.getpid()), "utf-8")
        if "fault" in options:
            time.sleep(60)
        return reported(0)

    monkeypatch.setattr(trials, "warm_up", lambda: None)
    monkeypatch.setattr(trials, "gate", hang)
    results = judge_all([FAULT, VARIANT], jobs=2)
    assert next(results).trial == VARIANT
    while not is_written(tmp_path / "wrong"):
        time.sleep(0.01)
    results.close()
    assert has_ended(int((tmp_path / "wrong").read_text("utf-8")))


def test_a_name_that_is_mistyped_is_one_line_with_those_most_like_it() -> None:
    command = [sys.executable, "-m", "tests.killmatrix", "cursor-skip-ties"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "killmatrix: 'cursor-skip-ties' is no fault or variant; did you mean cursor-skips-ties"
    )
    assert done.stderr.count("\n") == 1


def test_the_matrix_has_a_row_for_each_and_a_line_for_all() -> None:
    caught, missed = BY_NAME["status-as-string"], BY_NAME["cursor-skips-ties"]
    passed = BY_NAME["oldest-first"]
    results = [
        Result(missed, reported(1, "PAGE-1"), 2.0),
        Result(caught, reported(1, caught.expected[0], "PAGE-10", "PAGE-9"), 1.0),
        Result(passed, reported(0), 3.0),
    ]
    line = "1 of 2 faults caught by the requirement that they break, 1 of 1 legal variations passed, 4 min 12 s"
    assert summary(results, 252.4) == line
    written = document(results, 252.4).splitlines()
    assert f"{line}." in written
    assert f"| ✓ | fault | `status-as-string` | {caught.expected[0]} | PAGE-9, PAGE-10 | 1.0 |" in written
    assert f"| ✗ | fault | `cursor-skips-ties` | {missed.expected[0]} | PAGE-1 | 2.0 |" in written
    assert "| ✓ | variant | `oldest-first` | none | – | 3.0 |" in written


def figures(page: str) -> list[tuple[int, int]]:
    """The faults and the variations of each run of the matrix that a page shows, none of which has a miss."""
    line = (
        r"(\d+) of \1 faults caught by the requirement that they break, "
        r"(\d+) of \2 legal variations passed, \d+ min \d+ s"
    )
    found = list[tuple[int, int]]()
    for text in (ROOT / page).read_text("utf-8").splitlines():
        if "faults caught by" in text:
            shown = re.fullmatch(line, text)
            assert shown, f"{page}: {text}"
            found.append((int(shown[1]), int(shown[2])))
    return found


def test_the_documentation_shows_a_run_of_the_sample() -> None:
    kinds = [trial.kind for trial in mutants.sample()]
    ((faults, variants),) = figures("docs/gate.md")
    # Faults and variants may have been added since that run, but none was removed.
    assert faults <= kinds.count("fault")
    assert variants <= kinds.count("variant")


def test_the_readme_tells_of_the_whole_matrix_what_the_documentation_tells() -> None:
    readme, documentation = ((ROOT / page).read_text("utf-8") for page in ("README.md", "docs/gate.md"))
    told = re.search(r"Of ([\d,]+) faults it found ([\d,]+) caught.*?lists the other (\d+),", documentation, re.DOTALL)
    shown = re.search(r"has ([\d,]+) faults,.*?finds ([\d,]+) by.*?the other (\d+) are listed", readme, re.DOTALL)
    assert told
    assert shown
    assert shown.groups() == told.groups()
