"""PACE: the rate limits (documentation, "Rate limits"; RFC 6585, section 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from mockserver.grading.records import Exchange, Finding, Judgement, Run
from mockserver.grading.rules.rule import judged, rule, seconds, shown
from mockserver.grading.sequences import EARLY, IN_FLIGHT, asked_again, by_beginning, retry_after
from spec import contract

MOST_IN_A_ROW = 3
"""Refusals in a row that a client may meet which keeps to the limit by itself."""

SPENT = 60.0
"""Seconds after which a limit that was spent has come back."""


@rule("PACE-1")
def retry_after_is_kept(run: Run) -> Judgement:
    """With a refused key nothing is sent until Retry-After has passed, but for what was in flight."""
    refusals = [(exchange, retry_after(exchange)) for exchange in _refusals(run)]
    findings = [
        finding for refused, wait in refusals if refused.key and wait for finding in _sent_too_early(run, refused, wait)
    ]
    return judged(any(refused.key and wait for refused, wait in refusals), findings)


@rule("PACE-2")
def refused_requests_are_not_lost(run: Run) -> Judgement:
    """A request that was refused is sent again, its walk begins anew, or the command ends with an error."""
    findings = []
    told = 0
    for refused in _refusals(run):
        again = asked_again(run, refused)
        told += bool(again or run.ended_with_error is not None)
        if not again and run.ended_with_error is False:
            message = f"{shown(refused)} was refused with 429 and never asked again, and the exit code was 0"
            findings.append(Finding((refused.number,), message))
    return judged(told > 0, findings)


@rule("PACE-3")
def the_limit_is_kept_to(run: Run) -> Judgement:
    """No key is refused more than three times in a row, and no burst is repeated into a spent limit."""
    busy = False
    findings: list[Finding] = []
    for key in dict.fromkeys(exchange.key for exchange in run.exchanges if exchange.key):
        own = by_beginning(exchange for exchange in run.exchanges if exchange.key == key)
        waves = _waves(own)
        busy = busy or len(own) > contract().rate_limits.per_minute or bool(waves)
        findings += [*_rows(waves, own), *_repeated_bursts(waves)]
    return judged(busy, findings)


def _refusals(run: Run) -> list[Exchange]:
    return by_beginning(exchange for exchange in run.exchanges if exchange.status == 429)


def _sent_too_early(run: Run, refused: Exchange, wait: float) -> Iterator[Finding]:
    early = [
        exchange
        for exchange in by_beginning(run.exchanges)
        if exchange.key == refused.key
        and exchange.number != refused.number
        and _is_after(exchange, refused, in_order=not run.is_recording)
        and exchange.began < refused.ended + wait - EARLY
    ]
    if early:
        after = early[0].began - refused.ended
        others = f", and {len(early) - 1} more before the time was over" if len(early) > 1 else ""
        message = (
            f"{shown(early[0])} was sent {seconds(after)} after request {refused.number} "
            f"was told to wait {seconds(wait)}{others}"
        )
        yield Finding((refused.number, *(exchange.number for exchange in early[:9])), message)


def _is_after(exchange: Exchange, refused: Exchange, *, in_order: bool) -> bool:
    """Whether a request was sent after a refusal had arrived. `in_order`: one connection holds one request at a time."""
    grace = 0.0 if in_order and exchange.connection == refused.connection else IN_FLIGHT
    return exchange.began > refused.ended + grace


def _waves(exchanges: Sequence[Exchange]) -> list[list[Exchange]]:
    """The refusals of one key, those that were in flight together in one wave."""
    waves: list[list[Exchange]] = []
    for exchange in exchanges:
        if exchange.status != 429:
            continue
        if waves and exchange.began <= waves[-1][0].ended + IN_FLIGHT:
            waves[-1].append(exchange)
        else:
            waves.append([exchange])
    return waves


def _rows(waves: Sequence[list[Exchange]], exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """Findings for waves that follow each other without a success between."""
    row: list[Exchange] = []
    for wave in waves:
        if row and _served_between(row[-1], wave[0], exchanges):
            row = []
        row.append(wave[0])
        if len(row) == MOST_IN_A_ROW + 1:
            numbers = tuple(exchange.number for exchange in row)
            yield Finding(numbers, f"more than {MOST_IN_A_ROW} refusals in a row, from {shown(row[0])} on")


def _served_between(first: Exchange, second: Exchange, exchanges: Sequence[Exchange]) -> bool:
    return any(first.ended < exchange.began < second.began and not exchange.failed for exchange in exchanges)


def _repeated_bursts(waves: Sequence[list[Exchange]]) -> Iterator[Finding]:
    for before, after in pairwise(waves):
        if min(len(before), len(after)) > MOST_IN_A_ROW and after[0].began - before[0].ended < SPENT:
            message = f"a burst in which {len(after)} requests were refused followed one in which {len(before)} were"
            yield Finding((before[0].number, after[0].number), message)
