"""The mock's clock: real time plus an offset that a test moves, and timestamps as the API writes them."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Clock:
    """The one time of a mock: rate windows, timestamps, expiry and headers all read it.

    It runs with the real time, or with `start` (unix seconds) stands still there until it is advanced.
    """

    __slots__ = ("_offset", "_start")

    def __init__(self, start: float | None = None) -> None:
        self._start = start
        self._offset = 0.0

    def now(self) -> float:
        """The time in unix seconds."""
        return (time.time() if self._start is None else self._start) + self._offset

    def shift(self, seconds: float) -> None:
        """Set the clock right by so many seconds, forwards or back, before anyone reads it."""
        self._offset += seconds

    def copy(self) -> Clock:
        """A clock of its own that shows the same time."""
        other = Clock(self._start)
        other._offset = self._offset
        return other

    def advance(self, seconds: float) -> None:
        """Move the clock on. Raises ValueError for a negative or non-finite number: this time never runs back."""
        if not (math.isfinite(seconds) and seconds >= 0):
            raise ValueError(f"the clock cannot be advanced by {seconds} seconds")
        self._offset += seconds


def utc(milliseconds: int) -> str:
    """RFC 3339 in UTC with milliseconds, of milliseconds since 1970: `2026-05-23T10:00:00.000Z`.

    Raises OverflowError outside the years 1 to 9999.
    """
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def milliseconds(timestamp: str) -> int:
    """Milliseconds since 1970 of an RFC 3339 time in UTC that ends with `Z`, rounded down. Raises ValueError."""
    if not timestamp.endswith("Z"):
        raise ValueError(f"not a time in UTC: {timestamp!r}")
    return (datetime.fromisoformat(timestamp) - _EPOCH) // _MILLISECOND
