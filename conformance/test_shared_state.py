"""TENANT-6 and TENANT-7: what two organizations are shown in turn, at the same time, and by a cache that both would share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import spec
from conformance.cases.concurrency import expect_own_cursors, volley
from conformance.cases.dataset import Dataset
from conformance.cases.interleaving import Party, take_turns
from conformance.cases.resource_ids import collection_of
from conformance.cases.resource_states import Known, in_each_state
from conformance.cases.tables import Cut, Effort, over
from conformance.cases.tenant_attacks import common_filters, one_of_each
from conformance.checks import expect, not_tested, requirement, sound
from conformance.oracles.ownership import Identity, identities
from conformance.target.client import Headers
from conformance.target.client import target as wire
from conformance.target.exchange import Exchange

LISTS = spec.LIST_OPERATIONS
# How many requests the organizations make in turn, and how many clients of each ask at the same time.
_TURNS = Cut(quick=4, paced=4, standard=30)
_TURNS_AT_DEPTH = 200
_AT_ONCE = 3
# The first request of a client opens its connection: only on open connections do requests arrive together.
_TIMES = 2
# What all of them ask for, one after another.
_ASKED = ("getMe", "listContacts", "listDrafts", "listLists", "listEvents")
_OPERATIONS_AT_ONCE = Cut(quick=2, paced=3, standard=len(_ASKED))
# A limit that no other check uses, so that no cache knows the address.
_SHARED_LIMIT = 11
_MISSING = (404, 410)


@requirement("TENANT-6")
def test_each_organization_is_told_its_own(dataset: Dataset, neighbour: Dataset) -> None:
    """While both organizations send requests, `/me` names a different organization to each."""
    first, second = dataset.organization(), neighbour.organization()
    answers = [asker.served("getMe") for asker in (dataset, neighbour)]
    expect(first != second, f"/me names {first} to both organizations", *answers)


@requirement("TENANT-6")
def test_organizations_take_turns(
    dataset: Dataset, neighbour: Dataset, theirs: frozenset[Identity], ours: frozenset[Identity], run_effort: Effort
) -> None:
    """Two organizations walk, filter and read in turn, with new and old cursors: each is shown only its own data."""
    turns = _TURNS.most(run_effort) or _TURNS_AT_DEPTH
    take_turns((Party(dataset, theirs), Party(neighbour, ours)), turns, run_effort.seed)


@requirement("TENANT-6")
def test_organizations_ask_at_the_same_time(
    dataset: Dataset, neighbour: Dataset, theirs: frozenset[Identity], ours: frozenset[Identity], run_effort: Effort
) -> None:
    """Clients of both organizations send the same requests at the same time: each is shown only its own data and cursors."""
    parties = (Party(dataset, theirs), Party(neighbour, ours))
    for party in parties:
        party.dataset.served("getMe")
    for operation in _ASKED[: _OPERATIONS_AT_ONCE.most(run_effort)]:
        answers = volley([partial(party.ask, operation) for party in parties * _AT_ONCE])
        if operation in LISTS:
            expect_own_cursors(dataset, operation, answers[::2], answers[1::2])
            expect_own_cursors(neighbour, operation, answers[1::2], answers[::2])


@requirement("TENANT-6")
@over(one_of_each, Cut(quick=0, paced=0, standard=4))
def test_organizations_ask_for_one_resource_at_the_same_time(
    case: Known, dataset: Dataset, neighbour: Dataset, theirs: frozenset[Identity], ours: frozenset[Identity]
) -> None:
    """While its owner reads a resource, clients of the other organization that ask for it are not shown it."""
    parties = (Party(dataset, theirs), Party(neighbour, ours))
    for party in parties:
        party.dataset.served("getMe")
    volley([partial(party.look_for, case.operation, case.id, _TIMES) for party in parties * _AT_ONCE])


def in_each_state_of_secondary(neighbour: Dataset) -> list[Known]:
    """A resource of each kind of the secondary organization in each of its states."""
    return in_each_state(neighbour)


@requirement("TENANT-7")
@over(("getMe", *LISTS), Cut(quick=1, paced=2, standard=5))
def test_no_answer_is_shared(case: str, dataset: Dataset, neighbour: Dataset) -> None:
    """One address shows two organizations different data, and the validator of one never gives the other a 304."""
    _shares_nothing(case, dataset, neighbour, _shared(case))


@requirement("TENANT-7")
@over(common_filters, Cut(quick=0, paced=1, standard=40))
def test_no_filtered_answer_is_shared(case: tuple[str, str, str], dataset: Dataset, neighbour: Dataset) -> None:
    """The address of a filtered list, for which both organizations have items, shows them different data too."""
    operation, name, value = case
    _shares_nothing(operation, dataset, neighbour, {name: value, "limit": _SHARED_LIMIT})


@requirement("TENANT-7")
@over(("getMe", *LISTS), Cut(quick=0, paced=0, standard=5))
def test_no_answer_is_shared_by_head(case: str, dataset: Dataset, neighbour: Dataset) -> None:
    """The validator that HEAD gives one organization never gives the other a 304, if it is the validator of GET."""
    path = wire(case, **_shared(case))
    owners = [asker.caller.send("GET", path, operation=case) for asker in (dataset, neighbour)]
    by_head = dataset.caller.send("HEAD", path, operation=case)
    validator = sound(owners[0]).headers.get("etag")
    if identities(owners[0].json, case) == identities(sound(owners[1]).json, case):
        not_tested(f"{path} shows both organizations the same")
    # Some frameworks compute the validator of HEAD from the empty body, which all organizations have.
    if not validator or by_head.headers.get("etag") != validator:
        return
    again = neighbour.caller.send("HEAD", path, headers=[("If-None-Match", validator)], operation=case)
    expect(again.status != 304, "another organization's validator answers 304", by_head, again)


@requirement("TENANT-7")
@over(in_each_state_of_secondary, Cut(quick=0, paced=0, standard=8))
def test_no_refusal_is_shared(case: Known, dataset: Dataset, neighbour: Dataset) -> None:
    """A resource is served to its owner even after another organization asked for it in vain."""
    owner, operation = neighbour.caller, case.operation
    neighbour.single(operation, case.id)
    in_vain = dataset.caller.get(operation, id=case.id)
    again = owner.get(operation, id=case.id)
    if in_vain.status not in _MISSING or again.status not in _MISSING:
        return
    # The resource may have been deleted in the meantime, so it counts only if its list still has it.
    listed = neighbour.anew().walk(collection_of(operation) or "listContacts").ids
    again = owner.get(operation, id=case.id)
    gone = case.id not in listed or again.status not in _MISSING
    expect(
        gone, f"{again.status} to the owner of {case.id}, after another organization was answered so", in_vain, again
    )


def _shared(operation: str) -> dict[str, Any]:
    return {"limit": _SHARED_LIMIT} if operation in LISTS else {}


def _shares_nothing(operation: str, dataset: Dataset, neighbour: Dataset, parameters: Mapping[str, Any]) -> None:
    path = wire(operation, **parameters)

    def ask(asker: Dataset, headers: Headers = ()) -> Exchange:
        return asker.caller.send("GET", path, headers=headers, operation=operation)

    first, second = sound(ask(dataset)), sound(ask(neighbour))
    shown = identities(first.json, operation)
    if not shown or not identities(second.json, operation):
        not_tested(f"{first.request.target} is empty for one of the organizations")
    message = f"{first.request.target} shows both organizations the same"
    expect(shown != identities(second.json, operation), message, first, second)
    validator = first.headers.get("etag")
    if validator:
        again = ask(neighbour, [("If-None-Match", validator)])
        expect(again.status != 304, "another organization's validator answers 304", first, again)
        expect(shown != identities(again.json, operation), message, first, again)
