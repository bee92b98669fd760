"""The mock's clock: real time plus an offset that a test moves, and timestamps as the API writes them."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_DAY = 86_400_000
_MINUTES = [f"{hour:02}:{minute:02}:" for hour in range(24) for minute in range(60)]
_SECONDS = [f"{second:02}." for second in range(60)]
_MILLISECONDS = [f"{millisecond:03}Z" for millisecond in range(1_000)]

EARLIEST = 946_684_800.0
LATEST = 32_503_680_000.0
"""Unix seconds between which a clock can be set: the years 2000 to 2999, in which every time can be written."""

_OUTSIDE = "the clock stays within the years 2000 to 2999"


class Clock:
    """The only clock of a mock: rate windows, timestamps, expiry and headers all read it.

    It runs with the real time. With `start` (unix seconds) it stands still at that time until it is advanced, set or resumed.
    """

    __slots__ = ("_frozen", "_offset", "_pinned", "_shown", "set_back")

    def __init__(self, start: float | None = None) -> None:
        self._offset = 0.0
        self._frozen = start
        self._pinned = False
        self._shown = start
        """The time of the clock while it is frozen or pinned; None while it runs."""
        self.set_back = 0.0
        """The seconds by which `set` has moved the clock back, in all: `now() + set_back` is never moved back."""

    def now(self) -> float:
        """The time in unix seconds."""
        shown = self._shown
        return time.time() + self._offset if shown is None else shown

    @property
    def is_frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._frozen is not None

    def shift(self, seconds: float) -> None:
        """Correct the clock by this many seconds, forwards or back."""
        self._offset += seconds
        if self._frozen is not None:
            self._frozen += seconds
        if self._shown is not None:
            self._shown += seconds

    def copy(self) -> Clock:
        """An independent clock that shows the same time."""
        other = Clock(self._frozen)
        other._offset = self._offset
        return other

    def advance(self, seconds: float) -> None:
        """Move the clock on. Raises ValueError for a negative or non-finite number, or beyond the last year that it shows."""
        if not (math.isfinite(seconds) and seconds >= 0):
            raise ValueError(f"the clock cannot be advanced by {seconds} seconds")
        if self.now() + seconds >= LATEST:
            raise ValueError(_OUTSIDE)
        self.shift(seconds)

    def set(self, moment: float) -> None:
        """Set the clock to another time (unix seconds), which may be earlier. Raises ValueError outside 2000 to 2999."""
        if not EARLIEST <= moment < LATEST:
            raise ValueError(_OUTSIDE)
        move = moment - self.now()
        self.set_back += max(0.0, -move)
        self.shift(move)

    def freeze(self) -> None:
        """Stop the clock."""
        self._frozen = self._shown = self.now()

    @property
    def running(self) -> float:
        """The time that a stopped clock would show if it had not been stopped, in unix seconds."""
        return time.time() + self._offset

    def resume(self, running: float | None = None) -> None:
        """Let a stopped clock run on from its time, since now, or since the moment at which it was `running` so far."""
        if self._frozen is not None:
            self._offset += self._frozen - (self.running if running is None else running)
            self._frozen = None
            if not self._pinned:
                self._shown = None

    @contextmanager
    def at(self, now: float) -> Iterator[None]:
        """Show one fixed time within the `with` block, so that everything in it happens at one moment."""
        self._pinned, self._shown = True, now
        try:
            yield
        finally:
            self._pinned, self._shown = False, self._frozen


def utc(milliseconds: int) -> str:
    """RFC 3339 in UTC with milliseconds, of milliseconds since 1970: `2026-05-23T10:00:00.000Z`.

    Raises OverflowError outside the years 1 to 9999.
    """
    day, moment = divmod(milliseconds, _DAY)
    minute, moment = divmod(moment, 60_000)
    second, moment = divmod(moment, 1_000)
    return f"{_date(day)}{_MINUTES[minute]}{_SECONDS[second]}{_MILLISECONDS[moment]}"


@lru_cache(maxsize=4_096)
def _date(day: int) -> str:
    """The date of a day since 1970, as the beginning of a timestamp. Cached, because most timestamps are of a few days."""
    return f"{(_EPOCH + timedelta(days=day)).date()}T"


def milliseconds(timestamp: str) -> int:
    """Milliseconds since 1970 of an RFC 3339 time in UTC that ends with `Z`, rounded down. Raises ValueError."""
    if not timestamp.endswith("Z"):
        raise ValueError(f"not a time in UTC: {timestamp!r}")
    return (datetime.fromisoformat(timestamp) - _EPOCH) // _MILLISECOND
