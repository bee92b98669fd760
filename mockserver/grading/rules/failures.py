"""FAIL: what a client does with failures (RFC 9110, section 15; RFC 9112, section 8)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from mockserver.grading.lookups import Again, Grouped, Moments
from mockserver.grading.records import Exchange, Finding, Judgement, Run
from mockserver.grading.rules.rule import judged, rule, seconds, shown
from mockserver.grading.sequences import EARLY, in_turn, is_told, repetitions, retry_after

LONGEST_SILENCE = 120.0
"""Seconds after which a client must give up a request that is not answered."""

_FAILURES = frozenset({"server-error", "dropped"})
_MOST_TRIES = 10
_IN_ONE_SECOND = 5
_WAITS_THAT_ARE_FIXED = 3
"""This many equal waits in a row show that the waits are fixed. Jitter hardly ever makes them equal."""

_THE_SAME, _TIMERS = 1.02, 0.01
"""How far apart three waits may be that count as equal: as a factor, and in seconds in addition."""

_AT_ONCE = 0.03
"""Three waits of up to this many seconds count as no waits: a client needs that time to send the next request."""

_ALIKE, _DELAYS = 1.1, 0.03
"""The same for more than three waits."""

_WAITS_ALIKE = 5
"""How many waits must be equal if there are more: the machine may have been busy during the others."""

_WAITS_THAT_SHRINK = 4
"""This many waits, each clearly shorter than the one before, show that waits shrink: jitter hardly ever gives that."""

_CLEARLY_SHORTER = 0.9


@rule("FAIL-1")
def refused_requests_are_not_repeated(run: Run) -> Judgement:
    """A request that was refused with 400, 403 or 404 is not sent again unchanged."""
    groups = repetitions(exchange for exchange in run.exchanges if exchange.status in (400, 403, 404))
    everything, alike = Moments(run.exchanges), Grouped(run.exchanges, _target)
    findings = [
        finding for group in groups for finding in _repeated(in_turn(group), everything, alike[_target(group[0])])
    ]
    return judged(any(map(is_told, groups)), findings)


@rule("FAIL-2")
def failures_are_tried_again_with_growing_waits(run: Run) -> Judgement:
    """A request that failed with a 5xx or a broken connection is tried again: after growing waits, and not for ever."""
    troubled = {exchange.target for exchange in run.exchanges if exchange.mark in _FAILURES}
    repeated = Again(run.exchanges)
    findings: list[Finding] = []
    exercised = False
    for group in repetitions(exchange for exchange in run.exchanges if exchange.target in troubled):
        for tries in _episodes(in_turn(group)):
            exercised |= len(tries) > 1 or run.is_whole
            if len(tries) > 1:
                findings += _badly_tried(tries)
            elif run.is_whole and tries[0] not in repeated:
                message = f"{shown(tries[0])} {_what_happened(tries[0])} and was not tried again"
                findings.append(Finding((tries[0].number,), message))
    return judged(exercised, findings)


@rule("FAIL-3")
def broken_pages_are_not_taken_for_whole(run: Run) -> Judgement:
    """A page that was cut off, or an error page of a proxy, is asked for again, or the command ends with an error."""
    findings = []
    told = 0
    repeated = Again(run.exchanges)
    for broken in (exchange for exchange in run.exchanges if exchange.mark in ("truncated", "proxy-error")):
        again = broken in repeated
        told += bool(again or run.ended_with_error is not None)
        if not again and run.ended_with_error is False:
            what = "was cut off" if broken.mark == "truncated" else "was answered by a proxy's error page"
            message = f"{shown(broken)} {what} and never asked again, and the exit code was 0"
            findings.append(Finding((broken.number,), message))
    return judged(told > 0, findings)


@rule("FAIL-4")
def requests_have_a_time_limit(run: Run) -> Judgement:
    """A request that is never answered is given up within 120 s."""
    silent = [exchange for exchange in run.exchanges if exchange.mark in ("silence", "silence-outlasted")]
    findings = [
        Finding(
            (exchange.number,),
            f"{shown(exchange)} was waited for until the server ended it, after {seconds(_took(exchange))}",
        )
        for exchange in silent
        if exchange.mark == "silence-outlasted"
    ]
    return judged(bool(silent) and run.is_whole, findings)


def _target(exchange: Exchange) -> tuple[str, str]:
    return exchange.origin, exchange.target


def _repeated(turns: Sequence[Exchange], everything: Moments, alike: Moments) -> Iterator[Finding]:
    """Findings for a refused request that was sent again; `alike` are all requests of its target."""
    numbers = tuple(exchange.number for exchange in turns)
    if len(turns) > 2:
        yield Finding(numbers, f"{shown(turns[0])} was refused with {turns[0].status} and sent {len(turns)} times")
    elif len(turns) == 2 and turns[0].status != 403:
        between = turns[0].began, turns[1].began
        if everything.count(*between) == alike.count(*between):
            yield Finding(
                numbers, f"{shown(turns[0])} was refused with {turns[0].status} and sent again at once, unchanged"
            )


def _episodes(tries: Iterable[Exchange]) -> Iterator[list[Exchange]]:
    """The tries from a failure up to the answer that ended it. Later requests are not tries of it."""
    episode: list[Exchange] = []
    for exchange in tries:
        if episode or exchange.mark in _FAILURES:
            episode.append(exchange)
        if episode and not exchange.failed:
            yield episode
            episode = []
    if episode:
        yield episode


def _badly_tried(tries: Sequence[Exchange]) -> Iterator[Finding]:
    numbers = tuple(exchange.number for exchange in tries)
    if len(tries) > _MOST_TRIES:
        yield Finding(numbers, f"{shown(tries[0])} was tried {len(tries)} times")
    for first, fifth in zip(tries, tries[_IN_ONE_SECOND - 1 :], strict=False):
        if fifth.began - first.began <= 1:
            yield Finding(
                numbers, f"{shown(first)} was tried {_IN_ONE_SECOND} times within {fifth.began - first.began:.2f} s"
            )
            return
    yield from _without_patience(tries)
    waits = [after.began - before.ended for before, after in itertools.pairwise(tries) if not retry_after(before)]
    if wrong := _what_is_wrong_with(waits):
        told = ", ".join(seconds(wait) for wait in waits[:6])
        yield Finding(numbers, f"the waits between the tries of {shown(tries[0])} {wrong}: {told}")


def _what_is_wrong_with(waits: Sequence[float]) -> str:
    """What is wrong with waits that should grow, in words; empty if they grow, or if that cannot be denied."""
    if _are_fixed(waits):
        return "do not grow"
    return "shrink" if _shrink(waits) else ""


def _are_fixed(waits: Sequence[float]) -> bool:
    if len(waits) < _WAITS_THAT_ARE_FIXED:
        return False
    if len(waits) == _WAITS_THAT_ARE_FIXED:
        return max(waits) <= max(min(waits) * _THE_SAME + _TIMERS, _AT_ONCE)
    alike = sum(wait <= min(waits) * _ALIKE + _DELAYS for wait in waits)
    return alike >= min(len(waits), _WAITS_ALIKE)


def _shrink(waits: Sequence[float]) -> bool:
    shorter = (after <= before * _CLEARLY_SHORTER for before, after in itertools.pairwise(waits))
    return len(waits) >= _WAITS_THAT_SHRINK and all(shorter)


def _without_patience(tries: Sequence[Exchange]) -> Iterator[Finding]:
    for before, after in itertools.pairwise(tries):
        wait = retry_after(before) if before.status == 503 else None
        if wait and after.began < before.ended + wait - EARLY:
            early = seconds(after.began - before.ended)
            message = f"{shown(after)} was sent {early} after a 503 that asked to wait {seconds(wait)}"
            yield Finding((before.number, after.number), message)


def _what_happened(exchange: Exchange) -> str:
    return (
        "lost its connection" if exchange.status is None or not exchange.complete else f"failed with {exchange.status}"
    )


def _took(exchange: Exchange) -> float:
    return exchange.ended - exchange.began
