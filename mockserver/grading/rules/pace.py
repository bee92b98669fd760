"""PACE: the rate limits (documentation, "Rate limits"; RFC 6585, section 4)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from mockserver.grading.records import Exchange, Finding, Judgement, Run
from mockserver.grading.rules.rule import judged, rule, seconds, shown
from mockserver.grading.sequences import EARLY, IN_FLIGHT, asked_again, by_beginning, retry_after
from spec import contract

MOST_IN_A_ROW = 3
"""Refusals in a row that a client may meet which keeps to the limit by itself."""


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
        waves = _rows_of_waves(own)
        busy = busy or len(own) > contract().rate_limits.per_minute or bool(waves)
        for row in waves:
            findings += _too_many(row)
    return judged(busy, findings)


def _refusals(run: Run) -> list[Exchange]:
    return by_beginning(exchange for exchange in run.exchanges if exchange.status == 429)


def _sent_too_early(run: Run, refused: Exchange, wait: float) -> Iterator[Finding]:
    early = [
        exchange
        for exchange in by_beginning(run.exchanges)
        if exchange.key == refused.key
        and exchange.number != refused.number
        and _is_after(exchange, refused)
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


def _is_after(exchange: Exchange, refused: Exchange) -> bool:
    grace = 0.0 if exchange.connection == refused.connection else IN_FLIGHT
    return exchange.began > refused.ended + grace


def _rows_of_waves(exchanges: list[Exchange]) -> list[list[list[Exchange]]]:
    """The refusals of one key: rows without a success between, each of waves that were in flight together."""
    rows: list[list[list[Exchange]]] = []
    refused_before = False
    for exchange in exchanges:
        if exchange.status != 429:
            refused_before = refused_before and exchange.failed
            continue
        if not refused_before:
            rows.append([[exchange]])
        elif exchange.began > rows[-1][-1][0].ended + IN_FLIGHT:
            rows[-1].append([exchange])
        else:
            rows[-1][-1].append(exchange)
        refused_before = True
    return rows


def _too_many(row: list[list[Exchange]]) -> Iterator[Finding]:
    numbers = tuple(wave[0].number for wave in row)
    if len(row) > MOST_IN_A_ROW:
        yield Finding(numbers, f"{len(row)} refusals in a row, from {shown(row[0][0])} on")
    for before, after in itertools.pairwise(row):
        if min(len(before), len(after)) > MOST_IN_A_ROW:
            message = f"a burst of {len(after)} requests followed one of {len(before)} that the limit had refused"
            yield Finding((before[0].number, after[0].number), message)
            return
