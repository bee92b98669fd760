"""The reading of the rate limit that a target follows, as the measured timelines show it."""

from __future__ import annotations

from conformance.plural import counted
from conformance.rate_limits.attempts import (
    MINUTE,
    crowded,
    in_order,
    latencies,
    overdrawn,
    served_at_first,
    spent_twice,
)
from conformance.rate_limits.measured import Measured, Reading
from conformance.rate_limits.traffic_patterns import BORDER, SPENDER, WITNESS


def reading(measured: Measured) -> Reading | None:
    """The reading that the target follows; None if the limit was not reached, or if the timelines do not show it.

    Two sliding caps (`strict`) show only on a key that was spent in two volleys and then used for a minute: a fixed window of a
    minute serves as many at once, but serves them all again at its border.
    """
    limits = measured.limits
    spender = in_order(measured.timelines.get(SPENDER, ()))
    if not any(attempt.refused for attempt in spender):
        return None
    known = measured.known()
    if any(crowded(attempts, limits.burst, limits.window) or overdrawn(attempts, limits) for attempts in known):
        return "neither"
    at_once = min(served_at_first(measured.timelines[role]) for role in (SPENDER, WITNESS) if role in measured.keys)
    if at_once >= limits.burst:
        return "burst"
    if any(crowded(attempts, limits.per_minute, MINUTE) for attempts in known):
        return "neither"
    if at_once < limits.floor:
        return "neither"
    return "strict" if spent_twice(measured.timelines.get(BORDER, ())) else None


def explained(measured: Measured) -> str:
    """The meaning of the reading for a client, in one line; empty if its name says it."""
    limits = measured.limits
    known = measured.known()
    found = reading(measured)
    if found in ("burst", "strict") or not any(attempt.refused for attempts in known for attempt in attempts):
        return ""
    if found is None:
        return f"{limits.per_minute} at once; whether windows slide or are fixed shows on a third key in keys.spare"
    if any(crowded(attempts, limits.burst, limits.window) or overdrawn(attempts, limits) for attempts in known):
        return "more is served than either reading allows (RATE-3, RATE-4)"
    if any(crowded(attempts, limits.per_minute, MINUTE) for attempts in known):
        return (
            f"fewer than {limits.burst} at once, and yet more than {limits.per_minute} within some minute: "
            "a window that starts anew at a fixed time, or a smaller allowance that refills"
        )
    return f"a rested key is served fewer than {limits.floor} at once (RATE-2)"


def summary(measured: Measured) -> str:
    """The measurement in one line: how many requests a rested key was served at once, and the delays of answers."""
    attempts = [attempt for timeline in measured.timelines.values() for attempt in timeline]
    delays = latencies(attempts)
    at_once = served_at_first(measured.timelines.get(SPENDER, ()))
    middle, longest = (delays[len(delays) // 2], delays[-1]) if delays else (0.0, 0.0)
    return (
        f"{counted(at_once, 'request')} served at once; {len(attempts)} sent, "
        f"answered after {middle * 1000:.0f} ms (median), {longest * 1000:.0f} ms (longest)"
    )
