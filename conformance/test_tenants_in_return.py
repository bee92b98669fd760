"""TENANT-2 to 5 with a key of the secondary organization: it is shown nothing of the primary one. In plain forms alone."""

from __future__ import annotations

from itertools import product

import pytest

import spec
from conformance.cases.altered_cursors import spoiled
from conformance.cases.dataset import Dataset
from conformance.cases.follow_ups import follow_up, real_cursor
from conformance.cases.tables import Cut, over
from conformance.cases.tenant_answers import as_unknown, expect_same_as_unknown_id, goal_of
from conformance.cases.tenant_attacks import AsFilter, ById, foreign_filters, plain_foreign_ids
from conformance.cases.tenant_escapes import Theirs, Trick, show_nothing, tricks_in_return
from conformance.checks import requirement
from conformance.oracles.ownership import Identity, private
from conformance.target.client import target

_ALTERED = "its own cursor, altered"
_CURSORS = (*product(spec.LIST_OPERATIONS, ("a foreign cursor",)), ("listContacts", _ALTERED))


@requirement("TENANT-2")
@over(plain_foreign_ids, Cut(quick=0, paced=0, standard=8))
def test_an_id_of_the_primary_is_as_good_as_none(
    case: ById, dataset: Dataset, neighbour: Dataset, ours: frozenset[Identity], seed: int
) -> None:
    """An id of the primary organization is answered to the secondary one exactly as an id that does not exist."""
    expect_same_as_unknown_id(case, neighbour, dataset, ours, neighbour.caller, seed)


def plain_filters(dataset: Dataset) -> list[AsFilter]:
    """An id of each kind that filters take, alone."""
    return list({case.name: case.plain for case in foreign_filters(dataset)}.values())


@requirement("TENANT-3")
@over(plain_filters, Cut(quick=0, paced=0, standard=2))
def test_an_id_of_the_primary_as_a_filter(
    case: AsFilter, dataset: Dataset, neighbour: Dataset, ours: frozenset[Identity]
) -> None:
    """As a filter's value, an id of the primary organization is answered to the secondary one as an unknown id is."""
    as_unknown(case, neighbour, dataset, ours, neighbour.caller)


@requirement("TENANT-4")
@over(_CURSORS, Cut(quick=0, paced=0, standard=len(_CURSORS)))
def test_a_cursor_of_the_primary(
    case: tuple[str, str], dataset: Dataset, neighbour: Dataset, ours: frozenset[Identity], seed: int
) -> None:
    """A cursor of the primary organization, and an altered one of its own, show the secondary nothing of the primary."""
    operation, cursor = case
    neighbour.served(operation)
    path = follow_up(dataset, operation)
    if cursor == _ALTERED:
        path = target(operation, cursor=spoiled(real_cursor(neighbour, operation), "altered", seed))
    private(neighbour.caller.send("GET", path, operation=operation), ours)


@pytest.fixture(scope="module")
def goal(dataset: Dataset, neighbour: Dataset) -> Theirs:
    """The data of the primary organization that the tricks ask for."""
    return goal_of(dataset, neighbour)


def tricks_on_the_primary(neighbour: Dataset, goal: Theirs) -> list[Trick]:
    """One trick of each kind, which names the primary organization or its resources."""
    return tricks_in_return(goal, neighbour.one("listContacts")["id"], neighbour.one("listLists")["id"])


@requirement("TENANT-5")
@over(tricks_on_the_primary, Cut(quick=0, paced=0, standard=5))
def test_no_trick_moves_a_key_to_the_primary(case: Trick, neighbour: Dataset, ours: frozenset[Identity]) -> None:
    """Parameters, headers, paths and repetitions that name the primary organization show the secondary nothing of it."""
    show_nothing(case, neighbour, ours)
