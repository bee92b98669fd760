"""The verdict in the terminal: a line or two a finding, in 80 columns, in colour if that is wanted."""

from __future__ import annotations

import os
import sys
import textwrap

from conformance.plural import counted
from conformance.report.text import lasted
from loadtests.analysis.findings import Finding, Outcome
from loadtests.analysis.ledger import Ledger
from loadtests.analysis.verdict import Verdict
from loadtests.report.text import outcome, visible

_CODES = {"held": "32", "broken": "31", "should": "33", "not judged": "33", "unjudged": "33"}
_NARROWEST = 40


def table(verdict: Verdict, ledger: Ledger, *, colour: bool | None = None, width: int = 80) -> str:
    """The verdict, its last line. `colour` None: where standard output is a terminal and NO_COLOR is not set or empty."""
    if colour is None:
        colour = not os.environ.get("NO_COLOR") and sys.stdout.isatty()
    width = max(width, _NARROWEST)
    run, examination = verdict.run, verdict.examination
    used = sum(1 for _ in ledger)
    facts = [
        visible(run.target),
        f"{counted(len(ledger), 'request')} of {counted(used, 'key')}",
        lasted(run.finished - run.started),
        f"reading: {examination.shown_reading}",
    ]
    lines = [*_wrapped(f"{visible(run.scenario)}: {visible(run.claim)}", width), *_wrapped(", ".join(facts), width), ""]
    for finding in examination.findings:
        lines += _finding(finding, ledger, width, colour)
    lines += [""]
    for name, note in run.notes.items():
        lines += _wrapped(f"{visible(name)}: {visible(note)}", width)
    lines += [
        _painted(line, verdict.word, colour)
        for line in _wrapped(f"verdict: {_word(verdict.word)}, {visible(verdict.reason)}", width)
    ]
    return "\n".join(lines)


def _finding(finding: Finding, ledger: Ledger, width: int, colour: bool) -> list[str]:
    word = outcome(finding)
    key = "" if finding.key is None else f"{visible(ledger.keys[finding.key].shown)}: "
    indent = " " * 28
    if width < 60:
        first, *rest = _wrapped(f"{finding.check}: {key}{visible(finding.message)}", width - 11)
        return [_painted(f"{word:10}", word, colour) + f" {first}", *(" " * 11 + line for line in rest)]
    first, *rest = _wrapped(key + visible(finding.message), width - len(indent))
    return [_painted(f"{word:10}", word, colour) + f" {finding.check:16} {first}", *(indent + line for line in rest)]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=True, break_on_hyphens=False) or [""]


def _word(word: Outcome) -> str:
    return "not judged" if word == "unjudged" else word


def _painted(text: str, word: str, colour: bool) -> str:
    return f"\x1b[{_CODES[word]}m{text}\x1b[0m" if colour else text
