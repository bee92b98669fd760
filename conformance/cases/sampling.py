"""Tries a check on what there is: a target may lack some resources, and a run may lack some answers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

import spec
from conformance.checks import NotJudged, NotTested, Violation
from conformance.oracles.usable import unusable
from conformance.target.client import Caller, Client, NoAnswer
from conformance.target.exchange import Exchange
from spec.target import Target

# So many times a request goes unanswered, while others are answered, before that is the target's doing.
_SILENCES = 3

T = TypeVar("T")


def stratified(things: Sequence[T], most: int, seed: int | str) -> list[T]:
    """At most `most` things from all over a sequence: one from each of `most` parts, drawn with the run's seed.

    Equal steps would meet data that is made in equal steps, and see one kind of it alone.
    """
    if len(things) <= most:
        return list(things)
    choose = random.Random(seed)  # noqa: S311 — nothing to keep secret
    borders = [len(things) * part // most for part in range(most + 1)]
    return [things[choose.randrange(first, end)] for first, end in pairwise(borders)]


def each(things: Iterable[T], check: Callable[[T], object]) -> None:
    """Run a check on everything that it can be tried on.

        What is missing for one thing does not void the others. Raises NotTested where nothing could be tried, NotJudged where
    something was not served that had to be, and everything that the check raises.
    """
    tried = 0
    missing: NotTested | None = None
    for thing in things:
        try:
            check(thing)
            tried += 1
        except NotTested as reason:
            if missing is None or (isinstance(reason, NotJudged) and not isinstance(missing, NotJudged)):
                missing = reason
    if isinstance(missing, NotJudged) or not tried:
        raise missing or NotTested("there was nothing to try it on")


def cases(client: Client, applies: Callable[[Exchange], bool]) -> list[Exchange]:
    """The exchanges of the run so far that are a case of something.

    Raises NotJudged if not one answer of the run was usable, empty pages apart, NotTested if there is no case.
    """
    exchanges = tuple(client.exchanges)
    if not any(unusable(exchange) is None and exchange.json.get("data") != [] for exchange in exchanges):
        raise NotJudged("the whole run saw no usable answer but empty pages")
    found = [exchange for exchange in exchanges if applies(exchange)]
    if not found:
        raise NotTested("no answer of the run was a case of it")
    return found


def answered(ask: Callable[[], Exchange], caller: Caller) -> Exchange:
    """The answer to a request that has to have one: silence where the target still answers others is a Violation.

    Raises NoAnswer where the target is gone.
    """
    silence: NoAnswer | None = None
    for _ in range(_SILENCES):
        try:
            return ask()
        except NoAnswer as reason:
            # It may have met a connection that the server was just closing, which this one does not.
            silence = reason
            caller.get("getMe")
    raise Violation(f"{silence}, while the target answers others")


def relieved(primary: Caller, target: Target, operation: str) -> Caller:
    """The primary keys, and the one that holds the operation's scope alone: one more to share the load, where there is one."""
    scope = spec.contract().operations[operation].scope
    secret = target.keys.single_scope.get(scope) if scope else None
    further = primary.client.caller(f"keys.single_scope.{scope}", [secret] if secret else [])
    return replace(primary, keys=(*primary.keys, *further.keys))
