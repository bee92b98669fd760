"""What the probes send, and when: generators that yield their steps, and are sent the outcome of each.

They know no clock and no network, so a simulation can run them as well as a target. Every pattern starts on rested keys
(unused for two minutes, or never used). If that is not certain and the first answers speak against it, the pattern ends
with NotRested, and is sent again after a rest.

A fixed window may be aligned to the wall clock or to the key's first request. If an answer tells where it ends
(X-RateLimit-Reset), a key is spent just before. If none does, it is spent at an odd moment, since any span of a window's
length contains a border. Then it keeps asking through a whole window and a minute. Each time it is served, it sends until
it is refused again.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.rate_limits.attempts import (
    MINUTE,
    Attempt,
    Attempts,
    Limits,
    NotRested,
    crowded,
    due,
    in_order,
    last,
    latencies,
    overdrawn,
    served_at_first,
)
from conformance.rate_limits.borders import near_border, told_border
from conformance.rate_limits.steps import KINDS, Part, Send, Steps, Until

# RATE-8: a refusal this many seconds after the promised time is not due to a Retry-After that was rounded down (RATE-6).
LATE = 1.0
# If Retry-After is rounded to whole seconds, it is too short by the most just before half a second is left over; if it
# is cut, just before a whole second. Which of them shows depends on the round-trip time of a request.
_PHASE_TO_ROUND = 0.45
_PHASE_TO_CUT = 0.85
_NEAR = 0.15
_CHUNK = 16
_OPENING = 5
_WITNESSED = 3
_TRIES = 5
_SPREAD_OVER = 57.0
_BEFORE_THE_FLOOD = 5.0
_MORE_THAN_SERVED = 5
# One request without a key, and one with a key that was never issued.
_UNAUTHENTICATED_REQUESTS = 2
# Longer than a Retry-After may be rounded up, so that a refusal does not cover the punishment of the one before it.
_BETWEEN_REFUSALS = 3.0


SPENDER = "spender"
"""Spent at once from rest; then waits without requests for Retry-After; then uses up what it has regained."""
WITNESS = "witness"
"""A rested key of the same organization: spent while the spender is; keeps asking while it waits."""
BYSTANDER = "bystander"
"""A key of the same organization in ordinary use: takes the place of a missing witness."""
STRANGER = "stranger"
"""A key of another organization in ordinary use."""
BORDER = "border"
"""Spent before a border that is told, or in two volleys; then keeps asking past the border of every possible window."""
SPREAD = "spread"
"""Sends a minute's worth evenly."""
SCOPED = ("scoped", "second scoped", "third scoped", "fourth scoped")
"""Keys of the same organization with one scope each."""
FOREIGN = "foreign"
"""Another key of the other organization."""
OTHERS = (*SCOPED, FOREIGN)
"""Keys that other checks use, too. They are used only on a test clock, which gives them back at once what they have lost."""
UNAUTHENTICATED = "unauthenticated"
"""Callers without a valid key: what they send is no attempt of a key, and is refused free of charge."""


@dataclass(frozen=True)
class ProbePlan:
    """The settings of all patterns. `pause` is the seconds between two single requests of a spent key.

    `from_rest` is how many requests a rested key must be served at once; `rested` says whether the keys are known to be rested.
    """

    limits: Limits
    from_rest: int
    rested: bool
    pause: float = 1.0

    @property
    def most(self) -> int:
        """The most requests that one key sends before a pattern ends."""
        return 2 * self.limits.burst + 20

    def check_rest(self, attempts: Attempts, most: int) -> None:
        """Raise NotRested if one of the first `most` requests was refused and the key may not be rested."""
        refusal = next((attempt for attempt in in_order(attempts)[:most] if attempt.refused), None)
        if refusal and not self.rested:
            raise NotRested(refusal)


def spend(plan: ProbePlan) -> Steps:
    """Use up a rested key while a witness key is used, then the witness; see how each recovers (RATE-2 to RATE-8)."""
    floor = plan.limits.floor
    # A kind that every key is served, whatever data its organization has.
    stranger = yield Send(STRANGER, 1, kind="me")
    yield Send(BYSTANDER, 1, kind="me")
    witness = yield Send(WITNESS, max(1, min(_OPENING, floor // 4)), one_by_one=True)
    spender = yield Send(SPENDER, floor)
    plan.check_rest(witness + spender, 2 * floor)
    spender += yield from _exhaust(SPENDER, spender, plan)
    plan.check_rest(spender, plan.from_rest)
    spender += yield from _each_kind_alone(spender, plan)
    spender += yield from _after_all_others(spender, stranger, plan)
    stranger += yield Send(STRANGER, _WITNESSED)
    plan.check_rest(stranger, len(stranger))
    plan.check_rest((yield Send(BYSTANDER, _WITNESSED)), _WITNESSED)
    witness += yield Send(WITNESS, floor - len(witness))
    plan.check_rest(witness, floor)
    if not any(attempt.refused for attempt in spender):
        return
    witness += yield from _exhaust(WITNESS, witness, plan)
    spender += yield from _refusal_to_wait_for(spender, plan)
    witness += yield from _knock_hard(witness)
    yield from _recover(spender, plan)
    yield Until(due(witness) + LATE)
    yield Send(WITNESS, 1)


def border(plan: ProbePlan) -> Steps:
    """Use up a key before a border that is told, or in two volleys; keep asking past every border (RATE-2, RATE-3, RATE-4).

    One request is enough to be told. More would be missing before the border, if the window begins with the first of them.
    """
    limits, half = plan.limits, plan.limits.floor // 2
    attempts = yield Send(BORDER, 1)
    near = near_border(attempts[-1], limits)
    if near:
        yield Until(near.latest)
        attempts += yield Send(BORDER, 1)
    told = told_border(attempts[-1], limits)
    if told is None:
        attempts += yield Send(BORDER, max(0, half - len(attempts)))
    plan.check_rest(attempts, half)
    start = attempts[0].sent
    end = max(start + max(MINUTE, limits.window) + 2, told.latest if told else start)
    yield Until(told.spend_at if told else start + limits.window * 2 / 3)
    attempts += yield Send(BORDER, max(0, limits.floor - len(attempts)))
    plan.check_rest(attempts, limits.floor)
    attempts += yield from _exhaust(BORDER, attempts, plan)
    proven = _proven(attempts, plan)
    while not proven and last(attempts).answered < end:
        yield Until(last(attempts).answered + plan.pause)
        knock = yield Send(BORDER, 1)
        attempts += knock
        if any(attempt.served for attempt in knock):
            attempts += yield from _exhaust(BORDER, attempts, plan)
            proven = _proven(attempts, plan)
        proven = proven or len(attempts) >= plan.most


def spread(plan: ProbePlan) -> Steps:
    """Send a minute's worth evenly (RATE-2)."""
    ticks = min(plan.limits.floor, int(_SPREAD_OVER / plan.pause) + 1)
    attempts = yield Send(SPREAD, 1)
    start = attempts[0].sent
    for tick in range(ticks):
        yield Until(start + tick * _SPREAD_OVER / max(1, ticks - 1))
        due = plan.limits.floor * (tick + 1) // ticks - len(attempts)
        attempts += yield Send(SPREAD, due)
        plan.check_rest(attempts, plan.limits.floor)


def _exhaust(role: str, before: Attempts, plan: ProbePlan) -> Part:
    """Send until one more is refused, or more has been served than any reading allows."""
    attempts: list[Attempt] = []
    while not any(attempt.refused for attempt in attempts) and not _proven([*before, *attempts], plan):
        # The documented burst is the most likely end, so only one request beyond it is sent before the answers are examined.
        left = plan.limits.burst - len(before) - len(attempts)
        chunk = yield Send(role, left if left > 0 else _CHUNK, refused=1)
        if not chunk:
            break
        attempts += chunk
    return attempts


def _each_kind_alone(spender: list[Attempt], plan: ProbePlan) -> Part:
    """Send one kind after the other with a spent key: a kind that the limit does not count is served again and again.

    A single request may be served from what the key has regained. Only if two in a row are served, more than a burst is sent
    within its window.
    """
    attempts: list[Attempt] = []
    if not any(attempt.refused for attempt in spender):
        return attempts
    for kind in KINDS:
        attempts += yield from _as_if_unspent(kind, plan)
    return attempts


def _after_all_others(spender: list[Attempt], stranger: list[Attempt], plan: ProbePlan) -> Part:
    """See whether callers without a valid key, or several other keys, give a spent key its allowance back, as if it were rested.

    A limiter may begin anew after a refusal, or remember the last few keys. What the stranger sends is added to its attempts.
    """
    attempts: list[Attempt] = []
    if not any(attempt.refused for attempt in spender):
        return attempts
    while len(attempts) < plan.limits.burst:
        yield Send(UNAUTHENTICATED, _UNAUTHENTICATED_REQUESTS)
        for role in OTHERS:
            yield Send(role, 1, kind="me")
        stranger += yield Send(STRANGER, 1, kind="me")
        again = yield from _as_if_unspent("me", plan)
        attempts += again
        if len(again) <= 2:
            break
    return attempts


def _as_if_unspent(kind: str, plan: ProbePlan) -> Part:
    """Send two of a kind with a spent key, and more than a burst if both are served."""
    attempts = yield Send(SPENDER, 2, refused=1, one_by_one=True, kind=kind)
    if attempts and all(attempt.served for attempt in attempts):
        attempts = [*attempts, *(yield Send(SPENDER, plan.limits.burst, refused=1, kind=kind))]
    return attempts


def _proven(attempts: Attempts, plan: ProbePlan) -> bool:
    limits = plan.limits
    everything = crowded(attempts, limits.burst, limits.window) and overdrawn(attempts, limits)
    return bool(everything) or len(attempts) >= plan.most


def _refusal_to_wait_for(spender: list[Attempt], plan: ProbePlan) -> Part:
    """One more refusal, with no other request of the key under way, at the moment that shows best whether it is honest."""
    attempts: list[Attempt] = []
    full = served_at_first(spender) >= plan.limits.burst
    first = min(attempt.sent for attempt in spender)
    recovery = first + (plan.limits.window if full else MINUTE)
    now = last(spender).answered
    delays = latencies(spender)
    phase = _PHASE_TO_ROUND if delays[len(delays) // 2] < _NEAR else _PHASE_TO_CUT
    yield Until(now + (recovery - now - phase) % 1, exactly=True)
    for _ in range(_TRIES):
        knock = yield Send(SPENDER, 1)
        attempts += knock
        if any(attempt.refused for attempt in knock):
            break
        attempts += yield from _exhaust(SPENDER, [*spender, *attempts], plan)
    return attempts


def _knock_hard(witness: list[Attempt]) -> Part:
    """Draw as many refusals as there were served requests: enough to fill any window that counts refusals too."""
    if not any(attempt.refused for attempt in witness):
        return []
    yield Until(last(witness).answered + _BEFORE_THE_FLOOD)
    enough = sum(attempt.served for attempt in witness) + _MORE_THAN_SERVED
    knocks = yield Send(WITNESS, 2 * enough, refused=enough)
    # Some may have been served meanwhile, but the last two in a row were refused.
    for _ in range(_TRIES):
        two = yield Send(WITNESS, 2, one_by_one=True)
        knocks += two
        if all(attempt.refused for attempt in two):
            break
    return knocks


def _recover(spender: list[Attempt], plan: ProbePlan) -> Steps:
    """Send one request when Retry-After has passed, and then use up what the key has regained."""
    refusal = last(spender)
    back: list[Attempt] = []
    if due([refusal]):
        yield Until(due([refusal]), exactly=True)
        back = yield Send(SPENDER, 1)
    if not any(attempt.served for attempt in back):
        yield Until(min(attempt.sent for attempt in spender) + max(MINUTE, plan.limits.window) + 1)
    spender = [*spender, *back]
    spender += yield from _exhaust(SPENDER, spender, plan)
    yield from _wait_once_more(spender)


def _wait_once_more(spender: list[Attempt]) -> Steps:
    """Wait as long as one more refusal says, a few seconds after others: a limiter that punishes each tells too short a time.

    If it takes longer than the other patterns, it is left out.
    """
    end = min(attempt.sent for attempt in spender) + MINUTE
    if last(spender).answered + _BETWEEN_REFUSALS > end:
        return
    yield Until(last(spender).answered + _BETWEEN_REFUSALS)
    once_more = yield Send(SPENDER, 2 * _TRIES, refused=1, one_by_one=True)
    refusals = [attempt for attempt in once_more if attempt.refused]
    if refusals and due(refusals) <= end:
        yield Until(due(refusals), exactly=True)
        yield Send(SPENDER, 1)
