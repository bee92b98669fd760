"""The grade of what a request log holds: by the rules that need no trial, no sealed cursor, no connection and no end of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mockserver.grading.records import PLAIN, Exchange, Finding, Run, Status
from mockserver.grading.rules import registered
from mockserver.grading.sequences import by_beginning
from spec.client_requirements import ClientRequirement, client_requirements

QUIET = 10.0
"""Seconds without a request after which a script may have been started again."""

_UNKNOWN = frozenset({"WALK-1", "WALK-2", "COST-1", "COST-3"})
"""What a log does not show: whose cursors are told apart by seals alone, changes of the data, connections."""

_WITHIN_A_SITTING = frozenset({"KEY-3", "FAIL-1"})
"""What a script that is started again does again, without being wrong."""


@dataclass(frozen=True)
class LiveRuling:
    """What a log shows of one requirement."""

    requirement: ClientRequirement
    status: Status
    evidence: tuple[Finding, ...] = ()


def live_rulings(exchanges: Sequence[Exchange]) -> tuple[LiveRuling, ...]:
    """What one key's requests show of each requirement, in the table's order."""
    whole = [_run(exchanges)]
    sittings = [_run(sitting) for sitting in _sittings(exchanges)]
    return tuple(
        _ruling(requirement, sittings if requirement.id in _WITHIN_A_SITTING else whole)
        for requirement in client_requirements()
    )


def _ruling(requirement: ClientRequirement, runs: Sequence[Run]) -> LiveRuling:
    if not requirement.every_run or requirement.id in _UNKNOWN:
        return LiveRuling(requirement, "not-seen")
    judgements = [registered()[requirement.id](run) for run in runs]
    statuses = {judgement.status for judgement in judgements}
    status: Status = "broken" if "broken" in statuses else "kept" if "kept" in statuses else "not-seen"
    return LiveRuling(requirement, status, tuple(finding for judgement in judgements for finding in judgement.findings))


def _run(exchanges: Sequence[Exchange]) -> Run:
    """A run as a recording has it: nothing is known of the command, and what is not in the log is not held against it."""
    return Run(PLAIN, tuple(exchanges), exit_code=None, ending="recorded")


def _sittings(exchanges: Sequence[Exchange]) -> Iterator[list[Exchange]]:
    """The requests, divided where nothing was asked for a while."""
    sitting: list[Exchange] = []
    for exchange in by_beginning(exchanges):
        if sitting and exchange.began - sitting[-1].ended >= QUIET:
            yield sitting
            sitting = []
        sitting.append(exchange)
    if sitting:
        yield sitting
