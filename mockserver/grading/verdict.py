"""The grade of a command: the rulings on all requirements, from all its runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from mockserver.grading.records import PLAIN, RECEIVER, Judgement, Run, Status
from mockserver.grading.rules import judge
from mockserver.server.interrupts import INTERRUPTED
from spec.client_requirements import ClientRequirement, client_requirements

Verdict = Literal["good", "broken", "not-graded"]

NOTHING_GRADED = 3
"""Exit code if nothing could be graded."""


@dataclass(frozen=True)
class Evidence:
    """A proof that a requirement is broken: the name of a run, the numbers of its requests, and a sentence."""

    run: str
    numbers: tuple[int, ...]
    message: str


@dataclass(frozen=True)
class LeftOut:
    """A trial that should have been run but was not, and why, in a sentence."""

    trial: str
    reason: str


@dataclass(frozen=True)
class Ruling:
    """What all runs show of one requirement. `trials` has the status in each run that it was judged in.

    `reason` says why it was not seen if the trials that would show it were due and could not be run; empty otherwise.
    """

    requirement: ClientRequirement
    status: Status
    trials: Mapping[str, Status]
    evidence: tuple[Evidence, ...]
    reason: str = ""


@dataclass(frozen=True)
class Grade:
    """The grade of a command. `reason` says why nothing could be graded, empty if something could."""

    command: tuple[str, ...]
    started: datetime
    finished: datetime
    runs: tuple[Run, ...]
    rulings: tuple[Ruling, ...]
    strict: bool = False
    interrupted: bool = False
    reason: str = ""

    @property
    def broken(self) -> tuple[Ruling, ...]:
        """The rulings of what is broken, musts first."""
        found = [ruling for ruling in self.rulings if ruling.status == "broken"]
        return tuple(sorted(found, key=lambda ruling: ruling.requirement.level))

    @property
    def verdict(self) -> Verdict:
        """Broken if a must is broken, or with `strict` a should."""
        if self.reason:
            return "not-graded"
        counts = ("must", "should") if self.strict else ("must",)
        return "broken" if any(ruling.requirement.level in counts for ruling in self.broken) else "good"

    @property
    def exit_code(self) -> int:
        """The exit code of the command line."""
        if self.interrupted:
            return INTERRUPTED
        return {"good": 0, "broken": 1, "not-graded": NOTHING_GRADED}[self.verdict]


def rulings(runs: Sequence[Run], left_out: Sequence[LeftOut] = ()) -> tuple[Ruling, ...]:
    """The ruling on each requirement: broken if a run shows it broken, otherwise kept if a run shows it kept.

    `left_out` are the trials that could not be run: they say why a requirement is not seen.
    """
    judged = [(run.trial, judge(run)) for run in runs]
    return tuple(_ruling(requirement, judged, left_out) for requirement in client_requirements())


def why_not_graded(runs: Iterable[Run]) -> str:
    """Why nothing could be graded, in one line; empty if something can."""
    by_name = {run.trial: run for run in runs}
    receiver, plain = by_name.get(RECEIVER), by_name.get(PLAIN)
    if receiver:
        return "" if receiver.probes else "the command did not listen at the receiver's URL"
    if plain is None:
        return "the command was not run"
    if plain.ending == "timed-out":
        return "the command did not end in time in the plain run"
    if plain.exchanges:
        return ""
    if plain.is_recording:
        return "the recording holds no request to the API"
    return "the command made no request to OUTBOUND_BASE_URL"


def recording_graded(name: str, run: Run, *, strict: bool) -> Grade:
    """The grade of recorded traffic; `name` is the file's."""
    now = datetime.now(UTC)
    command = ("grade", "--har", name)
    return Grade(command, now, now, (run,), rulings([run]), strict=strict, reason=why_not_graded([run]))


def _ruling(
    requirement: ClientRequirement,
    judged: Sequence[tuple[str, Mapping[str, Judgement]]],
    left_out: Sequence[LeftOut],
) -> Ruling:
    own = [(trial, judgements[requirement.id]) for trial, judgements in judged if requirement.id in judgements]
    trials = {trial: judgement.status for trial, judgement in own}
    status: Status = "not-seen"
    if "broken" in trials.values():
        status = "broken"
    elif "kept" in trials.values():
        status = "kept"
    reasons = [one.reason for one in left_out if one.trial in requirement.trials]
    reason = reasons[0] if reasons and status == "not-seen" else ""
    return Ruling(requirement, status, trials, tuple(_evidence(own)), reason)


def _evidence(own: Iterable[tuple[str, Judgement]]) -> Iterator[Evidence]:
    for trial, judgement in own:
        for finding in judgement.findings:
            yield Evidence(trial, finding.numbers, finding.message)
