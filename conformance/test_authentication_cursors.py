"""AUTH-1 to AUTH-3 for requests that only a served caller finds: behind a real cursor, and for an archived list.

A server may take them for the caller's it gave them to. They use up no limit, but the cursors may have to be asked for.
"""

from __future__ import annotations

import pytest

from conformance.cases.dataset import Dataset
from conformance.cases.forged_keys import unknown
from conformance.cases.found_requests import FOUND, found
from conformance.cases.resource_ids import known_opening
from conformance.cases.tables import Cut, over
from conformance.checks import refused, requirement
from conformance.target.client import Caller, Client
from spec.target import Target

_NO_KEY, _UNKNOWN = "no key", "unknown"
_CALLERS = [
    pytest.param(_NO_KEY, marks=requirement("AUTH-1")),
    pytest.param(_UNKNOWN, marks=requirement("AUTH-2")),
    *(pytest.param(state, marks=requirement("AUTH-3", needs=(f"keys.{state}",))) for state in ("revoked", "expired")),
]


@pytest.mark.parametrize("key", _CALLERS)
@over(FOUND, Cut(quick=0, paced=0, standard=len(FOUND)))
def test_what_was_found_stands_for_no_key(
    case: str, key: str, dataset: Dataset, client: Client, target: Target
) -> None:
    """Nobody is served without a valid key: not behind a cursor that a valid one was given, and no archived list."""
    dataset.served(case)
    caller = _caller(key, client, target)
    headers = [("Authorization", unknown(known_opening(dataset, case).secret))] if key == _UNKNOWN else []
    refused(caller.send("GET", found(dataset, case), headers=headers, operation=case), 401)


def _caller(key: str, client: Client, target: Target) -> Caller:
    return client.anonymous if key in (_NO_KEY, _UNKNOWN) else client.caller(f"keys.{key}", [getattr(target.keys, key)])
