"""Helpers to try a check on the data that the target has, and on the answers that the run has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import TypeVar

import spec
from conformance.checks import NotJudged, NotTested, Violation, record_tried
from conformance.oracles.usable import unusable
from conformance.target.client import Caller, Client, NoAnswer
from conformance.target.exchange import Exchange
from spec.target import Target

# How often a request must stay unanswered, while others are answered, before it counts as the target's fault.
_SILENCES = 3

T = TypeVar("T")


def chooser(seed: int | str) -> Random:
    """A random source for choices that the seed repeats. Nothing secret comes from it."""
    return Random(seed)  # noqa: S311 - see above


def stratified(things: Sequence[T], most: int, seed: int | str) -> list[T]:
    """At most `most` items of a sequence: one from each of `most` equal parts, drawn with the run's seed.

    Items at equal distances could all be of one kind, if the data was made in a repeating pattern.
    """
    if len(things) <= most:
        return list(things)
    choose = chooser(seed)
    borders = [len(things) * part // most for part in range(most + 1)]
    return [things[choose.randrange(first, end)] for first, end in pairwise(borders)]


def each(things: Iterable[T], check: Callable[[T], object]) -> None:
    """Run a check on every item that it can be tried on.

        An item that lacks something is left out. Raises NotTested if no item could be tried, NotJudged if a needed answer was not
    served, and everything that the check raises.
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
    """The exchanges of the run so far that a check applies to, those with the least odd requests first.

    Raises NotJudged if the run got no usable answer except empty pages, and NotTested if there is no case.
    """
    exchanges = tuple(client.exchanges)
    if not any(unusable(exchange) is None and exchange.json.get("data") != [] for exchange in exchanges):
        raise NotJudged("the whole run got no usable answer except empty pages")
    found = [exchange for exchange in exchanges if applies(exchange)]
    if not found:
        raise NotTested("no answer of the run was a case of it")
    return sorted(found, key=lambda exchange: exchange.request.oddness)


def none_has(fault: Callable[[Exchange], str | None], answers: Sequence[Exchange]) -> None:
    """Expect no answer to have a fault. Raises Violation, in which each operation that has one is a case of its own."""
    record_tried(1, 1, map(_operation, answers))
    broken = [(answer, told) for answer in answers if (told := fault(answer))]
    if broken:
        first, told = broken[0]
        violation = Violation(f"{told} ({len(broken)} of {len(answers)} answers)", first)
        violation.cases = {_operation(answer): told for answer, told in reversed(broken)}
        raise violation


def _operation(answer: Exchange) -> str:
    return answer.request.operation or "no operation"


def answered(ask: Callable[[], Exchange], caller: Caller) -> Exchange:
    """The answer to a request. Raises a Violation if it gets no answer, though the target still answers other requests.

    Raises NoAnswer if the target answers no request any more.
    """
    silence: NoAnswer | None = None
    for _ in range(_SILENCES):
        try:
            return ask()
        except NoAnswer as reason:
            # The server may just have closed the connection of the first try; this request opens a new one.
            silence = reason
            caller.get("getMe")
    raise Violation(f"{silence}, while the target answers others", *(silence.exchanges if silence else ()))


def with_its_key(caller: Caller, exchange: Exchange) -> Caller:
    """The caller with the key that an exchange was made with: `/me` differs from key to key."""
    key = exchange.request.credential
    return replace(caller, keys=(key,)) if key else caller


def relieved(primary: Caller, target: Target, operation: str) -> Caller:
    """The primary keys, and the single-scope key of the operation if there is one: one more key to share the load."""
    scope = spec.contract().operations[operation].scope
    secret = target.keys.single_scope.get(scope) if scope else None
    further = primary.client.caller(f"keys.single_scope.{scope}", [secret] if secret else [])
    return replace(primary, keys=(*primary.keys, *further.keys))
