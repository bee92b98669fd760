"""AUTH-1 to AUTH-3 for follow-up requests: a server may serve them to anybody, because it gave the cursor or id to somebody.

They use up no limit, but the cursors may have to be asked for.
"""

from __future__ import annotations

import pytest

from conformance.cases.dataset import Dataset
from conformance.cases.follow_ups import FOLLOW_UPS, follow_up
from conformance.cases.forged_keys import unknown
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
@over(FOLLOW_UPS, Cut(quick=0, paced=0, standard=len(FOLLOW_UPS)))
def test_a_follow_up_needs_a_key(case: str, key: str, dataset: Dataset, client: Client, target: Target) -> None:
    """A later page and an archived list, which a valid key has found, are refused without a valid key."""
    dataset.served(case)
    caller = _caller(key, client, target)
    headers = [("Authorization", unknown(known_opening(dataset, case).secret))] if key == _UNKNOWN else []
    refused(caller.send("GET", follow_up(dataset, case), headers=headers, operation=case), 401)


def _caller(key: str, client: Client, target: Target) -> Caller:
    return client.anonymous if key in (_NO_KEY, _UNKNOWN) else client.caller(f"keys.{key}", [getattr(target.keys, key)])
