"""What is judged on every exchange of the whole run, after all other checks."""

from __future__ import annotations

import pytest

from conformance.client import Client
from conformance.oracles import ORACLES, Oracle
from conformance.schemas import fault_of
from conformance.story import NotJudged, NotTested, Violation, requirement


@pytest.mark.parametrize(
    "oracle",
    [pytest.param(o, id=o.requirement, marks=requirement(o.requirement, needs=(), whole_run=True)) for o in ORACLES],
)
def test_every_exchange(client: Client, oracle: Oracle) -> None:
    """Each answer of the run that is a case of the requirement keeps it, on a target that serves something at all."""
    exchanges = tuple(client.exchanges)
    if not any(fault_of(exchange) is None for exchange in exchanges):
        raise NotJudged("no answer of the whole run was what its operation's schema asks for")
    cases = [exchange for exchange in exchanges if oracle.applies(exchange)]
    if not cases:
        raise NotTested("no answer of the run was a case of it")
    broken = [(exchange, fault) for exchange in cases if (fault := oracle.fault(exchange))]
    if broken:
        exchange, fault = broken[0]
        raise Violation(f"{fault} ({len(broken)} of {len(cases)} answers)", exchange)
