"""Which mutants exist, when a mutant counts as caught, and which ones are known not to be caught."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import spec
from mockserver.modifications.faults import all_faults
from tests.killmatrix import command, uncaught
from tests.killmatrix.command import document, explanation, is_right, summary
from tests.killmatrix.mutants import AXES, conditioned, mutant, pairs, sample
from tests.killmatrix.trials import Result, Trial
from tests.support.gate import GateRun
from tests.support.project import ROOT

SAMPLE = sample()


def reported(exit_code: int, *fell: str) -> GateRun:
    """A run of which these requirements fell."""
    rows = [{"id": each.id, "level": each.level, "status": "failed"} for each in spec.requirements() if each.id in fell]
    return GateRun(exit_code, "", {"requirements": rows})


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A list of known uncaught mutants: one is never caught, those of another fault are caught sometimes."""
    file = tmp_path / "uncaught.toml"
    file.write_text(
        '[[uncaught]]\nmutants = ["data-named-items@operation=listLists"]\nreason = "No client sees it."\n'
        '[[uncaught]]\nmutants = ["bare-array@*"]\nreason = "By chance."\nsometimes = true\n',
        "utf-8",
    )
    monkeypatch.setattr(uncaught, "FILE", file)
    uncaught.entries.cache_clear()
    yield
    uncaught.entries.cache_clear()


class TestMutants:
    def test_a_fault_is_tried_under_the_conditions_that_make_another_of_it(self) -> None:
        names = {trial.name.partition("@")[2] for trial in conditioned("draft-status-ignored")}
        assert {"operation=listDrafts,position=later", "operation=listDrafts,parameter=contactId"} <= names
        assert "operation=listDrafts,state=bounced" in names
        assert not any("listContacts" in name for name in names)

    def test_a_fault_that_shows_in_one_operation_alone_is_not_tried_under_it_again(self) -> None:
        assert conditioned("me-of-all-scopes") == []

    def test_a_general_fault_is_tried_on_every_operation_by_get_and_head(self) -> None:
        names = {trial.name for trial in conditioned("revoked-key-served")}
        ways = [f"operation={each}{head}" for each in spec.contract().operations for head in ("", ",method=HEAD")]
        assert names == {f"revoked-key-served@{way}" for way in ways}

    def test_what_changes_deliveries_takes_no_condition(self) -> None:
        assert conditioned("delivery-by-put") == []

    def test_pairs_have_a_slip_of_the_schema_beside_something_else(self) -> None:
        assert {trial.axis for trial in pairs()} == {"pair"}
        assert all(len(trial.must_fall) == 2 for trial in pairs())


class TestSample:
    def test_it_has_every_fault(self) -> None:
        assert {re.split("[@+]", trial.name)[0] for trial in SAMPLE if trial.kind == "fault"} == set(all_faults())

    def test_it_has_every_axis_and_every_member_and_value_of_a_condition(self) -> None:
        assert {trial.axis for trial in SAMPLE} == {"", "pair", *AXES}
        possible = {member for texts in AXES.values() for text in texts for member in text.split(",")}
        assert possible <= {member for trial in SAMPLE for member in trial.name.partition("@")[2].split(",")}

    def test_it_has_some_hundreds_of_faults_none_of_them_twice(self) -> None:
        names = [trial.name for trial in SAMPLE]
        assert len(names) == len(set(names))
        assert 350 <= sum(trial.kind == "fault" for trial in SAMPLE) <= 600

    def test_all_checks_judge_its_variants_and_its_faults_under_conditions(self) -> None:
        by_their_own_checks = [trial for trial in SAMPLE if trial.focused]
        assert {trial.kind for trial in by_their_own_checks} == {"fault"}
        assert not {trial.axis for trial in by_their_own_checks} - {""}


class TestChecks:
    def test_those_of_a_fault_are_its_own_and_those_that_provoke_the_answers_that_show_it(self) -> None:
        assert mutant("writes-refused-as-text@operation=getMe").its_checks == ("ERROR-1", "AUTH-2", "OP-6")
        assert mutant("revoked-key-served@operation=getMe").its_checks == ("AUTH-3",)

    def test_those_of_all_mutants_exist(self) -> None:
        known = {each.id for each in spec.requirements()}
        assert known.issuperset(id_ for trial in SAMPLE for id_ in trial.its_checks)


class TestCaught:
    FOREIGN = mutant("foreign-resources-shown@operation=getList,shape=encoded")
    PAIR = mutant("scores-as-strings+foreign-resources-shown@operation=getContact")

    @pytest.mark.parametrize(
        ("trial", "run", "right"),
        [
            (FOREIGN, reported(1, "TENANT-2"), True),
            (FOREIGN, reported(1, "TENANT-5"), True),
            (FOREIGN, reported(1, "TENANT-1"), False),
            (PAIR, reported(1, "OP-1", "TENANT-2"), True),
            (PAIR, reported(1, "OP-1"), False),
            (PAIR, reported(1, "TENANT-2"), False),
            (PAIR, reported(0, "OP-1", "TENANT-2"), False),
        ],
    )
    def test_under_a_condition_any_of_its_ids_will_do_and_of_a_pair_both_must_fall(
        self, trial: Trial, run: GateRun, right: bool
    ) -> None:
        assert Result(trial, run, 1.0).right is right

    @pytest.mark.usefixtures("listed")
    def test_what_is_listed_must_not_be_caught(self) -> None:
        trial = mutant("data-named-items@operation=listLists")
        missed, caught = Result(trial, reported(0), 1.0), Result(trial, reported(1, "PAGE-1"), 1.0)
        assert (is_right(missed), is_right(caught)) == (True, False)
        assert "take it from that list" in explanation(caught)
        assert not is_right(Result(trial, None, 1.0))

    @pytest.mark.usefixtures("listed")
    def test_what_is_listed_as_caught_sometimes_is_right_either_way(self) -> None:
        trial = mutant("bare-array@operation=listLists")
        assert is_right(Result(trial, reported(0), 1.0))
        assert is_right(Result(trial, reported(1, "PAGE-1"), 1.0))

    @pytest.mark.usefixtures("listed")
    def test_the_summary_leaves_out_what_is_listed_and_the_matrix_says_why(self) -> None:
        results = [
            Result(mutant("data-named-items@operation=listLists"), reported(0), 1.0),
            Result(self.FOREIGN, reported(1, "TENANT-2"), 1.0),
        ]
        assert summary(results, 1.0).startswith("1 of 1 faults caught")
        assert "| `data-named-items@operation=listLists` | No client sees it. |" in document(results, 1.0)


def test_every_mutant_of_the_list_is_one_and_has_a_reason() -> None:
    for entry in uncaught.entries():
        assert entry.reason.endswith(".")
        for name in entry.mutants:
            assert re.split("[@+]", name)[0] in all_faults()
            assert "*" in name or mutant(name)


class TestCommand:
    def test_shards_are_parts_of_the_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(command, "whole", lambda: SAMPLE)
        parts = [command._chosen((), everything=True, shard=(part, 3)) for part in (1, 2, 3)]
        assert sorted(trial.name for part in parts for trial in part) == sorted(trial.name for trial in SAMPLE)

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--shard", "3/2"], "must be i/n"),
            (["--shard", "0/2"], "must be i/n"),
            (["--shard", "x"], "must be i/n"),
            (["default-of-49@operation=getNothing"], "there are getMe"),
        ],
    )
    def test_a_mistake_is_one_line(self, arguments: list[str], words: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "tests.killmatrix", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert words in done.stderr
