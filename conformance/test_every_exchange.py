"""The requirements that are judged on every exchange of the whole run, after all other checks."""

from __future__ import annotations

import pytest

from conformance.cases.sampling import cases, none_has
from conformance.checks import requirement
from conformance.oracles.exchanges import ORACLES, Oracle
from conformance.target.client import Client


@pytest.mark.parametrize(
    "oracle",
    [pytest.param(o, id=o.requirement, marks=requirement(o.requirement, needs=(), whole_run=True)) for o in ORACLES],
)
def test_every_exchange(client: Client, oracle: Oracle) -> None:
    """Every answer of the run that the requirement applies to keeps it. The target must have served something."""
    none_has(oracle.fault, cases(client, oracle.applies))
