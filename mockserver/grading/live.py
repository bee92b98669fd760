"""The grade of a request log, by the rules that need no trial, no connections and no end of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mockserver.grading.records import PLAIN, Exchange, Finding, Run, Status
from mockserver.grading.rules import registered
from mockserver.grading.sequences import by_beginning
from spec.client_requirements import ClientRequirement, client_requirements

QUIET = 10.0
"""After this many seconds without a request, the next request counts as a new start of the script."""

_UNKNOWN = frozenset({"COST-1", "COST-3"})
"""Requirements that a log cannot show: it does not know when a script starts, and its connections may be a proxy's."""

_SHOWN_BY_A_WHOLE_LOG = frozenset({"WALK-1", "WALK-2"})
"""Requirements that need all answers, because cursors are not sealed: any answer may have given the same cursor."""

_SHOWN_BY_A_CLOCK_THAT_RUNS = frozenset({"PACE-3"})
"""Requirements that a client seems to break if it waits as it is told, but the limit is not available again."""

_SHOWN_WITHOUT_A_TRIAL = frozenset({"FAIL-2"})
"""Requirements that a grade judges in trials, and that a log shows after any failure."""

_WITHIN_A_SITTING = frozenset({"KEY-3", "FAIL-1", "FAIL-2"})
"""Requirements that a script seems to break if it is merely started a second time."""


@dataclass(frozen=True)
class LiveRuling:
    """The ruling on one requirement by a log."""

    requirement: ClientRequirement
    status: Status
    evidence: tuple[Finding, ...] = ()


def live_rulings(
    exchanges: Sequence[Exchange],
    others: Iterable[Exchange] = (),
    *,
    is_whole: bool = False,
    stood_still: bool = False,
) -> tuple[LiveRuling, ...]:
    """The rulings on each requirement by the requests of one key, in the table's order.

    `others` are the requests of the organization's other keys, `is_whole` says whether the log holds all answers that were given,
    `stood_still` whether the clock of the rate limits stood still while a client may have waited.
    """
    hidden = _UNKNOWN.union(
        frozenset() if is_whole else _SHOWN_BY_A_WHOLE_LOG, _SHOWN_BY_A_CLOCK_THAT_RUNS if stood_still else frozenset()
    )
    whole = [_run(exchanges, others)]
    sittings = [_run(sitting) for sitting in _sittings(exchanges)]
    return tuple(
        _ruling(requirement, sittings if requirement.id in _WITHIN_A_SITTING else whole)
        if requirement.id not in hidden and _is_shown(requirement)
        else LiveRuling(requirement, "not-seen")
        for requirement in client_requirements()
    )


def _is_shown(requirement: ClientRequirement) -> bool:
    return requirement.every_run or requirement.id in _SHOWN_WITHOUT_A_TRIAL


def _ruling(requirement: ClientRequirement, runs: Sequence[Run]) -> LiveRuling:
    judgements = [registered()[requirement.id](run) for run in runs]
    statuses = {judgement.status for judgement in judgements}
    status: Status = "broken" if "broken" in statuses else "kept" if "kept" in statuses else "not-seen"
    return LiveRuling(requirement, status, tuple(finding for judgement in judgements for finding in judgement.findings))


def _run(exchanges: Sequence[Exchange], others: Iterable[Exchange] = ()) -> Run:
    """The requests as a recorded run, in which nothing is known about the command and a missing request is no finding."""
    given = frozenset(
        (other.next_cursor, other.list_key) for other in others if other.next_cursor and other.list_key is not None
    )
    return Run(
        PLAIN,
        tuple(exchanges),
        exit_code=None,
        ending="recorded",
        cursors=frozenset(cursor for cursor, _ in given),
        given_to_others=given,
    )


def _sittings(exchanges: Sequence[Exchange]) -> Iterator[list[Exchange]]:
    """The requests in groups with longer pauses between them."""
    sitting: list[Exchange] = []
    for exchange in by_beginning(exchanges):
        if sitting and exchange.began - sitting[-1].ended >= QUIET:
            yield sitting
            sitting = []
        sitting.append(exchange)
    if sitting:
        yield sitting
