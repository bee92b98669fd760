"""Times in header fields, from their text alone: gate and load tests read them alike."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from functools import lru_cache

_MOST_DIGITS = 9


def waiting(retry_after: str, answered: float) -> tuple[float | None, bool]:
    """What a Retry-After promises, in seconds from the moment of the answer, and whether it is a date (RFC 9110 10.2.3).

    None if it is neither. `answered` is a unix time. More than nine digits are cut: either is longer than anyone waits.
    """
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:_MOST_DIGITS]), False
    moment = unix(text)
    if moment is None:
        return None, False
    return max(0.0, moment - answered), True


@lru_cache(maxsize=256)
def unix(date: str) -> float | None:
    """The unix time of a date in a header field, in whole seconds; None if it is none, or has a year that no clock can show."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
