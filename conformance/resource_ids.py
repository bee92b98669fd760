"""Ids to ask for: those that are known, and well-formed ones that nobody has."""

from __future__ import annotations

import random
import string
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import spec
from conformance.estate import Estate
from conformance.exchange import Exchange
from conformance.story import NotJudged, NotTested

# The end of an id is where most forms keep what tells two apart: a random part, or the last digits of a number.
_CHANGED = 6
_TRIES = 50
_CLASSES = (string.digits, string.ascii_lowercase, string.ascii_uppercase)


@dataclass(frozen=True)
class Opening:
    """How an operation can be asked, once it was seen to work: parameters, and the answer that shows it."""

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


def opening(estate: Estate, operation: str, seed: int) -> Opening:
    """An operation that was served; where the organization has no such resource, its list served and an id nobody has.

    For checks of what comes before the look for the resource: credentials and scopes. Raises NotJudged.
    """
    try:
        return Opening(operation, estate.parameters(operation), estate.served(operation))
    except NotJudged:
        raise
    except NotTested:
        listing = collection_of(operation)
        if listing is None:
            raise
        return Opening(operation, {"id": unknown_id(estate, operation, seed)}, estate.served(listing))


def unknown_id(estate: Estate, operation: str, seed: int, attempt: int = 0) -> str:
    """A well-formed id that no resource of an operation has, of the form of the known ones, or of the organization's own."""
    listing = collection_of(operation)
    known = estate.walk(listing).ids if listing else []
    if not known:
        known = [estate.served("getMe").json["organization"]["id"]]
    return resembling(known[0], known, f"{seed} {operation} {attempt}")


def resembling(text: str, known: Collection[str], seed: str, changed: int = _CHANGED) -> str:
    """A text of the same form that is none of the known ones: other characters of the same classes at its end.

    Only characters that stand at the end of known texts are taken, so that hexadecimal and base-32 forms stay what they are.
    """
    choose = random.Random(seed)  # noqa: S311 — nothing to keep secret
    taken = {*known, text}
    used = {other[place] for other in taken for place in _end(other, changed)}
    for _ in range(_TRIES):
        characters = list(text)
        for place in _end(text, changed):
            alphabet = next(group for group in _CLASSES if characters[place] in group)
            characters[place] = choose.choice(sorted(used & set(alphabet)))
        made = "".join(characters)
        if made not in taken:
            return made
    return text + text[-1:] * changed


def _end(text: str, changed: int) -> list[int]:
    places = [place for place, character in enumerate(text) if character.isascii() and character.isalnum()]
    return places[-changed:]
