"""Staying inside the target's rate limit: which key may send now, and how long until one may."""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from conformance.target.exchange import Credential, Exchange
from spec import LONGEST_RETRY_AFTER

# Under the `strict` reading the documented minute is a hard cap, and under `burst` a steady minute's worth is always served:
# 60 in any 60 s keeps to both, so the pace needs no knowledge of the target's reading.
_WINDOW = 60.0
# The target counts a request when it arrives, we when it is sent: a margin for the difference between two requests' delays.
_MARGIN = 0.25

LONGEST_WAIT = LONGEST_RETRY_AFTER + 1.0
"""Seconds that Retry-After may ask for, a date's rounding included. What asks for more is not waited for longer."""


@dataclass
class _Spent:
    sent: deque[float] = field(default_factory=deque)
    limit: int = 0
    not_before: float = 0.0


class Pace:
    """A sliding window for each key, over the target's clock; not thread-safe, the client locks it.

    `per_minute` is None where nothing is limited.
    """

    def __init__(self, per_minute: int | None) -> None:
        self._per_minute = per_minute or sys.maxsize
        self._keys: dict[str, _Spent] = {}
        self.requests: Counter[str] = Counter()

    def wait_for(self, credential: Credential, now: float) -> float:
        """Seconds until the key may send; 0 if it may now."""
        spent = self._of(credential)
        while spent.sent and spent.sent[0] <= now - _WINDOW - _MARGIN:
            spent.sent.popleft()
        if len(spent.sent) < spent.limit:
            return max(0.0, spent.not_before - now)
        oldest = spent.sent[len(spent.sent) - spent.limit]
        return max(oldest + _WINDOW + _MARGIN, spent.not_before) - now

    def choose(self, pool: Sequence[Credential], now: float) -> tuple[Credential, float]:
        """The key of the pool that may send first, the least used where several may, and its wait in seconds."""
        waits = {credential: self.wait_for(credential, now) for credential in pool}
        chosen = min(pool, key=lambda credential: (waits[credential], len(self._of(credential).sent)))
        return chosen, waits[chosen]

    def sent(self, credential: Credential, now: float) -> None:
        """Count a request of the key."""
        self._of(credential).sent.append(now)
        self.requests[credential.shown] += 1

    def answered(self, credential: Credential, exchange: Exchange, retry_after: float | None) -> None:
        """Learn from an answer: a lower limit than described, or a refusal that says when to come back."""
        spent = self._of(credential)
        limit = exchange.headers.get("x-ratelimit-limit", "")
        if limit.isascii() and limit.isdigit() and 0 < int(limit[:9]) < self._per_minute:
            spent.limit = int(limit)
        if exchange.status == 429:
            spent.not_before = exchange.answered + min(1.0 if retry_after is None else retry_after, LONGEST_WAIT)

    def _of(self, credential: Credential) -> _Spent:
        return self._keys.setdefault(credential.secret, _Spent(limit=self._per_minute))
