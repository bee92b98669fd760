"""Ids to ask for: those that are known, and well-formed ones that do not exist."""

from __future__ import annotations

import string
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import spec
from conformance.cases.dataset import Dataset
from conformance.cases.sampling import chooser, stratified
from conformance.checks import NotJudged, NotTested
from conformance.oracles.usable import unusable
from conformance.target.exchange import Exchange

# Most forms of ids differ at their end: in a random part, or in the last digits of a number.
_CHANGED = 6
_TRIES = 50
_LOOKED_AT = 8
_BEYOND = (100_000, 900_000)
MALFORMED = (400, 422)
"""The statuses of an answer to a malformed id."""
READS = {"listId": "getList", "contactId": "getContact"}
"""The operation that reads what a filter names."""
_CLASSES = (string.digits, string.ascii_lowercase, string.ascii_uppercase)

MISSPELLINGS: Mapping[str, Callable[[str], str]] = {
    "without its end": lambda text: text[:-1],
    "with a character more": lambda text: f"{text}x",
    "with a wildcard for its end": lambda text: f"{text[:-1]}_",
}
"""Ways to change a text so that a careless comparison takes it for the original. Each is a function of the original."""


@dataclass(frozen=True)
class Opening:
    """A request that was served: its operation, its parameters, and the answer."""

    operation: str
    parameters: dict[str, Any]
    exchange: Exchange

    @property
    def secret(self) -> str:
        """The API key that was served."""
        credential = self.exchange.request.credential
        return credential.secret if credential else ""


def collection_of(operation: str) -> str | None:
    """The operation that lists what a single-resource operation reads; None for the others."""
    operations = spec.contract().operations
    path = operations[operation].path
    return next((o.id for o in operations.values() if o.is_list and path.startswith(f"{o.path}/")), None)


SINGLE = tuple(operation for operation in spec.contract().operations if collection_of(operation))
"""The operations that take an id."""


def known_opening(dataset: Dataset, operation: str) -> Opening:
    """An operation that was served: with the first resource of its list, or with another if the first is not served.

    A list may wrongly show foreign resources, which TENANT judges. Raises NotTested, and NotJudged if none is served.
    """
    try:
        return Opening(operation, dataset.parameters(operation), dataset.served(operation))
    except NotJudged:
        another = _another_served(dataset, operation)
        if another is None:
            raise
        return another


def opening(dataset: Dataset, operation: str, seed: int) -> Opening:
    """An operation that was served. If the organization has no such resource: its list was served, and the id does not exist.

    For checks of credentials and scopes, which a server looks at before it looks for the resource. Raises NotJudged.
    """
    try:
        return known_opening(dataset, operation)
    except NotJudged:
        raise
    except NotTested:
        listing = collection_of(operation)
        if listing is None:
            raise
        return Opening(operation, {"id": unknown_id(dataset, operation, seed)}, dataset.served(listing))


def _another_served(dataset: Dataset, operation: str) -> Opening | None:
    """A resource of the operation's list that is served by its id; None if none of the tried ones is served."""
    listing = collection_of(operation)
    for resource in stratified(dataset.walk(listing).items, _LOOKED_AT, dataset.seed) if listing else ():
        parameters = {"id": resource["id"]}
        answer = dataset.asked(operation, **parameters)
        if unusable(answer) is None:
            return Opening(operation, parameters, answer)
    return None


def unknown_id(dataset: Dataset, operation: str, seed: int, attempt: int = 0) -> str:
    """A well-formed id that does not exist: of the form of the known ids, or of the organization's id if none is known."""
    listing = collection_of(operation)
    known = dataset.walk(listing).ids if listing else []
    if not known:
        known = [dataset.organization()]
    return resembling(known[0], known, f"{seed} {operation} {attempt}")


def well_formed(dataset: Dataset, operation: str, made_up: str) -> str:
    """An id like a made-up one that the server takes for malformed, but with a last character by which it is well-formed.

    Ids may end in a check character, as those of ISO 7064. It is the made-up id itself if no such character is found.
    """

    def searched() -> str:
        listing = collection_of(operation)
        known = set(dataset.walk(listing).ids if listing else ())
        ends = "".join(group for group in _CLASSES if any(id_[-1] in group for id_ in (*known, made_up)))
        others = (made_up[:-1] + end for end in ends)
        tried = (id_ for id_ in others if id_ not in known and id_ != made_up)
        return next((id_ for id_ in tried if dataset.asked(operation, id=id_).status == 404), made_up)

    return dataset.once(f"well-formed {made_up} for {operation}", searched)


def resembling(text: str, known: Collection[str], seed: str) -> str:
    """An id of the same form that is not among the known ones.

    A number becomes one far above the known ones. In other ids the last characters are replaced by characters of the same class
    that known ids end in, so that hexadecimal and base-32 ids keep their form.
    """
    choose = chooser(seed)
    taken = {*known, text}
    head, number = _parted(text)
    numbers = [other for prefix, other in map(_parted, taken) if prefix == head]
    if all(number.isdecimal() and number.isascii() for number in numbers):
        beyond = max(map(int, numbers)) + choose.randrange(*_BEYOND)
        return f"{head}{beyond:0{len(number)}}"
    used = {character for other in taken for character in _parted(other)[1][-_CHANGED:]}
    for _ in range(_TRIES):
        made = head + number[:-_CHANGED] + "".join(_another(c, used, choose) for c in number[-_CHANGED:])
        if made not in taken:
            return made
    return text + text[-1:] * _CHANGED


@cache
def _parted(id_: str) -> tuple[str, str]:
    """An id in two parts: its prefix up to the last separator, and the rest."""
    end = len(id_)
    while end and not (id_[end - 1].isascii() and id_[end - 1].isalnum()):
        end -= 1  # padding, as of base64
    start = max((place + 1 for place in range(end) if not id_[place].isalnum()), default=0)
    return id_[:start], id_[start:]


def _another(character: str, used: Collection[str], choose: Random) -> str:
    alphabet = next((group for group in _CLASSES if character in group), character)
    return choose.choice(sorted(set(used) & set(alphabet)))
