"""Log-ins to the console: sessions, which a log-out ends, and a limit for wrong tokens."""

from __future__ import annotations

import hashlib
import hmac
import math
import mmap
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable

MOST_FAILURES = 5
WITHIN = 60.0
"""Wrong tokens that a client may give within this many seconds."""

_MOST_CLIENTS = 1_000


class Sessions:
    """The sessions of visitors who gave the control token. A log-out ends them all, and so does the end of the mock.

    Processes that are forked from this one share them: the count of log-outs is in memory that they have in common.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._log_outs = mmap.mmap(-1, 8)

    def cookie(self) -> str:
        """The value of the cookie for a visitor who logs in now."""
        return hmac.new(self._key, self._log_outs[:], hashlib.sha256).hexdigest()

    def is_open(self, cookie: str) -> bool:
        """Whether a cookie belongs to a session that has not ended."""
        return hmac.compare_digest(self.cookie().encode(), cookie.encode("utf-8", "replace"))

    def end(self) -> None:
        """End all sessions."""
        self._log_outs[:] = (int.from_bytes(self._log_outs[:]) + 1).to_bytes(8)


class Attempts:
    """The wrong tokens that clients gave lately. `now` is a clock in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, client: str) -> int:
        """Whole seconds until a client may try again; 0 if it may now."""
        failures = self._failures.get(client)
        if failures is None or len(failures) < MOST_FAILURES:
            return 0
        return max(0, math.ceil(failures[0] + WITHIN - self._now()))

    def failed(self, client: str) -> None:
        """Record that a client gave a wrong token."""
        self._failures.setdefault(client, deque(maxlen=MOST_FAILURES)).append(self._now())
        self._failures.move_to_end(client)
        if len(self._failures) > _MOST_CLIENTS:
            self._failures.popitem(last=False)
