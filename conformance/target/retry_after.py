"""The times in an answer's headers: how long to wait (Retry-After), when a limit starts anew, and when it was sent (Date)."""

from __future__ import annotations

import re

from conformance.target.exchange import Exchange
from conformance.target.header_times import unix, waiting
from spec import LONGEST_RETRY_AFTER

EPOCH_FROM = 10**9
"""The least X-RateLimit-Reset that is an epoch second; a lower one is seconds from now."""
NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
"""A number in a header of the rate limit; it may have a decimal part."""


def retry_after(exchange: Exchange) -> float | None:
    """The seconds of Retry-After; a date is compared with the answer's Date (RFC 9110 10.2.3). None if it is not usable."""
    return waiting(exchange.headers.get("retry-after", ""), wall_clock(exchange))[0]


def pause_after(refusal: Exchange) -> float:
    """The seconds to wait after a refusal: as Retry-After says, at most 60 (RATE-6); one without it."""
    return min(retry_after(refusal) or 1.0, LONGEST_RETRY_AFTER)


def reset_in(exchange: Exchange) -> float | None:
    """The seconds from an answer to its X-RateLimit-Reset, below 0 if that has passed. None if the header is no number."""
    value = exchange.headers.get("x-ratelimit-reset", "")
    if not NUMBER.fullmatch(value):
        return None
    return float(value) - wall_clock(exchange) if float(value) >= EPOCH_FROM else float(value)


def wall_clock(exchange: Exchange) -> float:
    """The unix time at the target when it answered: its Date header, or our own clock if it sends none.

    A proxy may replace Date with its own. So a Date that does not follow the moved test clock is ignored.
    """
    own = exchange.at + exchange.answered - exchange.sent
    date = date_of(exchange)
    if date is None:
        return own + exchange.moved
    stood_still = abs(date - own) < exchange.moved / 2
    return own + exchange.moved if stood_still else date


def date_of(exchange: Exchange) -> float | None:
    """The unix time in an answer's Date header, in whole seconds; None if it has no readable one."""
    return unix(exchange.headers.get("date", ""))
