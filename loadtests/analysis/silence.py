"""When a target stopped answering before a run was over, and which requests went unanswered before that."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from loadtests.analysis.ledger import Attempt, Ledger


def since(ledger: Ledger) -> float:
    """When the last answered request was sent; infinity if none was answered.

    The target may have stopped answering from that time on: a request that failed while the last answer was under way may have
    failed for the same reason as all later ones.
    """
    answers = ((answered, sent) for sent, answered, status in chain.from_iterable(map(ledger.times, ledger)) if status)
    return max(answers, default=(0.0, float("inf")))[1]


def unanswered(ledger: Ledger, until: float = float("inf")) -> Iterator[Attempt]:
    """The requests without an answer that were given up before a moment."""
    for key in ledger:
        for attempt in ledger.attempts(key):
            if not attempt.status and attempt.answered < until:
                yield attempt
