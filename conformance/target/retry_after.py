"""What an answer's headers say of time: how long to wait (Retry-After), and when it was sent (Date)."""

from __future__ import annotations

import email.utils

from conformance.target.exchange import Exchange


def retry_after(exchange: Exchange) -> float | None:
    """Seconds that Retry-After asks for, a date's taken from the answer's Date (RFC 9110 10.2.3); None if unusable."""
    value = exchange.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        until = email.utils.parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError):
        return None
    return max(0.0, until - wall_clock(exchange))


def wall_clock(exchange: Exchange) -> float:
    """The unix time at the target when it answered: its Date header, or our own clock if it sends none.

    A proxy replaces Date with its own. So a Date that did not follow the test clock that we moved on is not believed.
    """
    own = exchange.at + exchange.answered - exchange.sent
    date = date_of(exchange)
    if date is None:
        return own + exchange.moved
    stood_still = abs(date - own) < exchange.moved / 2
    return own + exchange.moved if stood_still else date


def date_of(exchange: Exchange) -> float | None:
    """The unix time in an answer's Date header, which has whole seconds; None if it has none that can be read."""
    try:
        return email.utils.parsedate_to_datetime(exchange.headers.get("date", "")).timestamp()
    except (ValueError, TypeError):
        return None
