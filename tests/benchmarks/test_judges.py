"""The comparison of judges: which faults it is made on, what it prints, and its exit code."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from click.testing import CliRunner, Result

import spec
from benchmarks import judges


def compared(monkeypatch: pytest.MonkeyPatch, objections: dict[str, tuple[bool, bool]]) -> Result:
    """Compare judges that object so: the gate, and Schemathesis."""

    def judged(fault: str, _examples: int, _depth: str) -> tuple[bool, bool]:
        return objections.get(fault, (False, False))

    monkeypatch.setattr(judges, "_judged", judged)
    return CliRunner().invoke(judges.main, ["cursor-skips-ties", "nul-crashes"])


def test_without_a_name_one_fault_of_each_family_is_tried() -> None:
    families: Sequence[str] = list(dict.fromkeys(row.family for row in spec.requirements()))
    assert len(set(judges.one_of_each_family())) == len(families)


def test_what_each_judge_finds_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    told = compared(monkeypatch, {"cursor-skips-ties": (True, False), "nul-crashes": (True, True)})
    assert told.output.splitlines()[-1] == "The gate finds 2 of 2 faults, Schemathesis 1. False alarms: 0."
    assert told.exit_code == 0


def test_a_fault_that_the_gate_misses_or_a_false_alarm_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    missed = compared(monkeypatch, {"cursor-skips-ties": (True, False)})
    alarm = compared(
        monkeypatch, {"(none)": (False, True), "cursor-skips-ties": (True, True), "nul-crashes": (True, True)}
    )
    assert (missed.exit_code, alarm.exit_code) == (1, 1)


def test_what_is_no_fault_is_told() -> None:
    told = CliRunner().invoke(judges.main, ["no-such-fault"])
    assert told.exit_code == 2
    assert "'no-such-fault' is no fault; outbound-mock --list-faults lists them" in told.output
