"""The organization whose data an answer shows, found by the ids in the whole lists of both organizations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import spec
from conformance.oracles.usable import as_id
from conformance.outcome import NotTested, Violation, expect, not_tested
from conformance.target.exchange import Exchange

if TYPE_CHECKING:
    from conformance.cases.dataset import Dataset

Identity = tuple[str, str]
"""A kind of resource and an id. Ids of two kinds may coincide; titles and times of two organizations do too."""

_KINDS = {
    "listContacts": "contact",
    "getContact": "contact",
    "getContactResearch": "research",
    "listLists": "list",
    "getList": "list",
    "listDrafts": "draft",
    "getDraft": "draft",
    "listEvents": "event",
}
# A member that a kind of resource requires, and no other kind has.
_TOLD_BY = {
    "eventType": "event",
    "subject": "draft",
    "contactCount": "list",
    "qualificationStatus": "contact",
}
# Members that hold the id of another resource, with its kind. The data of an event may have them too.
_NAMED = {"contactId": "contact", "listId": "list", "draftId": "draft", "organizationId": "organization"}


def foreign(own: Dataset, other: Dataset) -> frozenset[Identity]:
    """The ids of the other organization that are not one's own. Raises NotTested if it shows no data.

    A resource in the other organization's lists belongs to it, even if one of one's own resources names it.
    """
    ours, theirs = _listed(own, _held), _listed(other, _held)
    named = _listed(own, identities) - theirs
    found = (theirs | _listed(other, identities)) - ours - named
    if not found:
        not_tested(f"the {other.name} organization shows no data of its own")
    return found | (_organization(other) - _organization(own))


def private(exchange: Exchange, others: frozenset[Identity], reads: str | None = None) -> Exchange:
    """Expect an answer of any status, and of any shape, to show nothing of another organization.

    If the request was not made as an operation, `reads` is the operation whose answer it may be. Raises Violation.
    """
    told = leak(exchange, others, reads)
    expect(told is None, f"{told}", exchange)
    return exchange


def leak(exchange: Exchange, others: frozenset[Identity], reads: str | None = None) -> str | None:
    """What an answer shows of another organization, as `private` says it; None if nothing."""
    named = identities(exchange.json, reads or exchange.request.operation or "")
    if exchange.status >= 400:
        # A problem is no resource, and may repeat the ids of the request as members of its own (RFC 9457 3.2).
        asked = unquote(" ".join((exchange.request.target, *(value for _, value in exchange.request.headers))))
        named = frozenset(identity for identity in named if identity[1] not in asked)
    shown = (named | _anywhere(exchange.json)) & others
    return f"{exchange.line()} shows {_named(shown)} of the other organization" if shown else None


def identities(body: Any, operation: str) -> frozenset[Identity]:
    """The resources that a body of an operation shows or names; none if it has another shape."""
    if not isinstance(body, dict):
        return frozenset()
    if operation == "getMe":
        organization = body.get("organization")
        return frozenset(_id_of(organization, "organization"))
    resources = body.get("data") if operation in spec.LIST_OPERATIONS else [body]
    kind = _KINDS.get(operation, "")
    listed = resources if isinstance(resources, list) else []
    return frozenset(identity for resource in listed for identity in _of_resource(resource, kind))


def _anywhere(body: Any) -> frozenset[Identity]:
    """The resources in a body of any shape. Only whole ones count: a server may repeat the ids that a request named."""
    objects = _objects(body) if isinstance(body, (dict, list)) else ()
    found = ((_TOLD_BY[member], resource) for resource in objects for member in _TOLD_BY if member in resource)
    return frozenset(identity for kind, resource in found for identity in _id_of(resource, kind))


def _objects(value: dict[str, Any] | list[Any]) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, (dict, list)):
            yield from _objects(inner)


def _held(page: Any, operation: str) -> frozenset[Identity]:
    """The resources on a usable page, without those that they name."""
    return frozenset(identity for resource in page["data"] for identity in _id_of(resource, _KINDS[operation]))


def _of_resource(resource: Any, kind: str) -> Iterator[Identity]:
    if not isinstance(resource, dict):
        return
    yield from _id_of(resource, kind)
    for members in (resource, resource.get("data")):
        if isinstance(members, dict):
            yield from ((kind, id_) for name, kind in _NAMED.items() if (id_ := as_id(members.get(name))))
    lists = resource.get("listIds")
    yield from (("list", id_) for value in (lists if isinstance(lists, list) else []) if (id_ := as_id(value)))
    about = resource.get("resource")
    if isinstance(about, dict) and about.get("type") in _KINDS.values():
        yield from _id_of(about, about["type"])


def _id_of(resource: Any, kind: str) -> Iterator[Identity]:
    id_ = as_id(resource.get("id")) if isinstance(resource, dict) else None
    if id_:
        yield kind, id_


def _listed(dataset: Dataset, read: Callable[[Any, str], frozenset[Identity]]) -> frozenset[Identity]:
    """The items of all lists that can be walked. Other checks judge the lists that cannot."""
    found: frozenset[Identity] = frozenset()
    for operation in spec.LIST_OPERATIONS:
        with suppress(NotTested, Violation):
            found = found.union(*(read(page.json, operation) for page in dataset.walk(operation).pages))
    return found


def _organization(dataset: Dataset) -> frozenset[Identity]:
    with suppress(NotTested, Violation):
        return identities(dataset.served("getMe").json, "getMe")
    return frozenset()


def _named(shown: frozenset[Identity]) -> str:
    kind, id_ = min(shown, default=("nothing", ""))
    return f"the {kind} {id_}" if len(shown) < 2 else f"the {kind} {id_} and {len(shown) - 1} more"
