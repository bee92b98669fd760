"""Times as the control API writes and reads them."""

from __future__ import annotations

from mockserver.clock import milliseconds, utc


def shown_time(seconds: float) -> str:
    """RFC 3339 in UTC with milliseconds, of unix seconds."""
    return utc(int(seconds * 1000))


def shown_time_or_none(seconds: float | None) -> str | None:
    """RFC 3339 in UTC as `shown_time` writes it, None for None."""
    return None if seconds is None else shown_time(seconds)


def unix_seconds(timestamp: str) -> float:
    """Unix seconds of an RFC 3339 time in UTC. Raises ValueError."""
    return milliseconds(timestamp) / 1000
