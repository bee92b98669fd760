"""Requests for another organization's data: by id, as a filter's value, by cursor (TENANT-1 to TENANT-4)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import product
from urllib.parse import urlencode

import spec
from conformance.cases.conditions import CONDITIONS, condition
from conformance.cases.dataset import LARGEST, Dataset
from conformance.cases.disguises import with_a_letter_encoded
from conformance.cases.filters import needles, text_of, values_of, words_of
from conformance.cases.resource_states import Known, in_each_state, with_each_value, with_every_value
from conformance.cases.sampling import chooser
from conformance.checks import NotTested
from conformance.target.client import Caller, target
from conformance.target.exchange import Exchange

_CONDITIONAL = "GET, conditional"
# Ways to ask for an id. Each is tried with a foreign id and with one that does not exist: the answers must be the same.
SHAPES = ("GET", "HEAD", "GET, encoded", _CONDITIONAL)
_REPEATED = ("GET, an own id first", "GET, an own id last")
# Each conditional header alone, by each method.
CONDITIONAL_SHAPES = tuple(f"{method}, {name}" for method, name in product(("GET", "HEAD"), CONDITIONS))
# Ways to give a foreign id as a filter's value.
FILTER_SHAPES = ("alone", "own first", "own last", "with a comma", "behind a cursor of one's own")
# The filters whose values are ids, the list that has them, and the list that is asked.
_BY_ID = (("listContacts", "listId", "listLists"), ("listDrafts", "contactId", "listContacts"))
_WORDS = 3
_LONG_ENOUGH = 4
# How many values of a filter are tried at one address for both organizations.
_MOST_COMMON = 16


@dataclass(frozen=True)
class ById:
    """A foreign resource, and how it is asked for."""

    resource: Known
    shape: str

    @property
    def conditional(self) -> bool:
        """Whether the request has a validator or a date, which only the owner's answer tells."""
        return self.shape == _CONDITIONAL or self.shape in CONDITIONAL_SHAPES

    @property
    def plain(self) -> ById:
        """The same resource, asked for by a plain GET."""
        return replace(self, shape=SHAPES[0])

    def __str__(self) -> str:
        return f"{self.resource}, {self.shape}"


@dataclass(frozen=True)
class AsFilter:
    """A foreign id as a filter's value, with what is special about it, and how it is given; `beside` is another filter."""

    operation: str
    name: str
    value: str
    state: str
    shape: str
    beside: tuple[str, str] | None = None

    @property
    def plain(self) -> AsFilter:
        """The same value, alone."""
        return replace(self, shape=FILTER_SHAPES[0], beside=None)

    def __str__(self) -> str:
        return f"{self.operation}?{self.name} ({self.state}), {self.shape}"


@dataclass(frozen=True)
class Query:
    """A list under a filter, given once or repeated, whose value the other organization's items have.

    Or without a filter, with a letter of its path percent-encoded.
    """

    operation: str
    filters: tuple[tuple[str, str], ...]
    encoded: bool = False

    def path(self, limit: int = LARGEST) -> str:
        """The path with its query."""
        path = target(self.operation)
        path = with_a_letter_encoded(path) if self.encoded else path
        return f"{path}?{urlencode([*self.filters, ('limit', str(limit))])}"

    @property
    def plain(self) -> Query:
        """The same filter, given once."""
        return replace(self, filters=self.filters[:1], encoded=False)

    def __str__(self) -> str:
        return self.path()


def foreign_ids(neighbour: Dataset) -> list[ById]:
    """Resources of the other organization: each kind in each of its states, and one of each kind repeated by a parameter."""
    found = [ById(resource, shape) for resource, shape in product(in_each_state(neighbour), SHAPES)]
    return [*found, *(ById(resource, shape) for resource, shape in product(one_of_each(neighbour), _REPEATED))]


def plain_foreign_ids(dataset: Dataset) -> list[ById]:
    """A resource of each kind of an organization, asked for by a plain GET, and by HEAD."""
    return [ById(resource, shape) for resource, shape in product(one_of_each(dataset), SHAPES[:2])]


def one_of_each(dataset: Dataset) -> list[Known]:
    """A resource of each kind. Raises NotTested if no list is served."""
    return list({known.operation: known for known in in_each_state(dataset)}.values())


def foreign_ids_by_value(neighbour: Dataset) -> list[ById]:
    """Resources of the other organization, chosen by the values of all their members, asked for by a plain GET."""
    return [ById(resource, SHAPES[0]) for resource in with_every_value(neighbour)]


def foreign_ids_conditionally(neighbour: Dataset) -> list[ById]:
    """A resource of each kind of the other organization, asked for with each conditional header, by GET and HEAD."""
    return [ById(resource, shape) for resource, shape in product(one_of_each(neighbour), CONDITIONAL_SHAPES)]


def foreign_filters(neighbour: Dataset) -> list[AsFilter]:
    """Ids of the other organization in each of their states, as values of filters that show it something."""
    found: list[AsFilter] = []
    for operation, name, listing in _BY_ID:
        with suppress(NotTested):
            used = {value for item in neighbour.walk(operation).items for value in values_of(name, item)}
            having = [resource for resource in neighbour.walk(listing).items if resource["id"] in used]
            member = "archivedAt" if name == "listId" else "qualificationStatus"
            states = with_each_value(having, member, chooser(neighbour.seed))
            pairs = product(states.items(), FILTER_SHAPES)
            found += [AsFilter(operation, name, resource["id"], state, shape) for (state, resource), shape in pairs]
            found += _beside_others(neighbour, operation, name)
    return found


def foreign_queries(neighbour: Dataset) -> list[Query]:
    """Every list under every value of its filters that the other organization's items have, except ids; and encoded."""
    found = [Query(operation, (), encoded=True) for operation in spec.LIST_OPERATIONS]
    for operation in spec.LIST_OPERATIONS:
        for name in spec.contract().operations[operation].filters:
            with suppress(NotTested):
                given = [(name, value) for value in _values(neighbour, operation, name)]
                found += [Query(operation, filters) for pair in given for filters in ((pair,), (pair, pair))]
    return found


def common_filters(dataset: Dataset, neighbour: Dataset) -> list[tuple[str, str, str]]:
    """Each list and each filter that takes no id, with the values, if they are few, for which both organizations have items.

    Of event types, two at once are among the values.
    """
    found: list[tuple[str, str, str]] = []
    for operation in spec.LIST_OPERATIONS:
        for name in spec.contract().operations[operation].filters:
            if not name.endswith("Id"):
                with suppress(NotTested):
                    common = sorted(_having(dataset, operation, name) & _having(neighbour, operation, name))
                    values = common[: 1 if name == "q" else _MOST_COMMON]
                    values += [",".join(common[:2])] if name == "eventType" and len(common) > 1 else []
                    found += [(operation, name, value) for value in values]
    return found


def _having(dataset: Dataset, operation: str, name: str) -> set[str]:
    """Values of a filter for which an organization has items; for a search, words that are long enough for every server."""
    if name != "q":
        return set(_values(dataset, operation, name))
    words = {word for contact in dataset.walk(operation).items for word in needles(contact)}
    return {word for word in words if len(word) >= _LONG_ENOUGH}


def ask_by_id(caller: Caller, operation: str, id_: str, shape: str, own: str, owners: Exchange | None) -> Exchange:
    """Ask for an id in a shape. `own` is an id of the caller's, `owners` the answer that the id's owner got, if any."""
    path, headers = target(operation, id=id_), list[tuple[str, str]]()
    if shape == "GET, encoded":
        path = spec.contract().operations[operation].path.replace("{id}", "".join(f"%{ord(c):02X}" for c in id_))
    elif shape in _REPEATED:
        both = [("id", own), ("id", id_)]
        path = f"{path}?{urlencode(both if shape.endswith('first') else both[::-1])}"
    elif shape == _CONDITIONAL:
        headers = [condition("If-None-Match", owners), condition("If-Modified-Since", owners)]
    elif shape in CONDITIONAL_SHAPES:
        headers = [condition(shape.partition(", ")[2], owners)]
    return caller.send(shape.partition(",")[0], path, headers=headers, operation=operation)


def filtered_path(attack: AsFilter, value: str, own: str, cursor: str | None, limit: int) -> str:
    """The path of a list with a value in the attack's shape. `own` is a value, `cursor` a cursor of the caller's, if any.

    Raises NotTested if the shape needs a cursor and there is none.
    """
    behind = attack.shape == FILTER_SHAPES[-1]
    if behind and cursor is None:
        raise NotTested(f"{attack.operation} has no second page")
    pairs = {
        "own first": [(attack.name, own), (attack.name, value)],
        "own last": [(attack.name, value), (attack.name, own)],
        "with a comma": [(attack.name, f"{own},{value}")],
    }.get(attack.shape, [(attack.name, value)])
    pairs += [attack.beside] if attack.beside else []
    pairs += [("cursor", cursor or "")] if behind else []
    return f"{target(attack.operation)}?{urlencode([*pairs, ('limit', str(limit))], safe=',')}"


def _beside_others(neighbour: Dataset, operation: str, name: str) -> list[AsFilter]:
    """A foreign id together with each value of another filter, or a search, that lets through an item with that id."""
    having = [item for item in neighbour.walk(operation).items if values_of(name, item)]
    others = [other for other in spec.contract().operations[operation].filters if other not in (name, "q")]
    found = {(other, value): item for other in others for item in having for value in values_of(other, item)}
    if operation == "listContacts":
        found |= {("q", text_of(item, "email")): item for item in having[:1] if text_of(item, "email")}
    return [
        AsFilter(operation, name, values_of(name, item)[0], "any", f"with {other}={value}", beside=(other, value))
        for (other, value), item in found.items()
    ]


def _values(neighbour: Dataset, operation: str, name: str) -> list[str]:
    items = neighbour.walk(operation).items
    if name == "includeArchived":
        return ["1", "0"]
    if name == "q":
        words = [word for member in ("companyName", "lastName", "email") for word in words_of(items, member)[:1]]
        return words[:_WORDS]
    if name.endswith("Id"):
        return []
    return sorted({value for item in items for value in values_of(name, item)})
