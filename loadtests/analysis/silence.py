"""When a target stopped answering before a run was over, and which requests went unanswered before that."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from loadtests.analysis.ledger import Attempt, Ledger


def since(ledger: Ledger) -> float:
    """The earliest time at which the target may have stopped answering: when the last answered request was sent.

    Infinity if it never answered.

    A request that failed while that one was under way may have failed for the same reason as all that followed.
    """
    answers = ((answered, sent) for sent, answered, status in chain.from_iterable(map(ledger.times, ledger)) if status)
    return max(answers, default=(0.0, float("inf")))[1]


def unanswered(ledger: Ledger, until: float = float("inf")) -> Iterator[Attempt]:
    """The requests without an answer that were given up before a moment."""
    for key in ledger:
        for attempt in ledger.attempts(key):
            if not attempt.status and attempt.answered < until:
                yield attempt
