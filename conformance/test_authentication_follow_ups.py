"""AUTH-1 to AUTH-3 and AUTH-6 for follow-up requests: a server may serve them to anybody, or tell anybody of what they ask for,
because it gave the cursor or id to somebody.

They use up no limit, but the cursors and ids may have to be asked for.
"""

from __future__ import annotations

import pytest

from conformance.cases.dataset import Dataset
from conformance.cases.follow_ups import FOLLOW_UPS, follow_up
from conformance.cases.forged_keys import unknown
from conformance.cases.resource_ids import known_opening, unknown_id
from conformance.cases.resource_states import Known, in_each_state
from conformance.cases.tables import Cut, over
from conformance.checks import expect, refused, requirement
from conformance.oracles.problems import same_answer, same_fields
from conformance.target.client import Caller, Client
from spec.target import Target

# The most states of resources that are asked for.
_STATES = 20
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


@requirement("AUTH-6")
@over(in_each_state, Cut(quick=0, paced=0, standard=_STATES))
def test_a_refusal_tells_no_state(case: Known, dataset: Dataset, client: Client, seed: int) -> None:
    """Without a key, a resource gets the same answer as an id that does not exist, whatever its state is."""
    ids = case.id, unknown_id(dataset, case.operation, seed)
    existing, missing = (client.anonymous.get(case.operation, id=id_) for id_ in ids)
    refused(existing, 401)
    difference = same_answer(existing, missing, ids) or same_fields(existing, missing, ids)
    expect(not difference, f"an id that exists and one that does not: {difference}", existing, missing)


def _caller(key: str, client: Client, target: Target) -> Caller:
    return client.anonymous if key in (_NO_KEY, _UNKNOWN) else client.caller(f"keys.{key}", [getattr(target.keys, key)])
