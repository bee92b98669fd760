"""What was found out about each requirement, and the verdict that follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import spec
from conformance.target.exchange import Exchange
from conformance.verdict.known_violations import KnownViolation, in_force, outdated
from conformance.verdict.selection import selected

Outcome = Literal["passed", "failed", "not-tested", "not-judged"]
Status = Literal["passed", "failed", "not-tested"]
Verdict = Literal["conformant", "partial", "non-conformant", "unreachable"]

EXIT_CONFORMANT = 0
EXIT_BROKEN = 1
EXIT_NOT_JUDGED = 3
EXIT_USAGE = 4


@dataclass(frozen=True)
class Finding:
    """What one test says of one requirement, after `seconds`. `exchanges` are the evidence, in the order of the story.

    `not-tested`: something that the requirement needs is missing. `not-judged`: the target did not let the story begin
    (its happy path was not served), or the check itself broke (`crashed`); another requirement's failure may say why.
    `tried` counts the cases that were tried and those that there are; None where a check counts none.
    """

    requirement: str
    outcome: Outcome
    reason: str = ""
    exchanges: tuple[Exchange, ...] = ()
    test: str = ""
    seconds: float = 0.0
    crashed: bool = False
    tried: tuple[int, int] | None = None


@dataclass(frozen=True)
class Ruling:
    """A requirement with all that was found of it. `known` excuses one that is broken."""

    requirement: spec.Requirement
    status: Status
    reason: str
    findings: tuple[Finding, ...]
    known: KnownViolation | None = None

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that break it."""
        return tuple(finding for finding in self.findings if finding.outcome == "failed")

    @property
    def explanation(self) -> str:
        """Why it is not simply passed; a known violation's own reason comes first."""
        known = self.known
        return f"known violation until {known.until}, {known.reason}: {self.reason}" if known else self.reason

    @property
    def seconds(self) -> float:
        """How long its checks took."""
        return sum(finding.seconds for finding in self.findings)


@dataclass
class Ledger:
    """Collects findings; each requirement's ruling is the worst of them, and a pass needs at least one.

    `only` are the requirements that the run is about, None for all. `cut_short` says why the run ended early, `unfit` why
    the target could not be judged, or no longer. `failed_elsewhere` names tests of the session that are not the gate's and
    failed, and failed set-ups, teardowns and collections.
    """

    findings: list[Finding] = field(default_factory=list)
    strict: bool = False
    require_all: bool = False
    only: frozenset[str] | None = None
    known: tuple[KnownViolation, ...] = ()
    today: date = field(default_factory=date.today)
    cut_short: str = ""
    unfit: str = ""
    unfit_exit: int = EXIT_NOT_JUDGED
    failed_elsewhere: list[str] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Record a finding."""
        self.findings.append(finding)

    def stop(self, reason: str, exit_code: int = EXIT_NOT_JUDGED) -> None:
        """The target cannot be judged, or no longer: `exit_code` says whether it (3) or its description (4) is to blame."""
        self.unfit, self.unfit_exit = reason, exit_code

    def rulings(self) -> list[Ruling]:
        """A ruling for every requirement that the run is about, in the contract's order."""
        return [_rule(requirement, self.findings, self._unrun(), self._known()) for requirement in selected(self.only)]

    def breaking(self) -> list[Ruling]:
        """The rulings that make the run fail: broken musts that are not known, see `breaks`."""
        return [ruling for ruling in self.rulings() if self.breaks(ruling)]

    def outdated(self) -> list[str]:
        """The known violations that must be taken out or renewed, a line each; they make the run fail."""
        statuses: dict[str, str | None] = {requirement.id: None for requirement in spec.requirements()}
        statuses.update({ruling.requirement.id: ruling.status for ruling in self.rulings()})
        return outdated(self.known, statuses, self.today)

    def verdict(self) -> Verdict:
        """The run's verdict; see `exit_code`. A target with known violations is conformant in part."""
        rulings = self.rulings()
        if self.unfit:
            return "unreachable"
        if any(self.breaks(ruling) for ruling in rulings):
            return "non-conformant"
        if all(ruling.status == "not-tested" for ruling in rulings):
            return "unreachable"
        partly = any(ruling.status == "not-tested" or ruling.known for ruling in rulings)
        return "partial" if partly else "conformant"

    def exit_code(self) -> int:
        """0 conformant or partial, 1 broken or known violations that are out of date, 3 where it could not be judged.

        A check that crashed has judged nothing, which must not look like success. Where something else of the session failed,
        the code is the worse of the two.
        """
        own = self._own_exit_code()
        return max(own, EXIT_BROKEN) if self.failed_elsewhere else own

    def _own_exit_code(self) -> int:
        if self.unfit:
            return self.unfit_exit
        verdict = self.verdict()
        if verdict == "unreachable":
            return EXIT_NOT_JUDGED
        if verdict == "non-conformant" or self.outdated():
            return EXIT_BROKEN
        return EXIT_NOT_JUDGED if any(finding.crashed for finding in self.findings) else EXIT_CONFORMANT

    def fails(self, requirement: spec.Requirement) -> bool:
        """Whether the run fails where this requirement is broken."""
        return self.strict or requirement.level == "must"

    def excuse(self, id_: str) -> KnownViolation | None:
        """The known violation that excuses a requirement's being broken."""
        return self._known().get(id_)

    def breaks(self, ruling: Ruling) -> bool:
        """Whether a ruling makes the run fail: a broken must; a should too if `strict`; one not tested if `require_all`."""
        if ruling.status == "failed":
            return self.fails(ruling.requirement) and not ruling.known
        return ruling.status == "not-tested" and self.require_all

    def _known(self) -> Mapping[str, KnownViolation]:
        return in_force(self.known, self.today)

    def _unrun(self) -> str:
        if self.unfit:
            return f"could not be judged: {self.unfit}"
        return self.cut_short or "no check of it was run"


def _rule(
    requirement: spec.Requirement, findings: Sequence[Finding], unrun: str, excused: Mapping[str, KnownViolation]
) -> Ruling:
    own = tuple(finding for finding in findings if finding.requirement == requirement.id)
    if any(finding.outcome == "failed" for finding in own):
        status: Status = "failed"
        decisive = [finding for finding in own if finding.outcome == "failed"]
    elif own and all(finding.outcome == "passed" for finding in own):
        status, decisive = "passed", list(own)
    else:
        status = "not-tested"
        decisive = [finding for finding in own if finding.outcome != "passed"]
    reasons = dict.fromkeys(finding.reason for finding in decisive if finding.reason)
    reason = "; ".join(reasons) or ("" if own else unrun)
    return Ruling(requirement, status, reason, own, excused.get(requirement.id) if status == "failed" else None)
