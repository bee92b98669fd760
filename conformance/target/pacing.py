"""Keeping to the target's rate limit: which key may send now, and how long to wait for one."""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from conformance.target.exchange import Credential, Exchange
from spec import LONGEST_RETRY_AFTER

# At most 60 requests in any 60 s is right under both readings: `strict` caps the minute, and `burst` always serves that
# rate. So the pace does not depend on the target's reading.
WINDOW = 60.0
# A margin in seconds: the target counts a request when it arrives, the client when it is sent.
MARGIN = 0.25

LONGEST_WAIT = LONGEST_RETRY_AFTER + 1.0
"""The longest wait for Retry-After in seconds, including a date's rounding. A longer one is cut to this."""


@dataclass
class _Spent:
    sent: deque[float] = field(default_factory=deque)
    limit: int = 0
    not_before: float = 0.0


class Pace:
    """A sliding window for each key, over the target's clock; not thread-safe, the client locks it.

    `per_minute` is None if nothing is limited.
    """

    def __init__(self, per_minute: int | None) -> None:
        self._per_minute = per_minute or sys.maxsize
        self._keys: dict[str, _Spent] = {}
        self.requests: Counter[str] = Counter()

    def wait_for(self, credential: Credential, now: float) -> float:
        """Seconds until the key may send; 0 if it may now."""
        spent = self._of(credential)
        while spent.sent and spent.sent[0] <= now - WINDOW - MARGIN:
            spent.sent.popleft()
        if len(spent.sent) < spent.limit:
            return max(0.0, spent.not_before - now)
        oldest = spent.sent[len(spent.sent) - spent.limit]
        return max(oldest + WINDOW + MARGIN, spent.not_before) - now

    def choose(self, pool: Sequence[Credential], now: float) -> tuple[Credential, float]:
        """The key of the pool that may send first (of several, the least used one), and its wait in seconds."""
        waits = {credential: self.wait_for(credential, now) for credential in pool}
        chosen = min(pool, key=lambda credential: (waits[credential], len(self._of(credential).sent)))
        return chosen, waits[chosen]

    def sent(self, credential: Credential, now: float) -> None:
        """Count a request of the key."""
        self._of(credential).sent.append(now)
        self.requests[credential.shown] += 1

    def answered(self, credential: Credential, exchange: Exchange, retry_after: float | None) -> None:
        """Adjust the pace to an answer: to a limit lower than described, or to the Retry-After of a refusal."""
        spent = self._of(credential)
        limit = exchange.headers.get("x-ratelimit-limit", "")
        if limit.isascii() and limit.isdigit() and 0 < int(limit[:9]) < self._per_minute:
            spent.limit = int(limit[:9])
        if exchange.status == 429:
            spent.limit = min(spent.limit, self._per_minute)  # a dead key, which the target serves after all
            spent.not_before = exchange.answered + min(1.0 if retry_after is None else retry_after, LONGEST_WAIT)

    def _of(self, credential: Credential) -> _Spent:
        limit = sys.maxsize if credential.dead else self._per_minute
        return self._keys.setdefault(credential.secret, _Spent(limit=limit))
