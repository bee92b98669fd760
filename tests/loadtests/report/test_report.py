"""The verdict of a load test, and how it is told: in the terminal, to machines, on a page."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from conformance.report.text import lasted
from loadtests.analysis.checks import examine
from loadtests.analysis.findings import Check, Conditions, Examination, Finding, Outcome
from loadtests.analysis.ledger import Attempt, Key, Ledger
from loadtests.analysis.verdict import Run, Verdict, judge
from loadtests.report import table, write
from loadtests.report.drawing import COLUMNS, admissions
from loadtests.report.figures import MOST_SLICES, figures, slice_width, telling
from loadtests.report.text import took, visible
from spec import Level
from spec.target import RateLimit
from tests.support.reference_limiters import Fixed, Server, Unlimited, burst, strict
from tests.support.simulated_load import BORDER, START, Traffic, everything, spread

RUN = Run("overload", "Above its limits a key is refused.", "http://127.0.0.1:8080", 1_800_000_000, 1_800_000_010)
ON_LIMITS: tuple[Check, ...] = (
    "reading",
    "burst-ceiling",
    "minute-ceiling",
    "just-refusals",
    "retry-after",
    "answered",
)
HOSTILE = "</code><script>alert(1)</script>\x1b[31m\u202e{{ 7 * 7 }}\n"


def finding(outcome: Outcome, check: Check = "answered", level: Level = "must") -> Finding:
    return Finding(check, "A claim", outcome, "as seen", level)


def verdict_on(*findings: Finding, **options: Any) -> Verdict:
    return judge(RUN, Examination(findings), **options)


def judged(ledger: Ledger, run: Run = RUN) -> Verdict:
    return judge(run, examine(ledger, ON_LIMITS, Conditions(rested=True)))


@pytest.mark.parametrize(
    ("verdict", "word", "code"),
    [
        (verdict_on(finding("held")), "held", 0),
        (verdict_on(finding("held"), finding("broken")), "broken", 1),
        (verdict_on(finding("unjudged"), finding("broken")), "broken", 1),
        (verdict_on(finding("held"), finding("unjudged")), "unjudged", 3),
        (verdict_on(), "unjudged", 3),
        (verdict_on(finding("held"), finding("broken", level="should")), "held", 0),
        (verdict_on(finding("held"), finding("unjudged", level="should")), "held", 0),
        (verdict_on(finding("held"), finding("broken", level="should"), strict=True), "broken", 1),
        (verdict_on(finding("held"), finding("broken", "cheap-refusals"), bottleneck="generator busy"), "unjudged", 3),
        (verdict_on(finding("held"), finding("held", "breaking-point"), bottleneck="generator busy"), "unjudged", 3),
        (verdict_on(finding("held"), finding("broken"), bottleneck="generator busy"), "broken", 1),
    ],
)
def test_the_verdict_follows_from_the_findings(verdict: Verdict, word: str, code: int) -> None:
    assert (verdict.word, verdict.exit_code) == (word, code)
    assert verdict.reason


def test_a_busy_generator_is_named_as_the_reason() -> None:
    verdict = verdict_on(finding("broken", "cheap-refusals"), bottleneck="the generator was at 98 % of a core")
    assert "98 % of a core" in verdict.reason


def test_the_table_fits_into_80_columns() -> None:
    ledger = everything(Server(Fixed(120, 30)))
    told = table(judged(ledger), ledger, colour=False)
    assert max(map(len, told.splitlines())) <= 80
    assert "obk_live_…0003: 240 requests were served" in told
    assert re.search(r"^verdict: broken, ", told, re.MULTILINE)
    narrow = table(judged(ledger), ledger, colour=False, width=50)
    assert max(map(len, narrow.splitlines())) <= 50


def test_the_table_is_in_colour_only_where_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = everything(Server(burst()))
    assert "\x1b[32mheld" in table(judged(ledger), ledger, colour=True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in table(judged(ledger), ledger)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in table(judged(ledger), ledger)


def test_json_says_all_there_is_to_say(tmp_path: Path) -> None:
    ledger = everything(Server(Fixed(120, 30)))
    verdict = judged(ledger)
    write(tmp_path / "new" / "folder", verdict, ledger, [{"Name": "getMe", "Requests": 7}])
    told = json.loads((tmp_path / "new" / "folder" / "load.json").read_text("utf-8"))
    assert set(told) == {
        *("scenario", "claim", "target", "startedAt", "finishedAt", "verdict", "exitCode", "reason", "rateReading"),
        *("limits", "requests", "latency", "findings", "keys", "keysLeftOut", "slices", "statistics", "notes"),
    }
    assert (told["verdict"], told["exitCode"], told["rateReading"]) == ("broken", 1, "neither")
    assert told["startedAt"] == "2027-01-15T08:00:00Z"
    assert told["limits"] == {"reading": "auto", "perMinute": 60, "burst": 120, "burstWindow": 30}
    assert told["requests"]["total"] == len(ledger) == sum(key["sent"] for key in told["keys"])
    assert told["requests"]["byStatus"] == {"200": told["requests"]["served"], "429": told["requests"]["refused"]}
    assert sum(told["slices"]["served"]) == told["requests"]["served"]
    assert told["statistics"] == [{"Name": "getMe", "Requests": 7}]
    worst = next(row for row in told["findings"] if row["check"] == "burst-ceiling")
    assert (worst["outcome"], worst["key"], worst["figures"]["most"]) == ("broken", "obk_live_…0003", 240)
    assert [attempt["status"] for attempt in worst["evidence"]] == [200, 200]


class Page(HTMLParser):
    """The tags, attributes and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset")]

    def handle_data(self, data: str) -> None:
        self.text += data


def page(ledger: Ledger, folder: Path, run: Run = RUN, **options: Any) -> str:
    write(folder, judged(ledger, run), ledger, options.get("statistics", ()))
    return (folder / "load.html").read_text("utf-8")


def test_the_page_shows_verdict_drawings_and_tables_and_needs_nothing_else(tmp_path: Path) -> None:
    text = page(everything(Server(Fixed(120, 30))), tmp_path, statistics=[{"Name": "getMe", "Requests": 2335}])
    shown = Page(text)
    assert "Broken" in shown.text
    assert RUN.claim in shown.text
    assert "240 requests were served within" in shown.text
    assert "2,335" in shown.text
    assert {"script", "link", "img", "iframe"}.isdisjoint(shown.tags)
    assert shown.links == []
    assert "@import" not in text
    assert "url(" not in text
    assert shown.tags.count("svg") == 5 + 2
    assert "prefers-color-scheme: dark" in text
    for drawing in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ET.fromstring(drawing)
        assert "nan" not in drawing
        assert "inf" not in drawing


def test_foreign_text_is_shown_and_never_obeyed(tmp_path: Path) -> None:
    ledger = Ledger([Key(HOSTILE, HOSTILE, HOSTILE)])
    ledger.add(Attempt(0, HOSTILE, START, START + 1, 200))
    ledger.add(Attempt(0, HOSTILE, START, START + 1, 0, error=HOSTILE))
    run = Run(HOSTILE, HOSTILE, HOSTILE, 0, 1, {HOSTILE: HOSTILE})
    text = page(ledger, tmp_path, run, statistics=[{HOSTILE: HOSTILE}])
    assert "script" not in Page(text).tags
    assert "<script" not in text
    assert not {"\x1b", "\u202e"} & set(text)
    assert "{{ 7 * 7 }}" in text
    assert HOSTILE in json.loads((tmp_path / "load.json").read_text("utf-8"))["claim"]
    told = table(judged(ledger, run), ledger, colour=False)
    assert not {"\x1b", "\u202e"} & set(told)


def test_an_empty_run_is_told_as_one(tmp_path: Path) -> None:
    ledger = Ledger([Key("…", "acme", "steady")])
    assert "no request was sent" in page(ledger, tmp_path)
    assert json.loads((tmp_path / "load.json").read_text("utf-8"))["exitCode"] == 3
    assert "verdict: not judged" in table(judged(ledger), ledger, colour=False)


def test_a_single_request_can_be_drawn(tmp_path: Path) -> None:
    ledger = Ledger([Key("…", "acme", "steady")])
    ledger.add(Attempt(0, "getMe", START, START, 200))
    assert Page(page(ledger, tmp_path)).tags.count("svg") == 3


def test_json_has_no_numbers_that_json_does_not_have(tmp_path: Path) -> None:
    ledger = everything(Server(burst()))
    endless = Finding("breaking-point", "", "held", "", figures={"p99": float("inf")})
    write(tmp_path, verdict_on(endless), ledger, [{"Median": float("nan")}])

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    told = json.loads((tmp_path / "load.json").read_text("utf-8"), parse_constant=refuse)
    assert told["findings"][0]["figures"] == {"p99": None}
    assert told["statistics"] == [{"Median": None}]


def test_reports_do_not_grow_with_the_run(tmp_path: Path) -> None:
    def ledger(keys: int, requests: int) -> Ledger:
        made = Ledger([Key(f"obk_live_…{index:04}", f"org-{index}", "crowd") for index in range(keys)])
        for number in range(requests):
            sent = START + number / 50
            made.add(Attempt(number % keys, "getMe", sent, sent + 0.01, 429 if number % 3 else 200, 1.0))
        return made

    small, large = tmp_path / "small", tmp_path / "large"
    page(ledger(300, 3000), small)
    page(ledger(3000, 30_000), large)
    for name in ("load.html", "load.json"):
        assert (large / name).stat().st_size < 1.3 * (small / name).stat().st_size < 300_000
    assert json.loads((large / "load.json").read_text("utf-8"))["keysLeftOut"] == 2800


def test_the_most_telling_keys_are_drawn_first() -> None:
    ledger = everything(Server(Unlimited()))
    findings = [Finding("burst-ceiling", "", "held", "", key=1), Finding("burst-ceiling", "", "broken", "", key=2)]
    assert [count.index for count in telling(figures(ledger), findings, 3)][:2] == [2, 1]


def test_the_drawing_counts_what_must_lie_in_the_windows() -> None:
    ledger = everything(Server(strict()))
    drawn = admissions(ledger.attempts(BORDER), figures(ledger), RateLimit(), "strict")
    assert drawn.description.startswith("At most 60 served in 30 s and 60 in a minute")
    assert [line.label for line in drawn.panels[0].ceilings] == ["at most 120 in 30 s", "at most 60 in 60 s"]
    drawn = admissions(ledger.attempts(BORDER), figures(ledger), RateLimit(), "burst")
    assert drawn.panels[0].ceilings[1].label == "at most 180 in 60 s"


def test_the_drawing_misses_no_peak_between_its_columns() -> None:
    traffic = Traffic(Server(Unlimited())).send(0, spread(0.0, 40.0, 100)).send(0, spread(2000.0, 0.001, 150))
    ledger = traffic.run()
    run = figures(ledger)
    assert run.seconds / COLUMNS > 10
    assert admissions(ledger.attempts(0), run, RateLimit(), None).description.startswith("At most 151 served in 30 s")


@pytest.mark.parametrize("seconds", [0.001, 0.9, 1.0, 29.0, 150.0, 151.0, 86_400.0, 1e7])
def test_slices_are_round_and_few(seconds: float) -> None:
    width = slice_width(seconds, MOST_SLICES)
    assert seconds / width <= MOST_SLICES < 3 * seconds / width
    assert f"{width:e}"[0] in "125"


def test_figures_read_well() -> None:
    told = [lasted(seconds) for seconds in (0.42, 12, 200, 240, 7500)]
    assert told == ["0.4 s", "12 s", "3 min 20 s", "4 min", "2 h 5 min"]
    assert [took(seconds) for seconds in (0.00042, 0.0031, 0.12, 2.34)] == ["0.42 ms", "3.1 ms", "120 ms", "2.3 s"]
    assert visible("a\x1bb" + "x" * 500)[:7] == "a\\x1bbx"
    assert len(visible("x" * 500)) == 401
