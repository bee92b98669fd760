"""The outcomes of a check and the exit codes of a run, which all packages of the gate share."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal, NoReturn

from spec import surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.target.exchange import Exchange

Outcome = Literal["passed", "failed", "not-tested", "not-judged"]
"""`not-tested`: something that the requirement needs is missing; `not-judged`: the target did not let the check begin."""

EXIT_CONFORMANT = 0
EXIT_BROKEN = 1
EXIT_NOT_JUDGED, EXIT_USAGE = surroundings.UNTOLD, surroundings.USAGE


class NotTested(Exception):
    """Something that the check needs is missing: a key, a second organization, enough data."""

    outcome: Outcome = "not-tested"


class Violation(AssertionError):
    """The requirement is broken; the exchanges show it. `cases` are the cases of a table that do, each with its own message.

    `follows` says that it only repeats what breaks another requirement, which the message names.
    """

    def __init__(self, message: str, *exchanges: Exchange, follows: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.exchanges = exchanges
        self.cases: Mapping[str, str] = {}
        self.follows = follows

    @property
    def weight(self) -> tuple[bool, int]:
        """Its place among the violations of a requirement."""
        return weight(self.exchanges, follows=self.follows)


class NotJudged(NotTested):
    """The target did not serve the answer that the check starts from, so the requirement cannot be judged."""

    outcome: Outcome = "not-judged"

    def __init__(self, message: str, *exchanges: Exchange) -> None:
        super().__init__(message)
        self.exchanges = exchanges


def weight(exchanges: Sequence[Exchange], *, follows: bool) -> tuple[bool, int]:
    """Sorts what is broken by what it tells: first what follows from nothing else, and of that the least odd requests."""
    return follows, max((exchange.request.oddness for exchange in exchanges), default=sys.maxsize)


def expect(condition: object, message: str, *exchanges: Exchange) -> None:
    """Raise Violation with the message and its evidence unless the condition holds."""
    if not condition:
        raise Violation(message, *exchanges)


def not_tested(reason: str) -> NoReturn:
    """End the check as not tested, for the reason given."""
    raise NotTested(reason)
