"""The rulings on the requirements of the rate limit, from the measured timelines.

Each ruling returns if the requirement was kept, and raises otherwise: Violation if it is broken, NotTested if a key is
missing, NotJudged if the target never reached the state in which the requirement shows.

A binding reading (`strict` or `burst`) makes the figures exact: under `burst` a rested key must be served the whole burst at
once (RATE-2), under `strict` no minute may serve more than the per-minute limit (RATE-4).
"""

from __future__ import annotations

from collections.abc import Iterable

from conformance.checks import PROBLEM, NotJudged, Violation
from conformance.oracles import schemas
from conformance.plural import counted
from conformance.rate_limits import other_keys
from conformance.rate_limits.attempts import (
    MINUTE,
    Attempt,
    Attempts,
    Wait,
    crowded,
    overdrawn,
    restless_waits,
    served_at_first,
    silent_waits,
    spent_twice,
)
from conformance.rate_limits.measured import Measured, exchanges_of
from conformance.rate_limits.traffic_patterns import (
    BYSTANDER,
    LATE,
    SPENDER,
    SPREAD,
    STRANGER,
    WITNESS,
)
from conformance.target.exchange import Exchange
from conformance.target.retry_after import retry_after
from spec import LONGEST_RETRY_AFTER


def floor(measured: Measured, role: str) -> None:
    """RATE-2: the first requests of a rested key are served, however they were spread; see `traffic_patterns`."""
    attempts = measured.of(role, SPREAD)
    wanted = measured.limits.burst if (measured.bound, role) == ("burst", SPENDER) else measured.limits.floor
    first = [attempt for attempt in attempts[:wanted] if attempt.sent - attempts[0].sent <= MINUTE]
    refused = [attempt for attempt in first if attempt.refused and attempt.answered - attempts[0].sent <= MINUTE]
    if refused and _slowed(measured):
        raise NotJudged(
            "a refusal may be due to other keys: the limit is not the key's own (RATE-7)", *exchanges_of(refused)
        )
    if refused:
        raise Violation(
            f"{measured.name(role)}, a rested key, was refused after {counted(served_at_first(first), 'request')}, "
            f"{refused[0].answered - first[0].sent:.1f} s after its first, where {wanted} are to be served",
            *exchanges_of(refused[:1]),
        )
    sound, served = (sum(getattr(attempt, what) for attempt in first) for what in ("sound", "served"))
    if served < wanted or sound < wanted / 2:
        raise NotJudged(
            f"of {wanted} requests with {measured.name(role)} in a minute {served} were served, {sound} as the schema asks"
        )


def ceiling(measured: Measured, role: str) -> None:
    """RATE-3: no burst window serves one key more than the burst."""
    limits = measured.limits
    attempts = measured.of(role)
    too_many = crowded(attempts, limits.burst, limits.window)
    if too_many:
        raise Violation(
            f"{len(too_many)} requests of one key were served within {_took(too_many):.1f} s", *_ends(too_many)
        )
    _limit_was_reached(measured, role)


def ceiling_of_others(measured: Measured) -> int:
    """RATE-3 for keys that the probes do not own. Returns how many of them were refused in time."""
    limits = measured.limits
    others = {} if measured.disturbance else other_keys.served(measured)
    for role, attempts in others.items():
        too_many = crowded(attempts, limits.burst, limits.window)
        if too_many:
            raise Violation(
                f"{len(too_many)} requests of {measured.name(role)} were served within {_took(too_many):.1f} s",
                *_ends(too_many),
            )
    return sum(any(attempt.refused for attempt in measured.timelines[role]) for role in others)


def sustained(measured: Measured) -> None:
    """RATE-4: over any span no more than the burst and the sustained rate; under binding `strict` no more in a minute."""
    limits = measured.limits
    measured.of(SPENDER)
    for attempts in measured.known():
        too_many = overdrawn(attempts, limits)
        if not too_many and measured.bound == "strict":
            too_many = crowded(attempts, limits.per_minute, MINUTE)
        if too_many:
            raise Violation(
                f"{len(too_many)} requests of one key were served within {_took(too_many):.1f} s", *_ends(too_many)
            )
    if not any(spent_twice(attempts) for attempts in measured.known()):
        raise NotJudged("no key was refused, served again, and refused again")


def past_the_limit(measured: Measured) -> None:
    """RATE-5: requests beyond the limit are answered 429 with a problem and a Retry-After."""
    limits = measured.limits
    attempts = measured.of(SPENDER)
    refused = [attempt for attempt in attempts if attempt.refused]
    if not refused and crowded(attempts, limits.burst, limits.window):
        raise Violation(
            f"{counted(len(attempts), 'request')} within {_took(attempts):.1f} s and no 429",
            *exchanges_of(attempts[-1:]),
        )
    _limit_was_reached(measured, SPENDER)
    for refusal in refused:
        fault = _refusal_fault(refusal)
        if fault:
            raise Violation(fault, *exchanges_of([refusal]))


def honest(measured: Measured, refusals: Iterable[Exchange] = ()) -> None:
    """RATE-6: waiting Retry-After is enough for one request, and never longer than a minute.

    `refusals` are all answers with 429 of the run.
    """
    spender = _limit_was_reached(measured, SPENDER)
    for refusal in refusals:
        fault = longer_than_allowed(refusal)
        if fault:
            raise Violation(fault, refusal)
    longest = max(spender, key=lambda attempt: attempt.retry_after or 0.0)
    if (longest.retry_after or 0.0) > LONGEST_RETRY_AFTER + 1:
        raise Violation(
            f"Retry-After is {longest.retry_after:.0f} s, more than {LONGEST_RETRY_AFTER:.0f}", *exchanges_of([longest])
        )
    waits = [wait for attempts in measured.known() for wait in silent_waits(attempts)]
    _keep_their_word(waits, measured)
    if not waits:
        raise NotJudged("no refusal had a Retry-After that could be waited for")


def independent(measured: Measured, role: str) -> None:
    """RATE-7: while a key is spent, another one is served as before; `role` is the other key's."""
    spender = _limit_was_reached(measured, SPENDER)
    spent = min(attempt.answered for attempt in spender if attempt.refused)
    if role == WITNESS and WITNESS not in measured.keys:
        role = BYSTANDER
    attempts = measured.of(role)
    if not any(attempt.served for attempt in attempts if attempt.answered <= spent):
        raise NotJudged(f"{measured.name(role)} was not served before {measured.name(SPENDER)} was spent")
    slowed = _slowed_one(measured, role)
    if slowed:
        raise Violation(slowed, *exchanges_of([next(a for a in attempts if a.refused)]))
    if not any(attempt.served for attempt in attempts if attempt.sent >= spent):
        raise NotJudged(
            f"{measured.name(role)} was in use while {measured.name(SPENDER)} was spent: "
            "its own requests may be the reason of its refusals"
        )


def patient(measured: Measured) -> None:
    """RATE-8: further requests during the wait do not move the time that the first refusal named."""
    witness = _limit_was_reached(measured, WITNESS)
    measured.of(SPENDER)
    if not all(wait.kept for attempts in measured.known() for wait in silent_waits(attempts)):
        raise NotJudged("Retry-After is not reliable (RATE-6)")
    _keep_their_word((wait for attempts in measured.known() for wait in restless_waits(attempts, LATE)), measured)
    refused = sum(attempt.refused for attempt in witness)
    if not restless_waits(witness, LATE) or refused < sum(attempt.served for attempt in witness) // 2:
        raise NotJudged(
            f"{measured.name(WITNESS)} was refused {counted(refused, 'time')}: not often enough while it waited"
        )


def _limit_was_reached(measured: Measured, role: str) -> Attempts:
    attempts = measured.of(role)
    if not any(attempt.refused for attempt in attempts):
        sent = f"{counted(len(attempts), 'request')} with {measured.name(role)} in {_took(attempts):.0f} s"
        raise NotJudged(f"{sent}: the limit was not reached")
    return attempts


def _slowed(measured: Measured) -> bool:
    return any(_slowed_one(measured, role) for role in (WITNESS, BYSTANDER, STRANGER))


def _slowed_one(measured: Measured, role: str) -> str | None:
    """How another key was slowed: it was served less than half of the requests of the spent one."""
    spender, other = measured.timelines.get(SPENDER, ()), measured.timelines.get(role, ())
    refused_at = min((attempt.answered for attempt in spender if attempt.refused), default=float("inf"))
    first = min((attempt.sent for attempt in other if attempt.refused), default=float("-inf"))
    own, others = served_at_first(spender), served_at_first(other)
    if first < refused_at or others >= own / 2:
        return None
    whose = "another organization" if role == STRANGER else "the same organization"
    return f"once a key had been served {counted(own, 'request')}, one of {whose} was refused after {others}"


def _keep_their_word(waits: Iterable[Wait], measured: Measured) -> None:
    for wait in waits:
        if wait.kept:
            continue
        evidence = exchanges_of([wait.refusal, wait.attempt])
        if _slowed(measured):
            raise NotJudged("a refusal may be due to other keys: the limit is not the key's own (RATE-7)", *evidence)
        knocking = f", having been refused {counted(wait.between, 'time')} meanwhile" if wait.between else ""
        seconds = wait.attempt.sent - wait.refusal.answered
        raise Violation(
            f"Retry-After was {wait.refusal.retry_after:.0f}, and {seconds:.1f} s later the key was refused{knocking}",
            *evidence,
        )


def longer_than_allowed(refusal: Exchange) -> str | None:
    """What is wrong with a Retry-After, which is a minute at most; None if nothing, or if it cannot be read (RATE-5)."""
    value = refusal.headers.get("retry-after", "").strip()
    longest = LONGEST_RETRY_AFTER + (not value.isdigit())
    seconds = retry_after(refusal)
    if seconds is None or seconds <= longest:
        return None
    return f"Retry-After is {value}: {seconds:.0f} s, more than {longest:.0f}"


def _refusal_fault(refusal: Attempt) -> str | None:
    if refusal.retry_after is None:
        return "429 without a Retry-After in seconds or as a date"
    exchange = refusal.exchange
    # An answer to HEAD has no body, and may have no media type (RFC 9110 9.3.2).
    if exchange is None or exchange.request.method == "HEAD":
        return None
    if exchange.media_type != PROBLEM:
        return f"the 429 is {exchange.media_type or 'without a content type'}, not {PROBLEM}"
    return schemas.mismatch(schemas.required_part("Problem"), exchange.json)


def _took(attempts: Attempts) -> float:
    """Seconds from the first request's sending to the last answer."""
    return max(attempt.answered for attempt in attempts) - min(attempt.sent for attempt in attempts)


def _ends(attempts: Attempts) -> list[Exchange]:
    return exchanges_of([attempts[0], attempts[-1]])
