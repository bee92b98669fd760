"""What was found out about each requirement, and the verdict that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import spec
from conformance.exchange import Exchange

Outcome = Literal["passed", "failed", "not-tested", "not-judged"]
Status = Literal["passed", "failed", "not-tested"]
Verdict = Literal["conformant", "partial", "non-conformant", "unreachable"]

EXIT_CONFORMANT = 0
EXIT_BROKEN = 1
EXIT_NOT_JUDGED = 3
EXIT_USAGE = 4


@dataclass(frozen=True)
class Finding:
    """What one test says of one requirement. `exchanges` are the evidence, in the order of the story.

    `not-tested`: something that the requirement needs is missing. `not-judged`: the target did not let the story begin
    (its happy path was not served), or the check itself broke; another requirement's failure may say why.
    """

    requirement: str
    outcome: Outcome
    reason: str = ""
    exchanges: tuple[Exchange, ...] = ()
    test: str = ""


@dataclass(frozen=True)
class Ruling:
    """A requirement with all that was found of it."""

    requirement: spec.Requirement
    status: Status
    reason: str
    findings: tuple[Finding, ...]

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that break it."""
        return tuple(finding for finding in self.findings if finding.outcome == "failed")


@dataclass
class Ledger:
    """Collects findings; each requirement's ruling is the worst of them, and a pass needs at least one."""

    findings: list[Finding] = field(default_factory=list)
    strict: bool = False
    require_all: bool = False
    unfit: str = ""
    unfit_exit: int = EXIT_NOT_JUDGED

    def add(self, finding: Finding) -> None:
        """Record a finding."""
        self.findings.append(finding)

    def stop(self, reason: str, exit_code: int = EXIT_NOT_JUDGED) -> None:
        """The target cannot be judged, or no longer: `exit_code` says whether it (3) or its description (4) is to blame."""
        self.unfit, self.unfit_exit = reason, exit_code

    def rulings(self) -> list[Ruling]:
        """A ruling for every requirement of the contract, in its order."""
        return [_rule(requirement, self.findings) for requirement in spec.requirements()]

    def breaking(self) -> list[Ruling]:
        """The rulings that make the run fail: broken musts; shoulds too if `strict`; what was not tested if `require_all`."""
        return [ruling for ruling in self.rulings() if self._breaks(ruling)]

    def verdict(self) -> Verdict:
        """The run's verdict; see `exit_code`."""
        if self.unfit:
            return "unreachable"
        if self.breaking():
            return "non-conformant"
        if not any(finding.outcome in ("passed", "failed") for finding in self.findings):
            return "unreachable"
        whole = all(ruling.status != "not-tested" for ruling in self.rulings())
        return "conformant" if whole else "partial"

    def exit_code(self) -> int:
        """0 conformant or partial, 1 broken, 3 where the target could not be judged."""
        if self.unfit:
            return self.unfit_exit
        verdict = self.verdict()
        return {"non-conformant": EXIT_BROKEN, "unreachable": EXIT_NOT_JUDGED}.get(verdict, EXIT_CONFORMANT)

    def fails(self, requirement: spec.Requirement) -> bool:
        """Whether the run fails where this requirement is broken."""
        return self.strict or requirement.level == "must"

    def _breaks(self, ruling: Ruling) -> bool:
        if ruling.status == "failed":
            return self.fails(ruling.requirement)
        return ruling.status == "not-tested" and self.require_all


def _rule(requirement: spec.Requirement, findings: Sequence[Finding]) -> Ruling:
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
    reason = "; ".join(reasons) or ("" if own else "no check of it was run")
    return Ruling(requirement, status, reason, own)
