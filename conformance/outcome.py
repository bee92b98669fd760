"""How a check may end, and what exit code follows for a run: the words that all rooms of the gate share."""

from __future__ import annotations

from typing import Literal

Outcome = Literal["passed", "failed", "not-tested", "not-judged"]
"""`not-tested`: something that the requirement needs is missing; `not-judged`: the target did not let the check begin."""

EXIT_CONFORMANT = 0
EXIT_BROKEN = 1
EXIT_NOT_JUDGED = 3
EXIT_USAGE = 4


class NotTested(Exception):
    """Something that the check needs is missing: a key, a second organization, enough data."""

    outcome: Outcome = "not-tested"
