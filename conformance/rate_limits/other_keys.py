"""Keys that the probes do not own: one of a single scope, and one of another organization. A limit holds for each of them.

They are used up only on a test clock, which gives them back at once what they have lost.
"""

from __future__ import annotations

from collections.abc import Callable

from conformance.rate_limits.attempts import Attempts, in_order
from conformance.rate_limits.measured import Measured
from conformance.rate_limits.steps import Send, Steps
from conformance.rate_limits.traffic_patterns import FOREIGN, SCOPED, SPENDER, ProbePlan

USED_UP = (SCOPED[0], FOREIGN)
"""The roles whose keys are used up."""

_MORE_THAN_SERVED = 16


def most_with_another(burst: int) -> int:
    """The most requests with one of these keys, of a target that keeps its limit."""
    return burst + _MORE_THAN_SERVED


def use_up(role: str) -> Callable[[ProbePlan], Steps]:
    """The pattern that uses up a role's key from rest, all at once, by the operation that every key is served (RATE-3)."""

    def pattern(plan: ProbePlan) -> Steps:
        yield Send(role, most_with_another(plan.limits.burst), refused=1, kind="me")

    return pattern


def served(measured: Measured) -> dict[str, Attempts]:
    """The sound attempts of each role whose key has the same limit as the probes' own keys, as the answers tell it.

    A key may have a limit of its own ("default" in the documentation). Nothing is known of a key that has no sound answer.
    """
    found = {role: _sound(measured, role) for role in USED_UP}
    return {
        role: attempts
        for role, attempts in found.items()
        if attempts and _limit(attempts) == _limit_of_probes(measured)
    }


def _sound(measured: Measured, role: str) -> Attempts:
    return in_order(attempt for attempt in measured.timelines.get(role, ()) if attempt.sound)


def _limit_of_probes(measured: Measured) -> str | None:
    return _limit(_sound(measured, SPENDER))


def _limit(attempts: Attempts) -> str | None:
    told = (attempt.exchange.headers.get("x-ratelimit-limit") for attempt in attempts if attempt.exchange)
    return next(told, None)
