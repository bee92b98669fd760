"""How thorough a run is (`--depth`)."""

from __future__ import annotations

from math import ceil
from typing import Literal

import spec

Depth = Literal["quick", "standard", "deep"]
"""How many cases a check tries.

`quick` keeps all checks together within `QUICK_REQUESTS`; `standard` tries as many as fit into the time that the checks
of the rate limit take anyway, or about `STANDARD_REQUESTS` if nothing is limited or the target has a test clock; `deep`
tries every combination. A request that uses up no key's limit is free, and is sent at every depth.
"""

QUICK_REQUESTS = 350
PACED_REQUESTS = 450
"""The most at depth standard if the run waits for the target's limit in real time."""
STANDARD_REQUESTS = 2100
FUZZ = 3
"""The schema-driven cases for each operation, unless `--fuzz` says otherwise; those numbers include them."""


def valid_cases(operation: spec.Operation, fuzz: int) -> int:
    """How many valid schema-driven cases an operation is tried on; it needs fewer if it has no parameter but an id."""
    return fuzz if operation.is_list else ceil(fuzz / 2)


def invalid_cases(fuzz: int) -> int:
    """How many invalid schema-driven cases a list operation is tried on."""
    return ceil(fuzz / 3)


def schema_driven(fuzz: int) -> int:
    """The most requests of the schema-driven cases of all operations."""
    operations = spec.contract().operations.values()
    lists = sum(operation.is_list for operation in operations)
    return sum(valid_cases(operation, fuzz) for operation in operations) + lists * invalid_cases(fuzz)
