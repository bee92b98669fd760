"""Every form of the report says the same, hides every secret, and stays well-formed whatever the target sent."""

from __future__ import annotations

import json
import re
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import pytest

import spec
from conformance.report.chart import chart
from conformance.report.readings import readings
from conformance.report.record import ProbeRecord
from conformance.report.text import folded, harmless, one_line, titled, visible, writable
from conformance.verdict.ledger import LEFT_OUT, Finding, Ledger, Verdict
from tests.support.report_runs import (
    COOKIE,
    HOSTILE,
    SECRET,
    STARTED,
    exchange,
    finding,
    ledger,
    on_screen,
    run_of,
    written,
)


class Page(HTMLParser):
    """The parts of a page: tags, attributes, ids, links within it, and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.opened: set[str | None] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "details" and ("open", None) in attrs:
            self.opened.add(dict(attrs).get("id"))

    def values(self, name: str) -> list[str | None]:
        return [value for attribute, value in self.attributes if attribute == name]


def test_no_report_holds_a_secret(tmp_path: Path) -> None:
    reports = written(tmp_path, run_of(ledger()))
    for name, text in {**reports, "terminal": "\n".join(on_screen(run_of(ledger())))}.items():
        assert SECRET not in text, name
        assert COOKIE not in text, name
        assert "obk_live_…1a2b" in text or "obk_live_\\u20261a2b" in text or name == "summary.md", name


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(tmp_path: Path) -> None:
    page = Page(written(tmp_path, run_of(ledger()))["report.html"])
    assert not {"script", "img", "link", "iframe", "object", "embed", "base"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("src", "srcset", "action")]
    assert all(str(link).startswith("#") for link in page.values("href"))
    assert "default-src 'none'" in str(page.values("content"))


def test_the_pages_links_lead_somewhere_and_its_ids_are_unique(tmp_path: Path) -> None:
    page = Page(written(tmp_path, run_of(ledger()))["report.html"])
    ids = page.values("id")
    assert len(set(ids)) == len(ids)
    assert {str(link).removeprefix("#") for link in page.values("href")} <= set(ids)
    assert {requirement.id for requirement in spec.requirements()} <= set(ids)


def test_what_is_broken_stands_open_on_the_page(tmp_path: Path) -> None:
    text = written(tmp_path, run_of(ledger()))["report.html"]
    assert Page(text).opened == {"PAGE-3"}
    assert "limit=200 gave 201" in text
    assert "curl -i --path-as-is" in text
    assert "120 admitted, 40 refused; at most 120 in 30 s; allowed: 120" in text


def test_report_json_keeps_its_schema(tmp_path: Path) -> None:
    report = json.loads(written(tmp_path, run_of(ledger()))["report.json"])
    assert list(report) == [
        *("kit", "run", "seed", "depth", "options", "labels", "excused"),
        *("target", "startedAt", "finishedAt", "verdict", "rateReading", "signatureForm", "requests", "requirements"),
    ]
    assert report["verdict"] in get_args(Verdict)
    assert (report["run"], report["seed"], report["depth"]) == ("1a2b3c4d", 1, "standard")
    assert report["options"] == ["conformance", "--api-key", "obk_live_…1a2b", HOSTILE]
    assert report["labels"] == {"branch": "main", HOSTILE: HOSTILE}
    assert [(entry["id"], entry["until"]) for entry in report["excused"]] == [("PAGE-2", "2027-01-15")]
    assert list(report["kit"]) == ["version", "contract"]
    assert len(report["kit"]["contract"]) == 64
    assert (report["startedAt"], report["finishedAt"]) == ("2027-01-15T08:00:00.000Z", "2027-01-15T08:00:12.500Z")
    assert report["requests"] == {"total": 3, "byKey": {"obk_live_…1a2b": 3}}
    assert [row["id"] for row in report["requirements"]] == [requirement.id for requirement in spec.requirements()]
    for row in report["requirements"]:
        assert list(row) == ["id", "level", "title", "basis", "tried", "status", "reason", "evidence"]
        assert list(row["tried"]) == ["cases", "of"]
        assert row["status"] in ("passed", "failed", "not-tested")
        assert bool(row["evidence"]) == (row["status"] == "failed")
    for entry in (entry for row in report["requirements"] for entry in row["evidence"]):
        assert list(entry) == ["method", "url", "status", "curl", "message"]


def test_a_known_violation_is_shown_with_its_reason_everywhere(tmp_path: Path) -> None:
    reports = written(tmp_path, run_of(ledger()))
    row = next(row for row in json.loads(reports["report.json"])["requirements"] if row["id"] == "PAGE-2")
    assert row["reason"] == "known violation until 2027-01-15, being mended: a page of 49"
    for name in ("report.html", "junit.xml", "summary.md"):
        assert "being mended" in reports[name], name
    assert "  known until 2027-01-15: being mended" in on_screen(run_of(ledger()))


def cases(text: str) -> dict[str, dict[str, str | None]]:
    """The failures and skips of each test case, with their messages, by the first word of the case."""
    root = ElementTree.fromstring(text)
    return {
        str(case.get("name")).split()[0]: {
            child.tag: child.get("message") for child in case if child.tag != "properties"
        }
        for case in root.iter("testcase")
    }


def test_junit_has_real_failures_and_skips_with_their_reasons(tmp_path: Path) -> None:
    text = written(tmp_path, run_of(ledger()))["junit.xml"]
    by_id = cases(text)
    assert "limit=200 gave 201" in str(by_id["PAGE-3"]["failure"])
    assert by_id["HOOK-1"]["skipped"] == "needs webhooks.register in the target's description"
    assert by_id["AUTH-5"]["skipped"] == "a should is broken: no WWW-Authenticate"
    assert str(by_id["PAGE-2"]["skipped"]).startswith("known violation until 2027-01-15, being mended")
    assert by_id["AUTH-1"] == {}
    root = ElementTree.fromstring(text)
    assert sum(int(suite.get("failures", 0)) for suite in root) == len(root.findall(".//failure")) == 1
    assert sum(int(suite.get("tests", 0)) for suite in root) == len(spec.requirements())


def test_under_strict_a_should_is_a_failure_in_junit(tmp_path: Path) -> None:
    assert "failure" in cases(written(tmp_path, run_of(ledger(strict=True)))["junit.xml"])["AUTH-5"]


def test_under_require_all_what_was_not_tested_is_a_failure_in_junit(tmp_path: Path) -> None:
    assert "failure" in cases(written(tmp_path, run_of(ledger(require_all=True)))["junit.xml"])["HOOK-1"]


def test_a_target_that_could_not_be_judged_is_an_error_in_junit(tmp_path: Path) -> None:
    made = Ledger()
    made.stop(f"connection refused {HOSTILE}")
    reports = written(tmp_path, run_of(made))
    assert "<error" in reports["junit.xml"]
    assert json.loads(reports["report.json"])["verdict"] == "unreachable"
    assert "connection refused" in reports["report.html"]
    assert on_screen(run_of(made))[-1] == "verdict: unreachable"


def test_a_run_that_judged_nothing_says_so_in_its_verdict() -> None:
    made = Ledger(only=frozenset({"HOOK-1"}))
    made.add(finding("HOOK-1", "not-tested", "needs webhooks.register in the target's description"))
    assert on_screen(run_of(made))[-1].startswith("verdict: not judged: no requirement could be judged")


def test_a_run_whose_checks_were_all_left_out_does_not_call_the_target_unreachable(tmp_path: Path) -> None:
    made = Ledger(only=frozenset({"AUTH-1"}))
    made.add(finding("AUTH-1", "not-tested", LEFT_OUT))
    reports = written(tmp_path, run_of(made))
    shown = " ".join(" ".join(on_screen(run_of(made))).split())
    assert "No check was run: pytest's own options (-k, -m, --deselect) left out all of them." in shown
    assert shown.endswith("verdict: not judged: no check was run, 0 of 1 requirement passed")
    assert "<h1>Not judged: no check was run</h1>" in reports["report.html"]
    assert "nreachable" not in shown + reports["summary.md"]


def test_a_run_whose_checks_all_broke_does_not_call_the_target_unreachable() -> None:
    made = Ledger(only=frozenset({"OP-1"}))
    made.add(Finding("OP-1", "not-judged", "the check itself broke: ValueError", crashed=True))
    shown = " ".join(" ".join(on_screen(run_of(made))).split())
    assert "unreachable" not in shown
    assert "verdict: partial, 0 of 1 requirement passed, but the run fails: a check itself broke" in shown


def test_the_archive_is_har_1_2(tmp_path: Path) -> None:
    log = json.loads(written(tmp_path, run_of(ledger()))["exchanges.har"])["log"]
    assert log["version"] == "1.2"
    assert {"name", "version"} <= set(log["creator"])
    for entry in log["entries"]:
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(entry)
        assert {"method", "url", "httpVersion", "cookies", "headers", "queryString"} <= set(entry["request"])
        assert {"headersSize", "bodySize"} <= set(entry["request"])
        assert {"status", "statusText", "httpVersion", "cookies", "headers", "content"} <= set(entry["response"])
        assert {"redirectURL", "headersSize", "bodySize"} <= set(entry["response"])
        assert {"size", "mimeType", "text"} <= set(entry["response"]["content"])
        assert sum(entry["timings"].values()) == entry["time"] == 25.0
        assert datetime.fromisoformat(entry["startedDateTime"]) > STARTED
    assert log["entries"][0]["request"]["queryString"][0] == {"name": "limit", "value": "999"}


def test_nothing_of_the_target_is_markup_in_the_summary(tmp_path: Path) -> None:
    text = written(tmp_path, run_of(ledger()))["summary.md"]
    assert not re.search(r"(?<!\\)<(?!/?(details|summary|br)>)", text)
    rows = [line for line in text.splitlines() if line.startswith("| **PAGE-3**")]
    assert len(rows) == 1
    assert len(re.findall(r"(?<!\\)\|", rows[0])) == 4


def test_the_terminal_fits_80_columns_and_ends_with_the_verdict() -> None:
    lines = on_screen(run_of(ledger()))
    assert [line for line in lines if len(line) > 80 and "curl" not in line] == []
    every = len(spec.requirements())
    assert lines[-2:] == [
        "1 broken, 1 known violation, 1 should broken, 1 not tested",
        f"verdict: non-conformant, {every - 4} of {every} requirements passed",
    ]
    assert all(line.isprintable() or not line for line in lines)
    assert not [line for line in lines if line.lstrip().startswith("::")]


def test_requirements_that_lack_the_same_share_a_line() -> None:
    made = Ledger()
    for requirement in spec.requirements():
        lacks = requirement.family == "HOOK"
        made.add(finding(requirement.id, "not-tested" if lacks else "passed", "needs webhooks" if lacks else ""))
    lines = on_screen(run_of(made))
    assert lines.count("needs webhooks") == 1
    assert "    HOOK-1, HOOK-2, HOOK-3, HOOK-4, HOOK-5, HOOK-6, HOOK-7" in lines


def test_a_run_cut_short_says_so(tmp_path: Path) -> None:
    made = ledger(cut_short="the run was interrupted before it")
    assert "Interrupted: the report has what was judged before that." in on_screen(run_of(made))
    assert "Interrupted" in written(tmp_path, run_of(made))["report.html"]


def test_a_selection_is_no_whole_verdict_and_says_so() -> None:
    made = ledger(only=frozenset({"AUTH-1", "AUTH-2"}))
    lines = on_screen(run_of(made))
    assert any(line.startswith("Only 2 requirements selected with --only") for line in lines)
    assert lines[-1] == "verdict: conformant, 2 of 2 requirements passed"


def test_a_timeline_counts_what_each_window_held() -> None:
    points = tuple((float(second), second + 0.5, 200 if second < 10 else 429) for second in range(11))
    drawn = chart(ProbeRecord("key", points, 5.0, 4, "steady"))
    held, admitted, refused = drawn.drawing.panels
    assert (drawn.peak, admitted.lines[0].path.count("M"), refused.lines[0].path.count("M")) == (5, 10, 1)
    assert drawn.drawing.description == "10 admitted, 1 refused; at most 5 in 5 s; allowed: 4"
    assert held.top < held.ceilings[0].y < held.bottom


def test_a_timeline_of_one_point_is_drawn() -> None:
    assert chart(ProbeRecord("key", ((3.0, 3.1, 429),), 30.0, 120, "refused at once")).peak == 0


def test_the_targets_readings_are_told_from_its_answers() -> None:
    page = exchange(
        body='{"data": [{"id": "b", "createdAt": "2027-01-02"}, {"id": "a", "createdAt": "2027-01-01"}]}',
        headers={"x-ratelimit-reset": "1800000000"},
    )
    refused = exchange(2, 429, headers={"retry-after": "7"})
    told = {reading.requirement.id: reading.measured for reading in readings(run_of(ledger(), page, refused))}
    assert told["PAGE-5"] == "a page of 2 (1 answer), 429 (1 answer)"
    assert told["PAGE-6"] == "newest first by createdAt (1 page)"
    assert told["PAGE-8"] == "nextCursor is absent (1 answer)"
    assert told["RATE-1"] == "epoch seconds (1 answer)"
    assert told["RATE-2"] == "burst"
    assert told["RATE-6"] == "seconds (1 answer)"
    assert told["HOOK-2"] == ""


@pytest.mark.parametrize("text", ["\x1b[2J", "a\u202eb", "\x00", "\ud800", "\u2028"])
def test_what_does_not_print_is_escaped(text: str) -> None:
    assert visible(text).isprintable()


def test_lines_are_as_wide_as_a_terminal_shows_them() -> None:
    assert folded("営業部長 ok", 6, "", "") == ["営業部", "長 ok"]
    assert titled("rateReading") == "Rate reading"


def test_no_line_of_a_log_is_a_command_of_the_ci_system() -> None:
    assert harmless("  ::error::x") == "|  ::error::x"
    assert "##[" not in harmless("x ##[error] y")
    assert one_line("a\n::error::b", 80) == "a ::error::b"


def test_a_terminal_that_knows_ascii_alone_gets_ascii() -> None:
    assert writable("✓ obk_live_…1a2b → ü", "ascii") == "+ obk_live_...1a2b > \\xfc"
    assert writable("✓ ü", "utf-8") == "✓ ü"
