"""What is judged over all answers of a run is told for each operation, so that an excuse covers what it names alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import spec
from conformance.cases.sampling import none_has
from conformance.checks import Violation, take_tried, tried_cases
from conformance.target.exchange import Exchange
from conformance.verdict.known_violations import KnownViolation, excuses, load
from conformance.verdict.ledger import Finding
from tests.support.gate import run_gate
from tests.support.report_runs import exchange


def answer(number: int, operation: str | None) -> Exchange:
    given = exchange(number)
    return replace(given, request=replace(given.request, operation=operation))


def fault(given: Exchange) -> str | None:
    return f"broken in {given.number}" if given.number > 2 else None


def test_each_operation_with_a_fault_is_a_case_that_tells_its_first_one() -> None:
    take_tried()
    answers = [answer(1, "getMe"), answer(3, "listLists"), answer(4, None), answer(5, "listLists")]
    with pytest.raises(Violation, match=r"^broken in 3 \(3 of 4 answers\)$") as violation:
        none_has(fault, answers)
    assert violation.value.cases == {"listLists": "broken in 3", "no operation": "broken in 4"}
    assert violation.value.exchanges == (answers[1],)
    assert tried_cases() == {"getMe", "listLists", "no operation"}
    assert take_tried() == (1, 1)


def test_an_excuse_for_one_operation_hides_no_other() -> None:
    with pytest.raises(Violation) as violation:
        none_has(fault, [answer(3, "getMe"), answer(4, "listLists")])
    seen = violation.value
    today = date(2027, 1, 15)
    found = Finding("OP-1", "failed", seen.message, seen.exchanges, "test_x.py::test_x[OP-1]", broken_cases=seen.cases)
    one, other = (KnownViolation("OP-1", "being mended", today, operation) for operation in ("getMe", "listLists"))
    assert excuses(found, [one], today) == ()
    assert excuses(found, [one, other], today) == (other, one)


def test_each_list_whose_walks_go_round_has_an_excuse_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "known-violations.toml"
    run_gate("--only", "PAGE-8", "--mock-options", "--fault walk-never-ends", "--write-known-violations", str(file))
    cases = {entry.case for entry in load(file)}
    assert cases == {operation.id for operation in spec.contract().operations.values() if operation.is_list}
