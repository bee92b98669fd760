"""What a CI system shows of a load test: JUnit XML and a summary in Markdown."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from loadtests.analysis.findings import Check, Examination, Finding, Outcome
from loadtests.analysis.ledger import Key, Ledger
from loadtests.analysis.verdict import Run, Verdict, judge
from loadtests.report import write
from spec import Level

_HOSTILE = "|**</failure><script>\x1b[31m&amp;"
_RUN = Run("overload", "Above its limits a key is refused.", "http://127.0.0.1:8080", 1_800_000_000, 1_800_000_010)
_LEDGER = Ledger([Key("obk_live_…0001", "acme", "spender")])


def _finding(outcome: Outcome, check: Check, level: Level = "must", message: str = "as seen") -> Finding:
    return Finding(check, "A claim", outcome, message, level, key=0)


def _written(folder: Path, verdict: Verdict) -> tuple[ET.Element, str]:
    write(folder, verdict, _LEDGER)
    return ET.parse(folder / "junit.xml").getroot(), (folder / "summary.md").read_text("utf-8")


def _verdict(*findings: Finding, strict: bool = False) -> Verdict:
    return judge(_RUN, Examination(findings), strict=strict)


def test_what_breaks_the_verdict_is_a_failure_and_the_rest_is_not(tmp_path: Path) -> None:
    verdict = _verdict(
        _finding("broken", "answered"), _finding("broken", "patience", "should"), _finding("held", "recovery")
    )
    root, summary = _written(tmp_path, verdict)
    suite = root[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        "3",
        "1",
        "0",
        "1",
    )
    failed, should, held = suite
    assert failed.find("failure") is not None
    assert (should[0].tag, should[0].get("message")) == ("skipped", "a should is broken: as seen")
    assert len(held) == 0
    assert "## ❌ Load test overload: broken" in summary
    assert "| answered | **broken** |" in summary
    assert "| patience | should broken |" in summary


def test_a_should_that_binds_is_a_failure(tmp_path: Path) -> None:
    root, _ = _written(tmp_path, _verdict(_finding("broken", "patience", "should"), strict=True))
    assert root[0].get("failures") == "1"


def test_a_run_that_could_not_be_judged_is_an_error(tmp_path: Path) -> None:
    root, summary = _written(tmp_path, _verdict(_finding("unjudged", "answered")))
    assert (root[0].get("errors"), root[0].get("skipped")) == ("1", "1")
    assert "not judged" in summary


@pytest.mark.parametrize("name", ["junit.xml", "summary.md"])
def test_foreign_text_is_no_markup(name: str, tmp_path: Path) -> None:
    root, summary = _written(tmp_path, _verdict(_finding("broken", "answered", message=_HOSTILE)))
    assert "\x1b" not in (tmp_path / name).read_text("utf-8")
    assert root.find(".//script") is None
    assert "\\|\\*\\*" in summary
    assert "<script>" not in summary
