"""The writes to try (OP-6): each method on each operation, with a key, without a right, and on resources in other states."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial

import spec
from conformance.cases.dataset import Dataset
from conformance.cases.forged_keys import unknown
from conformance.cases.resource_states import perhaps_without_dossier
from conformance.cases.sampling import answered
from conformance.checks import not_tested
from conformance.target.client import Caller, Headers
from conformance.target.exchange import Exchange
from spec.target import Target

MARK = "written-by-the-conformance-gate"
"""The value of every member that a write has."""

# The writes that a client would expect come first: create, change and delete a resource.
_METHODS = ("POST", "PATCH", "DELETE", "PUT")
_OPERATIONS = tuple(spec.contract().operations)
_ARCHIVED, _NO_DOSSIER, _NO_SCOPE = "of an archived list", "of a contact without a dossier", "by a key without a scope"
_ELSE = {
    "POST": (("listContacts", _NO_SCOPE), ("getContactResearch", _NO_DOSSIER)),
    "PATCH": (("getList", _ARCHIVED),),
    "DELETE": (("getDraft", _NO_SCOPE), ("getList", _ARCHIVED)),
}
_MEMBERS = (
    *("name", "firstName", "lastName", "email", "companyName"),
    *("title", "subject", "body", "description", "summary"),
)
_BODY = json.dumps(dict.fromkeys(_MEMBERS, MARK))
_PATCH = [("Content-Type", "application/merge-patch+json")]
# Every third operation gets what a method seldom has: no body, a patch's own type, or a body.
_TURN = 3

Write = tuple[str, str, str]
"""A method, an operation, and what is unusual about it; empty if nothing is."""

WRITES: tuple[Write, ...] = tuple(
    write
    for method in _METHODS
    for write in (
        *((method, operation, "") for operation in _OPERATIONS),
        *((method, *row) for row in _ELSE.get(method, ())),
    )
)


def read_before(write: Write, dataset: Dataset) -> Exchange:
    """The answer to a GET of what a write is tried on: 200, or 404 of a dossier. Raises NotTested if there is no such thing."""
    _, operation, kind = write
    if kind == _ARCHIVED:
        archived = [known["id"] for known in dataset.lists if known.get("archivedAt")]
        return dataset.single(operation, archived[0]) if archived else not_tested("no list is archived")
    if kind == _NO_DOSSIER:
        looked_at = (dataset.asked(operation, id=contact["id"]) for contact in perhaps_without_dossier(dataset))
        return next((answer for answer in looked_at if answer.status == 404), None) or not_tested("all have a dossier")
    return dataset.served(operation)


@dataclass(frozen=True)
class Writer:
    """Sends writes: those with a right by a key of `caller`."""

    caller: Caller
    target: Target

    def send(self, write: Write, path: str) -> list[Exchange]:
        """Write to a path, first without a right and then with all rights; or only by a key without a scope. Raises NotTested."""
        method, operation, kind = write
        body, headers = _content(method, operation)
        if kind == _NO_SCOPE:
            secret = self.target.keys.no_scope or not_tested("needs keys.no_scope")
            tried = [(self.caller.client.caller("keys.no_scope", [secret]), headers)]
        else:
            tried = [
                (self.caller.client.anonymous, [*headers, *self._without_right(operation)]),
                (self.caller, headers),
            ]

        def sender(caller: Caller, own: Headers) -> Exchange:
            return caller.send(method, path, operation=operation, body=body, headers=own)

        return [answered(partial(sender, *one), self.caller) for one in tried]

    def _without_right(self, operation: str) -> Headers:
        """Mostly no key at all; once for each method a dead key, and one that was never minted."""
        dead = self.target.keys.revoked or self.target.keys.expired
        keys = {"listDrafts": f"Bearer {dead}" if dead else "", "listEvents": unknown(self.caller.keys[0].secret)}
        return [("Authorization", key)] if (key := keys.get(operation)) else []


def _content(method: str, operation: str) -> tuple[str | None, Headers]:
    """The body of a write, and the header that names its type if it is not `application/json`."""
    unusual = _OPERATIONS.index(operation) % _TURN == 0
    if method == "PATCH":
        return _BODY, _PATCH if unusual else []
    return (_BODY if unusual == (method == "DELETE") else None), []
