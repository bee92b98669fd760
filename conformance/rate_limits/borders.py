"""The border of a fixed window, as an answer's X-RateLimit-Reset tells it, and when to spend a key so that it shows."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.rate_limits.attempts import MINUTE, Attempt, Limits

# A volley before the border, the wait for it and a volley after it have to fit into one burst window.
_BEFORE = 0.4
_LONGEST_BEFORE = 12.0
# The part of the time before the border that a volley may take.
_VOLLEY = 0.4
# Reset and Date are often whole seconds, rounded up or down.
_ROUNDED = 1.0


@dataclass(frozen=True, slots=True)
class Border:
    """The end of a window: when to spend a key before it, and its `latest` time. In seconds of the target's clock."""

    spend_at: float
    latest: float


def told_border(attempt: Attempt, limits: Limits) -> Border | None:
    """The border that an answer tells, if there is time for a volley before it. None if it tells no time within a minute.

    A limiter without windows may tell when its allowance is full again, or always the same time. No false alarm follows: the
    probe judges by the times of the answers alone.
    """
    left = attempt.reset_in
    if left is None or not _time_for_a_volley(limits) <= left <= MINUTE + 2 * _ROUNDED:
        return None
    return _border(attempt, left, limits)


def near_border(attempt: Attempt, limits: Limits) -> Border | None:
    """The border that an answer tells, if a volley that is sent now may not end before it."""
    left = attempt.reset_in
    if left is None or not -_ROUNDED < left < _time_for_a_volley(limits):
        return None
    return _border(attempt, left, limits)


def _border(attempt: Attempt, left: float, limits: Limits) -> Border:
    # The target decided at some time between sending and answer: an early volley is better than a late one.
    return Border(attempt.sent + left - _before(limits), attempt.answered + left + _ROUNDED)


def _before(limits: Limits) -> float:
    return min(_LONGEST_BEFORE, _BEFORE * limits.window)


def _time_for_a_volley(limits: Limits) -> float:
    return _VOLLEY * _before(limits)
