"""A report that `diff`, `replay` and `--baseline` read may be of a stranger: damaged, hostile or of a part of the run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance import cli
from conformance.report.comparison import ReportError, compare, read
from conformance.report.terminal import compared
from conformance.verdict.ledger import LEFT_OUT, Ledger
from tests.support.gate import run_gate
from tests.support.report_runs import Screen, finding, ledger, run_of, written

USAGE, BROKEN = 4, 1
SINCE = " since the baseline ".center(79, "-")
HOSTILE = "\x1b[31mred\x1b]0;title\x07\u202e\u2028\n::error::x ##[error]y"


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A report in which PAGE-3 is broken."""
    written(tmp_path, run_of(ledger()))
    return tmp_path / "report.json"


def altered(report: Path, alter: Callable[[Any], object]) -> Path:
    """A copy of a report, altered in place by a function of its document."""
    document = json.loads(report.read_text("utf-8"))
    alter(document)
    path = report.with_name("altered.json")
    path.write_text(json.dumps(document), "utf-8")
    return path


def only(*ids: str) -> Callable[[Any], object]:
    """Removes all other requirements from a document."""
    return lambda document: document.update(requirements=[row for row in document["requirements"] if row["id"] in ids])


PLACES: dict[str, Callable[[Any, Any], object]] = {
    "seed": lambda document, value: document.update(seed=value),
    "depth": lambda document, value: document.update(depth=value),
    "kit": lambda document, value: document.update(kit=value),
    "version": lambda document, value: document["kit"].update(version=value),
    "contract": lambda document, value: document["kit"].update(contract=value),
    "requirements": lambda document, value: document.update(requirements=value),
    "requirement": lambda document, value: document.update(requirements=[value]),
    "id": lambda document, value: document["requirements"][0].update(id=value),
    "status": lambda document, value: document["requirements"][0].update(status=value),
    "reason": lambda document, value: document["requirements"][0].update(reason=value),
    "tried": lambda document, value: document["requirements"][0].update(tried=value),
    "cases": lambda document, value: document["requirements"][0]["tried"].update(cases=value),
}


def put(place: str, value: object) -> Callable[[Any], object]:
    """Puts a value into a document."""
    return lambda document: PLACES[place](document, value)


TEXTS = ("version", "contract", "reason")
NONES: tuple[Any, ...] = (
    float("inf"),
    float("-inf"),
    float("nan"),
    1.5,
    True,
    None,
    HOSTILE,
    [],
    {},
    [[]],
    "",
    "\ud800",
)
NONES_OF_NUMBERS = (-1, 10**40)


@pytest.mark.parametrize("place", PLACES)
def test_a_value_that_no_report_has_is_refused_in_a_printable_line(report: Path, place: str) -> None:
    more = NONES_OF_NUMBERS if place != "seed" else ()
    for value in (*NONES, *more):
        if place in TEXTS and isinstance(value, str):
            continue
        path = altered(report, put(place, value))
        with pytest.raises(ReportError, match=r"not a report\.json of this kit: ") as refused:
            read(path)
        assert str(refused.value).isprintable(), value
        assert "##[" not in str(refused.value)


@pytest.mark.parametrize("command", [("diff", "{0}", "{0}"), ("replay", "{0}")])
def test_a_refused_report_is_exit_4(capsys: pytest.CaptureFixture[str], report: Path, command: tuple[str, ...]) -> None:
    path = altered(report, lambda document: document.update(depth="thorough"))
    assert cli.run([word.format(path) for word in command]) == USAGE
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert f"{path}: not a report.json of this kit: " in err
    assert "depth" in err
    assert "--depth" not in err


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"seed": 7', '"seed": 7, "seed": 7', "a member occurs twice"),
        ('"seed": 7', '"seed": 1e999', "`$.seed`"),
        ('"seed": 7', f'"seed": {"7" * 5000}', "digits"),
        ('"id": "AUTH-2"', '"id": "AUTH-1"', "a requirement occurs twice"),
        ("{", "[" * 100_000, "nested too deep"),
        ("{", "\udcff", "not UTF-8"),
    ],
)
def test_a_file_that_is_no_plain_json_is_refused(report: Path, old: str, new: str, says: str) -> None:
    text = altered(report, lambda document: document.update(seed=7)).read_text("utf-8")
    report.write_text(text.replace(old, new, 1), "utf-8", errors="surrogateescape")
    with pytest.raises(ReportError) as refused:
        read(report)
    assert says in str(refused.value)


def test_a_mark_of_the_byte_order_and_a_long_seed_are_no_fault(report: Path) -> None:
    report.write_text("\ufeff" + altered(report, lambda document: document.update(seed=-(10**40))).read_text(), "utf-8")
    assert read(report).seed == str(-(10**40))


def test_nothing_of_a_report_reaches_the_terminal_raw(report: Path) -> None:
    def alter(document: Any) -> None:
        document["kit"] = {"version": HOSTILE, "contract": HOSTILE[:10]}
        document["requirements"][0] |= {"status": "failed", "reason": HOSTILE}
        document["requirements"][1] |= {"status": "not-tested", "reason": f"::error::{HOSTILE}"}

    old, new = read(report), read(altered(report, alter))
    lines = [*compare(old, new).lines(), *compare(new, old).lines()]
    assert sum("\\x1b" in line for line in lines) == 6
    assert all(line.isprintable() for line in lines)
    assert not any("##[" in line or line.lstrip().startswith("::") for line in lines)


def test_what_one_of_two_reports_lacks_is_told(capsys: pytest.CaptureFixture[str], report: Path) -> None:
    part = altered(report, only("AUTH-1", "AUTH-2"))
    assert cli.run(["diff", str(report), str(part)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"not in {part}: 70 requirements"
    assert told[1].startswith("  AUTH-3, AUTH-4, ")
    assert cli.run(["diff", str(part), str(report)]) == BROKEN
    out = capsys.readouterr().out
    assert "broke: " in out
    assert "\n  PAGE-3: " in out
    assert f"not in {part}: 70 requirements\n" in out


def test_what_a_report_lacks_is_said_where_nothing_failed_in_it(
    capsys: pytest.CaptureFixture[str], report: Path
) -> None:
    assert cli.run(["replay", str(altered(report, only("AUTH-1", "AUTH-2")))]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "the report lacks 70 requirements of 72: nothing is known of them",
        "nothing failed in that report",
    ]


def test_a_failed_requirement_of_another_kit_is_not_tried_again(
    capsys: pytest.CaptureFixture[str], report: Path
) -> None:
    unknown = altered(report, lambda document: document["requirements"][0].update(id="XYZ-1", status="failed"))
    assert cli.run(["replay", str(unknown)]) == USAGE
    assert f"{unknown}: this kit has no requirement XYZ-1\n" in capsys.readouterr().err


def test_what_was_not_chosen_for_a_run_is_not_compared_with_its_baseline(report: Path) -> None:
    made = Ledger(only=frozenset({"PAGE-3", "AUTH-1"}))
    made.add(finding("PAGE-3", "passed"))
    made.add(finding("AUTH-1", "not-tested", LEFT_OUT))
    screen = Screen()
    compared(read(report), run_of(made), screen)
    assert screen.lines == [SINCE, "mended: 1", "  PAGE-3"]


def test_a_run_is_compared_with_its_baseline(report: Path) -> None:
    run = run_gate("--only", "PAGE-3", "--baseline", str(report))
    assert run.exit_code == 0, run.output
    told = run.output[run.output.index(" since the baseline ") :]
    assert "mended: 1\n    PAGE-3\n" in told or "mended: 1\n  PAGE-3\n" in told


def test_a_baseline_that_is_no_report_is_a_usage_error(tmp_path: Path) -> None:
    run = run_gate("--baseline", str(tmp_path / "nowhere.json"))
    assert run.exit_code == USAGE
    assert "--baseline: " in run.output
