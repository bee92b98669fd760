"""The exit code is the worse of the verdict's and the session's: a verdict hides no failure beside the checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.verdict.exit_code import exit_code
from conformance.verdict.ledger import Finding, Ledger
from tests.support.gate import run_gate

_FAILS = "def test_it_fails(): assert False\n"
_TEARDOWN = """
import pytest

@pytest.fixture
def broken():
    yield
    raise RuntimeError("the teardown failed")

def test_it_passes(broken): pass
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [(_FAILS, "test_other.py::test_it_fails"), (_TEARDOWN, "test_other.py::test_it_passes (teardown)")],
    ids=["a test", "a teardown"],
)
def test_what_fails_beside_the_checks_fails_the_run(text: str, told: str, mock: Path, tmp_path: Path) -> None:
    other = tmp_path / "test_other.py"
    other.write_text(text, "utf-8")
    run = run_gate(str(other), "--target", str(mock), "-k", "it_fails or it_passes or me_wants_no_scope")
    assert (run.exit_code, run.verdict) == (1, "partial"), run.output
    output = " ".join(run.output.split())
    assert told in output
    assert output.endswith("but the run fails: something else of this session failed")


def test_the_worse_of_both_codes_counts() -> None:
    ledger = Ledger()
    ledger.add(Finding("AUTH-1", "passed"))
    assert exit_code(ledger) == 0
    ledger.failed_elsewhere.append("test_other.py::test_it_fails")
    assert exit_code(ledger) == 1
    ledger.stop("it stopped answering")
    assert exit_code(ledger) == 3


@pytest.mark.parametrize(("tried", "status"), [((0, 9), "not-tested"), ((1, 9), "passed"), (None, "passed")])
def test_a_requirement_of_which_nothing_was_tried_has_not_passed(tried: tuple[int, int] | None, status: str) -> None:
    ledger = Ledger(only=frozenset({"AUTH-1"}))
    ledger.add(Finding("AUTH-1", "passed", tried=tried))
    ruling = ledger.rulings()[0]
    assert ruling.status == status
    assert ruling.reason == ("" if status == "passed" else "none of its cases was tried")
