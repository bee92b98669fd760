"""The vocabulary of checks: the requirement, what it needs, what is expected, what could not be tried.

A check has four steps: the legitimate request, the proof that it worked, the attack, the state afterwards. The first two are
`served`: before a check asserts that something is refused, it has seen the unaltered request answered usably. So a server that
gives the same answer to every request passes no check. Only OP-1 judges whether an answer obeys its schema.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

import spec
from conformance.oracles.usable import items as items
from conformance.oracles.usable import unusable
from conformance.outcome import NotJudged as NotJudged
from conformance.outcome import NotTested as NotTested
from conformance.outcome import Violation as Violation
from conformance.outcome import expect as expect
from conformance.outcome import not_tested as not_tested
from conformance.target.client import Caller
from conformance.target.exchange import JSON as JSON
from conformance.target.exchange import PROBLEM as PROBLEM
from conformance.target.exchange import Exchange

_tried: list[tuple[int, int, frozenset[str]]] = []


def requirement(id_: str, *, needs: tuple[str, ...] | None = None, whole_run: bool = False) -> pytest.MarkDecorator:
    """Mark a check with the requirement it judges.

    `needs` replaces the needs of the ledger of requirements if a check needs less than the whole requirement. `whole_run` runs
    the check after all others, because it judges every exchange of the run.
    """
    known = {row.id: row for row in spec.requirements()}[id_]
    return pytest.mark.requirement(id_, needs=known.needs if needs is None else needs, whole_run=whole_run)


def record_tried(cases: int, of: int, names: Iterable[str] = ()) -> None:
    """Count the cases that the check under way has tried, and how many its table holds at full depth.

    `names` are those of the tried cases, as far as they have some.
    """
    _tried.append((cases, of, frozenset(names)))


def tried_cases() -> frozenset[str]:
    """The known names of the cases that were tried since the last `take_tried`."""
    return frozenset().union(*(names for _, _, names in _tried))


def take_tried() -> tuple[int, int] | None:
    """How many cases were tried since the last call, and of how many; None if no check counted any."""
    counted = list(_tried)
    _tried.clear()
    return (sum(tried for tried, _, _ in counted), sum(of for _, of, _ in counted)) if counted else None


def served(caller: Caller, operation: str, **parameters: Any) -> Exchange:
    """Ask an operation, and return its usable answer. Raises NotJudged if the answer is not usable."""
    return sound(caller.get(operation, **parameters))


def sound(exchange: Exchange) -> Exchange:
    """The exchange, if it is usable: a 200 with a page or a resource in JSON. Raises NotJudged otherwise."""
    fault = unusable(exchange)
    if fault:
        raise NotJudged(f"{exchange.line()}: {fault}", exchange)
    return exchange


def refused(exchange: Exchange, *statuses: int) -> Exchange:
    """Expect one of the statuses. Raises Violation."""
    wanted = " or ".join(map(str, statuses))
    expect(exchange.status in statuses, f"{exchange.line()}, expected {wanted}", exchange)
    return exchange
