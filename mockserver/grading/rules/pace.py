"""PACE: the rate limits (documentation, "Rate limits"; RFC 6585, section 4)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from mockserver.grading.lookups import Again, Grouped, Moments
from mockserver.grading.records import Exchange, Finding, Judgement, Run
from mockserver.grading.rules.rule import judged, rule, seconds, shown
from mockserver.grading.sequences import EARLY, IN_FLIGHT, by_beginning, retry_after
from spec import contract

MOST_IN_A_ROW = 3
"""The most refusals in a row for a client that keeps to the limit by itself."""

SPENT = 60.0
"""Seconds after which a spent limit is available again."""

_MOST_NAMED = 9
"""The number of requests that a finding names besides the refusal."""


@rule("PACE-1")
def retry_after_is_kept(run: Run) -> Judgement:
    """With a refused key nothing is sent until Retry-After has passed, except requests in flight."""
    refusals = [
        (exchange, wait) for exchange in _refusals(run.exchanges) if exchange.key and (wait := retry_after(exchange))
    ]
    by_key = Grouped(run.exchanges, _key)
    # A connection has one request at a time, so a later request on it was sent after the refusal. A recording may not show it.
    by_connection = None if run.is_recording else Grouped(run.exchanges, _key_and_connection)
    findings = [
        finding for refused, wait in refusals for finding in _sent_too_early(refused, wait, by_key, by_connection)
    ]
    return judged(bool(refusals), findings)


@rule("PACE-2")
def refused_requests_are_not_lost(run: Run) -> Judgement:
    """A request that was refused is sent again, its walk begins anew, or the command ends with an error."""
    findings = []
    told = 0
    repeated = Again(run.exchanges)
    for refused in _refusals(run.exchanges):
        again = refused in repeated
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
    own_of: dict[object, list[Exchange]] = {}
    for exchange in by_beginning(run.exchanges):
        if exchange.key:
            own_of.setdefault(_key(exchange), []).append(exchange)
    for own in own_of.values():
        waves = _waves(own)
        busy = busy or len(own) > contract().rate_limits.per_minute or bool(waves)
        findings += [*_rows(waves, Moments(one for one in own if not one.failed)), *_repeated_bursts(waves)]
    return judged(busy, findings)


def _refusals(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """The refusals whose time is known: before their answers came, the client could not know of them."""
    return by_beginning(one for one in exchanges if one.status == 429 and math.isfinite(one.ended))


def _sent_too_early(
    refused: Exchange, wait: float, by_key: Grouped, by_connection: Grouped | None
) -> Iterator[Finding]:
    until = refused.ended + wait - EARLY
    arrived = min(refused.ended + IN_FLIGHT, until)
    own = by_connection[_key_and_connection(refused)] if by_connection else Moments(())
    others = by_key[_key(refused)]
    early = [
        *own.first(refused.ended, arrived, _MOST_NAMED),
        *others.first(arrived, until, _MOST_NAMED),
    ]
    if early:
        after = early[0].began - refused.ended
        more = own.count(refused.ended, arrived) + others.count(arrived, until) - 1
        told = f", and {more} more before the time was over" if more else ""
        message = (
            f"{shown(early[0])} was sent {seconds(after)} after request {refused.number} "
            f"was told to wait {seconds(wait)}{told}"
        )
        yield Finding((refused.number, *(exchange.number for exchange in early[:_MOST_NAMED])), message)


def _key(exchange: Exchange) -> tuple[str, str | None]:
    return exchange.origin, exchange.key


def _key_and_connection(exchange: Exchange) -> tuple[str | None, int]:
    return exchange.key, exchange.connection


def _waves(exchanges: Sequence[Exchange]) -> list[list[Exchange]]:
    """The refusals of one key, those that were in flight together in one wave."""
    waves: list[list[Exchange]] = []
    for exchange in _refusals(exchanges):
        if waves and exchange.began <= waves[-1][0].ended + IN_FLIGHT:
            waves[-1].append(exchange)
        else:
            waves.append([exchange])
    return waves


def _rows(waves: Sequence[list[Exchange]], served: Moments) -> Iterator[Finding]:
    """Findings for waves that follow each other without a success between."""
    row: list[Exchange] = []
    for wave in waves:
        if row and served.count(row[-1].ended, wave[0].began):
            row = []
        row.append(wave[0])
        if len(row) == MOST_IN_A_ROW + 1:
            numbers = tuple(exchange.number for exchange in row)
            yield Finding(numbers, f"more than {MOST_IN_A_ROW} refusals in a row, from {shown(row[0])} on")


def _repeated_bursts(waves: Sequence[list[Exchange]]) -> Iterator[Finding]:
    for before, after in pairwise(waves):
        if min(len(before), len(after)) > MOST_IN_A_ROW and after[0].began - before[0].ended < SPENT:
            message = f"a burst in which {len(after)} requests were refused followed one in which {len(before)} were"
            yield Finding((before[0].number, after[0].number), message)
