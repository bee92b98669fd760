"""The kinds of resources and the states that each can be in: what a check of single resources is tried on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from random import Random

from conformance.cases.dataset import Dataset, Resource
from conformance.cases.sampling import chooser, stratified
from conformance.checks import NotJudged, NotTested

# The operation that reads one, the list that has them, and the member whose value is the state.
_KINDS = (
    ("getContact", "listContacts", "qualificationStatus"),
    ("getList", "listLists", "archivedAt"),
    ("getDraft", "listDrafts", "status"),
)
# A member with more values is only asked for its empty ones.
_MOST_VALUES = 8
_TOLD = 40
# Contacts that are asked for a dossier where one without is wanted.
_WITHOUT_DOSSIER = 8


@dataclass(frozen=True)
class Known:
    """A resource that an organization has: the operation that reads it, its id, and its state."""

    operation: str
    id: str
    state: str

    def __str__(self) -> str:
        return f"{self.operation} ({self.state})"


def in_each_state(dataset: Dataset) -> list[Known]:
    """A resource of each kind in each state that the organization has, the first and the last of each list among them.

    Lists that are not served are left out: other checks judge that. Raises NotTested if no list is served.
    """
    found: list[Known] = []
    for kind in _KINDS:
        with suppress(NotTested):
            found += _of_kind(dataset, *kind)
    with suppress(NotTested):
        found.append(Known("getContactResearch", dataset.researched(), "researched"))
    if not found:
        raise NotJudged(f"no list of the {dataset.name} organization shows a resource")
    return found


def with_every_value(dataset: Dataset) -> list[Known]:
    """For each member, documented or not, a resource with each of its values if they are few, and with each that is empty.

    Lists that are not served are left out: other checks judge that.
    """
    found: list[Known] = []
    for operation, listing, _ in _KINDS:
        with suppress(NotTested):
            resources, choose = dataset.walk(listing).items, chooser(f"{dataset.seed} {operation} values")
            for member in sorted({name for resource in resources for name in resource} - {"id"}):
                chosen = _with_few_values(resources, member, choose)
                found += [Known(operation, one["id"], f"{member} {value[:_TOLD]}") for value, one in chosen.items()]
    return list({(known.operation, known.id): known for known in found}.values())


def in_each_state_with_nulls(operation: str, resources: list[Resource]) -> list[Known]:
    """For each state, the resource with the most nulls: there a list and a single reading are most likely to differ."""
    member = next(member for known, _, member in _KINDS if known == operation)
    found: dict[str, Resource] = {}
    for resource in resources:
        best = found.setdefault(_state(member, resource), resource)
        if _nulls(resource) > _nulls(best):
            found[_state(member, resource)] = resource
    return [Known(operation, resource["id"], state) for state, resource in found.items()]


def perhaps_without_dossier(dataset: Dataset, further: int = 0) -> list[Resource]:
    """Some contacts, and then some further ones, without the one that is known to have a dossier."""
    found = stratified(dataset.contacts, _WITHOUT_DOSSIER, dataset.seed + 1)
    found += stratified(dataset.contacts, further, dataset.seed + 2) if further else []
    by_id = {contact["id"]: contact for contact in found}
    return [contact for id_, contact in by_id.items() if id_ != dataset.researched()]


def with_each_value(resources: list[Resource], member: str, choose: Random) -> dict[str, Resource]:
    """A resource for each value of a member, drawn at random. Of times and objects, only null and not null are told apart."""
    return _of_each(resources, partial(_state, member), choose)


def _of_each(resources: list[Resource], kind: Callable[[Resource], str], choose: Random) -> dict[str, Resource]:
    by_kind: dict[str, list[Resource]] = {}
    for resource in resources:
        by_kind.setdefault(kind(resource), []).append(resource)
    return {kind: choose.choice(having) for kind, having in sorted(by_kind.items())}


def _with_few_values(resources: list[Resource], member: str, choose: Random) -> dict[str, Resource]:
    states = with_each_value(resources, member, choose)
    empty = [resource for resource in resources if not resource.get(member)]
    return states if len(states) <= _MOST_VALUES else with_each_value(empty, member, choose)


def _nulls(resource: Resource) -> int:
    return sum(value is None for value in resource.values())


def _of_kind(dataset: Dataset, operation: str, listing: str, member: str) -> list[Known]:
    resources = dataset.walk(listing).items
    choose = chooser(f"{dataset.seed} {operation}")
    states = with_each_value(resources, member, choose)
    ends = {"first of its list": resources[0], "last of its list": resources[-1]} if len(resources) > 1 else {}
    return [Known(operation, resource["id"], state) for state, resource in {**states, **ends}.items()]


def _state(member: str, resource: Resource) -> str:
    value = resource.get(member)
    if member.endswith("At"):
        return member.removesuffix("At") if value else f"not {member.removesuffix('At')}"
    return str(value)
