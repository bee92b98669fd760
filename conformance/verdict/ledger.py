"""The findings for each requirement, and the verdict that follows from them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import spec
from conformance.outcome import EXIT_NOT_JUDGED, Outcome, weight
from conformance.target.exchange import Exchange
from conformance.verdict.known_violations import KnownViolation, Tried, covering, excuses, new, outdated
from conformance.verdict.selection import selected

Status = Literal["passed", "failed", "not-tested"]
Verdict = Literal["conformant", "partial", "non-conformant", "unreachable"]

LEFT_OUT = "left out by pytest's own options"
"""The reason of a check that `-k`, `-m` or `--deselect` left out."""

_OPERATIONS = frozenset(spec.contract().operations)


@dataclass(frozen=True)
class Finding:
    """The result of one check for one requirement, after `seconds`. `exchanges` are the evidence, in their order.

    `not-tested`: something that the requirement needs is missing. `not-judged`: the target did not serve the request that the
    check starts from, or the check itself broke (`crashed`); another requirement's failure may say why. `tried` counts the tried
    cases and all cases; None if a check counts none. `tried_cases` names those that were tried, as far as the check names them,
    `broken_cases` those that show the failure, each with its reason. `follows` says that the failure only repeats that of
    another requirement.
    """

    requirement: str
    outcome: Outcome
    reason: str = ""
    exchanges: tuple[Exchange, ...] = ()
    test: str = ""
    seconds: float = 0.0
    crashed: bool = False
    tried: tuple[int, int] | None = None
    tried_cases: frozenset[str] = frozenset()
    broken_cases: Mapping[str, str] = field(default_factory=dict)
    follows: bool = False

    @property
    def parameters(self) -> str:
        """The parameters of the test: the text in the brackets of its name; empty if it has none."""
        return self.test.partition("[")[2].removesuffix("]")

    @property
    def operations(self) -> frozenset[str]:
        """The operations that were tried: those in the test's name, or for a failure that of the last request."""
        named = _operations_in(self.parameters)
        if named or self.outcome != "failed":
            return named
        asked = [exchange.request.operation for exchange in self.exchanges if exchange.request.operation]
        return frozenset(asked[-1:])

    def operations_of(self, case: str) -> frozenset[str]:
        """The operations of one of its cases: those that the case or the test names, or else those of a failure with one case.

        The evidence of several broken cases is that of one, so it does not tell the operations of the others.
        """
        named = _operations_in(case) or _operations_in(self.parameters)
        return named or (self.operations if len(self.broken_cases) < 2 else frozenset())

    @property
    def cases(self) -> tuple[str, ...]:
        """The cases that were tried: those that show the failure, or the parameters of the test."""
        return tuple(self.broken_cases) or ((self.parameters,) if self.parameters else ())

    def reason_in(self, case: str) -> str:
        """What is wrong in one of its cases; its reason if the case has none of its own."""
        return self.broken_cases.get(case, self.reason)

    @property
    def complete(self) -> bool:
        """Whether every case that there is was tried."""
        tried, of = self.counted
        return tried == of

    @property
    def counted(self) -> tuple[int, int]:
        """How many cases were tried, and of how many; a check that counts none counts as one case."""
        return self.tried or (int(self.outcome in ("passed", "failed")), 1)


def _operations_in(name: str) -> frozenset[str]:
    return _OPERATIONS & frozenset(re.split(r"\W+", name))


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
        """The findings that break it, the simplest first."""
        return tuple(_failures(self.findings))

    @property
    def tried(self) -> tuple[int, int]:
        """How many cases were tried, and of how many."""
        counts = [finding.counted for finding in self.findings]
        return sum(tried for tried, _ in counts), sum(of for _, of in counts)

    @property
    def explanation(self) -> str:
        """Why it did not pass; a known violation's own reason comes first."""
        known = self.known
        return f"known violation until {known.until}, {known.reason}: {self.reason}" if known else self.reason

    @property
    def seconds(self) -> float:
        """How long its checks took."""
        return sum(finding.seconds for finding in self.findings)


@dataclass
class Ledger:
    """Collects findings. The ruling of a requirement is its worst finding; a requirement without findings has not passed.

    `only` are the requirements of the run, None for all. `cut_short` says why the run ended early, `unfit` why the target could
    not be judged, or no longer. `safe` says that the run left out requests that might do harm. `failed_elsewhere` names failed
    tests of the session that are not the gate's, and failed set-ups, teardowns and collections.
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
    safe: bool = False
    failed_elsewhere: list[str] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Record a finding."""
        self.findings.append(finding)

    def stop(self, reason: str, exit_code: int = EXIT_NOT_JUDGED) -> None:
        """The target cannot be judged, or no longer: `exit_code` says whether it (3) or its description (4) is to blame."""
        self.unfit, self.unfit_exit = reason, exit_code

    def rulings(self) -> list[Ruling]:
        """A ruling for every requirement of the run, in the contract's order."""
        return [self._rule(requirement) for requirement in selected(self.only)]

    def outdated(self) -> list[str]:
        """The known violations that must be removed or renewed, one line each; they make the run fail."""
        tried: dict[str, list[tuple[Tried, bool]]] = {requirement.id: [] for requirement in spec.requirements()}
        asked = {requirement.id for requirement in selected(self.only)}
        for finding in self.findings:
            if finding.requirement in asked and finding.outcome in ("passed", "failed"):
                tried[finding.requirement].append((finding, finding.outcome == "failed"))
        for ruling in self.rulings():
            if ruling.status == "not-tested":
                tried[ruling.requirement.id] = []
        return outdated(self.known, tried, self.today)

    def excused(self) -> list[KnownViolation]:
        """The known violations that excuse a broken requirement, each once."""
        used = (self.excuses(finding) for finding in self.findings if finding.outcome == "failed")
        return list(dict.fromkeys(entry for entries in used for entry in entries))

    def to_be_known(self) -> list[KnownViolation]:
        """Known violations for everything that is broken: the existing entries that still apply, and new ones for the rest.

        A new one for a case is left out if another excuses the whole requirement.
        """
        entries: dict[str, KnownViolation] = {}
        for finding in self.findings:
            if finding.outcome == "failed":
                for case in finding.cases or ("",):
                    known = covering(finding, case, self.known, self.today)
                    entry = known or new(finding.requirement, finding.reason_in(case), self.today, case or None)
                    entries.setdefault(entry.name, entry)
        order = [requirement.id for requirement in spec.requirements()]
        whole = {entry.id for entry in entries.values() if entry.whole}
        needed = [e for e in entries.values() if e.whole or e.id not in whole or e in self.known]
        return sorted(needed, key=lambda entry: order.index(entry.id))

    @property
    def left_out(self) -> bool:
        """Whether pytest's own options left out every check."""
        return bool(self.findings) and all(finding.reason == LEFT_OUT for finding in self.findings)

    @property
    def crashed(self) -> bool:
        """Whether a check itself broke, which says nothing about the target."""
        return any(finding.crashed for finding in self.findings)

    def verdict(self) -> Verdict:
        """The run's verdict. A target with known violations, or whose checks themselves broke, is conformant in part."""
        rulings = self.rulings()
        if self.unfit:
            return "unreachable"
        if any(self.breaks(ruling) for ruling in rulings):
            return "non-conformant"
        if not self.crashed and all(ruling.status == "not-tested" for ruling in rulings):
            return "unreachable"
        partly = self.safe or any(ruling.status == "not-tested" or ruling.known for ruling in rulings)
        return "partial" if partly else "conformant"

    def fails(self, requirement: spec.Requirement) -> bool:
        """Whether the run fails if this requirement is broken."""
        return self.strict or requirement.level == "must"

    def excuses(self, finding: Finding) -> tuple[KnownViolation, ...]:
        """The known violations that together excuse a failed finding; empty if something of it is not excused."""
        return excuses(finding, self.known, self.today)

    def breaks(self, ruling: Ruling) -> bool:
        """Whether a ruling makes the run fail: a broken must; a should too if `strict`; one not tested if `require_all`."""
        if ruling.status == "failed":
            return self.fails(ruling.requirement) and not ruling.known
        return ruling.status == "not-tested" and self.require_all

    def _rule(self, requirement: spec.Requirement) -> Ruling:
        own = tuple(finding for finding in self.findings if finding.requirement == requirement.id)
        status, decisive = _status(own)
        known = [self.excuses(finding) for finding in decisive] if status == "failed" else []
        reasons = dict.fromkeys(finding.reason for finding in decisive if finding.reason)
        reason = "; ".join(reasons) or ("" if status == "passed" else self._unrun(own))
        return Ruling(requirement, status, reason, own, known[0][0] if known and all(known) else None)

    def _unrun(self, findings: Sequence[Finding]) -> str:
        if findings:
            return "none of its cases was tried"
        if self.unfit:
            return f"could not be judged: {self.unfit}"
        return self.cut_short or "no check of it was run"


def _failures(findings: Sequence[Finding]) -> list[Finding]:
    failed = (finding for finding in findings if finding.outcome == "failed")
    return sorted(failed, key=lambda finding: weight(finding.exchanges, follows=finding.follows))


def _status(findings: Sequence[Finding]) -> tuple[Status, list[Finding]]:
    """The worst outcome of a requirement, and the findings with this outcome."""
    failed = _failures(findings)
    if failed:
        return "failed", failed
    undecided = [finding for finding in findings if finding.outcome != "passed"]
    if undecided or not any(tried for tried, _ in (finding.counted for finding in findings)):
        return "not-tested", undecided
    return "passed", list(findings)
