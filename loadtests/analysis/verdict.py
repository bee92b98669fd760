"""The verdict of a run: its findings taken together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from loadtests.analysis.checks import TIMED
from loadtests.analysis.findings import Examination, Finding, Outcome

_EXIT_CODES: Mapping[Outcome, Literal[0, 1, 3]] = {"held": 0, "broken": 1, "unjudged": 3}


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
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """The outcome of a run: `held`, `broken` or `unjudged`, and why in one line."""

    run: Run
    word: Outcome
    reason: str
    examination: Examination
    strict: bool = False

    def breaks(self, finding: Finding) -> bool:
        """Whether a finding breaks the verdict: a broken must does, a broken should only under `strict`."""
        return finding.outcome == "broken" and (self.strict or finding.level == "must")

    @property
    def exit_code(self) -> Literal[0, 1, 3]:
        """0 held, 1 broken, 3 could not be judged."""
        return _EXIT_CODES[self.word]


def judge(
    run: Run,
    examination: Examination,
    *,
    bottleneck: str | None = None,
    strict: bool = False,
) -> Verdict:
    """The verdict on a run.

    A broken must breaks it (a broken should too, under `strict`). Else it is unjudged if a must could not be judged, or
    if nothing was seen to hold. `bottleneck` says, in a line, that the generator and not the target was at
    its limit: what compares times is then unjudged, even if it found something.
    """
    findings = tuple(_without_times(finding, bottleneck) for finding in examination.findings)
    examination = replace(examination, findings=findings)
    verdict = Verdict(run, "broken", "", examination, strict)
    broken = [finding for finding in findings if verdict.breaks(finding)]
    if broken:
        return replace(verdict, reason=_reason(broken))
    unjudged = [f for f in findings if f.outcome == "unjudged" and f.level == "must"]
    if unjudged:
        # A target that no longer answers is the reason for everything that could not be judged.
        unjudged.sort(key=lambda finding: finding.check != "answered")
        return replace(verdict, word="unjudged", reason=_reason(unjudged))
    held = sum(finding.outcome == "held" for finding in findings)
    if not held:
        return replace(verdict, word="unjudged", reason="nothing was seen to hold")
    return replace(verdict, word="held", reason=f"{held} {'claim' if held == 1 else 'claims'} held")


def _without_times(finding: Finding, bottleneck: str | None) -> Finding:
    if bottleneck is None or finding.check not in TIMED:
        return finding
    return replace(finding, outcome="unjudged", message=f"{bottleneck} ({finding.message})")


def _reason(findings: list[Finding]) -> str:
    first = findings[0]
    others = len({finding.check for finding in findings}) - 1
    more = f"; and {others} more" if others else ""
    return f"{first.claim}: {first.message}{more}"
