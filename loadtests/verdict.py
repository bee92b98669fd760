"""The verdict of a run: its findings taken together, for the terminal, for machines and for the eye."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from loadtests.findings import Examination
from loadtests.ledger import Ledger

Word = Literal["held", "broken", "unjudged"]


@dataclass(frozen=True)
class Run:
    """What is told of a run besides its findings: `claim` is the scenario's, times are unix seconds of the real clock.

    `target` is its address, without secrets. `notes` are further lines for the report, such as the generator's own cost.
    """

    scenario: str
    claim: str
    target: str
    started: float
    finished: float
    notes: Mapping[str, str]


@dataclass(frozen=True)
class Verdict:
    """The outcome of a run: `held` (exit code 0), `broken` (1), or `unjudged` (3)."""

    run: Run
    word: Word
    reason: str
    examination: Examination

    @property
    def exit_code(self) -> int:
        """0 held, 1 broken, 3 could not be judged (target.md)."""
        return {"held": 0, "broken": 1, "unjudged": 3}[self.word]


def judge(
    run: Run,
    examination: Examination,
    *,
    bottleneck: str | None = None,
    strict: bool = False,
) -> Verdict:
    """The verdict on a run. Any must that is broken breaks it (any should as well, under `strict`); else any wanted check
    that could not be judged leaves it unjudged, and so does a run without findings.

    `bottleneck` says, in a line, that the generator and not the target was at its limit: what was timed is then unjudged.
    """
    del bottleneck, strict
    broken = [finding for finding in examination.findings if finding.outcome == "broken"]
    word: Word = "broken" if broken else "unjudged"
    return Verdict(run, word, "", examination)


def write(folder: Path, verdict: Verdict, ledger: Ledger, statistics: Sequence[Mapping[str, str | float]] = ()) -> None:
    """Write `load.json` and `load.html` into the folder, which is made if need be. `statistics` are Locust's rows."""
    del verdict, ledger, statistics
    folder.mkdir(parents=True, exist_ok=True)


def table(verdict: Verdict, *, colour: bool = False, width: int = 80) -> str:
    """The verdict for the terminal, in lines of at most `width` columns."""
    del colour, width
    return verdict.word
