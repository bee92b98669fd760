"""`python -m benchmarks.logs`: what is compared, and what is said if it cannot be measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import logs
from benchmarks.measuring import CannotMeasure
from tests.support.project import ROOT


def test_turns_of_one_round_are_compared_and_the_median_round_counts() -> None:
    turns = {"a": [11.0, 22.0, 90.0], "b": [10.0, 20.0, 30.0]}
    assert logs.more(turns, "a", "b") == pytest.approx(0.1)


def test_each_way_of_logging_has_a_turn_in_each_round() -> None:
    measured = logs.measure(rounds=2, requests=1)
    assert {route: {name: len(times) for name, times in turns.items()} for route, turns in measured.items()} == {
        route: {logs.WITHOUT: 2, logs.LOG: 2, logs.RECORDING: 2} for route in logs.ROUTES
    }


def test_the_table_tells_times_and_what_each_adds() -> None:
    turns = {logs.WITHOUT: [10.0], logs.LOG: [11.0], logs.RECORDING: [22.0]}
    assert logs.table({"me": turns}).splitlines()[1].split() == [
        "me", "10.00", "µs", "11.00", "µs", "+10.0%", "22.00", "µs", "+100.0%"
    ]  # fmt: skip


def test_what_cannot_be_measured_is_one_line_and_3(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(_rounds: int, _requests: int, _before: None) -> None:
        raise CannotMeasure("/api/v1/me was answered [503]")

    monkeypatch.setattr(logs, "measure", measure)
    done = CliRunner().invoke(logs.main, [])
    assert (done.exit_code, done.output) == (3, "logs: /api/v1/me was answered [503]\n")


def test_the_log_of_another_checkout_has_turns_beside_this_ones() -> None:
    measured = logs.measure(rounds=1, requests=1, before=ROOT)
    assert {len(turns[logs.BEFORE]) for turns in measured.values()} == {1}


def test_the_last_column_tells_what_the_log_takes_more_than_that_of_before() -> None:
    turns = {logs.WITHOUT: [10.0], logs.LOG: [11.0], logs.RECORDING: [22.0], logs.BEFORE: [10.0]}
    assert logs.table({"me": turns}).splitlines()[1].split()[-3:] == ["10.00", "µs", "+10.0%"]


def test_a_checkout_without_a_request_log_is_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(logs.main, ["--before", str(tmp_path)])
    assert (done.exit_code, done.output.count("\n")) == (3, 1)
    assert "has no request log that can be used" in done.output
