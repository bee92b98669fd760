"""The requests to which a modification applies: by operation, state of the resource, position, shape, …

A condition is written as members of a JSON object, or on the command line after the modification's name:
`revoked-key-served@operation=getContactResearch,method=HEAD`. A request must match all its members.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from mockserver.api import paths
from mockserver.api.authentication import presented_secret
from spec import LIST_OPERATIONS, contract, operation_of
from spec.misspelled import meant

if TYPE_CHECKING:
    from starlette.types import Scope

    from mockserver.api.pipeline import State
    from mockserver.tenants.tenant import Tenant

COLLECTIONS = ("contacts", "research", "lists", "drafts", "events")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
POSITIONS = ("first", "later")
SHAPES = ("encoded", "repeated", "conditional")

_COUNTS = ("every", "requests")
_STATUSES = ("status", "qualificationStatus")
_IDENTIFYING = {"listId": "lists", "contactId": "contacts"}
"""The filters whose value is the id of a resource, by the collection of that resource."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Which requests are meant. A member that is None means all.

    `key` is a key's id, `operation` an operation's. `state` is that of the resource that the path or a filter names.
    `parameter` is in the query. `position` is `first` or `later`, for pages. `every`: each n-th of the requests that the
    other members mean; `requests`: only the next n of them.
    """

    key: str | None = None
    operation: str | None = None
    collection: str | None = None
    method: str | None = None
    state: str | None = None
    parameter: str | None = None
    position: str | None = None
    shape: str | None = None
    every: int | None = None
    requests: int | None = None

    def holds(self, scope: Scope, state: State) -> bool:
        """Whether a request is meant. `every` and `requests` are not looked at."""
        return all(_HOLDS[name](value, scope, state) for name, value in self.given() if name not in _COUNTS)

    def combined(self, other: Condition) -> Condition:
        """Both conditions together. If both have a member, the other's value counts."""
        return replace(self, **dict(other.given()))

    def given(self) -> Iterator[tuple[str, Any]]:
        """The members that are not None."""
        for member in fields(self):
            value = getattr(self, member.name)
            if value is not None:
                yield member.name, value

    def __str__(self) -> str:
        """As on the command line: `operation=getContactResearch,method=HEAD`; empty for all requests."""
        return ",".join(f"{name}={value}" for name, value in self.given())


ALL_REQUESTS = Condition()


def condition_of(members: Mapping[str, object]) -> Condition:
    """The condition of these members. Numbers may be text. Raises ValueError, in one line."""
    known = [member.name for member in fields(Condition)]
    unknown = next((name for name in members if name not in known), None)
    if unknown is not None:
        raise ValueError(f"{unknown!r} is no condition{meant(unknown, known)}")
    return Condition(**{name: _read(name, value) for name, value in members.items()})


def parsed(text: str) -> Condition:
    """The condition of `operation=getContactResearch,method=HEAD`. Raises ValueError, in one line, if it cannot be parsed."""
    pairs = [pair.partition("=") for pair in text.split(",")]
    if not all(name and equals and value for name, equals, value in pairs):
        raise ValueError(f"{text!r} must be member=value,member=value")
    return condition_of({name: value for name, _, value in pairs})


@cache
def states() -> Sequence[str]:
    """The states that a resource may be in."""
    parameters = [parameter for operation in contract().operations.values() for parameter in operation.parameters]
    known = [parameter.schema["x-known-values"] for parameter in parameters if parameter.name in _STATUSES]
    return ("archived", "unarchived", "researched", "unresearched", *(status for some in known for status in some))


def _read(name: str, value: object) -> Any:
    if name in _COUNTS:
        number = int(value) if isinstance(value, int | str) and str(value).isdecimal() else 0
        if number < 1:
            raise ValueError(f"{name} must be a whole number of at least 1")
        return number
    known = choices(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a text")
    if known and value not in known:
        raise ValueError(f"{name}: no such {name}{meant(value, known)}")
    return value


def choices(name: str) -> Sequence[str]:
    """The possible values of a member of a condition; empty if it may have any value."""
    operations = contract().operations
    known: Mapping[str, Sequence[str]] = {
        "operation": list(operations),
        "collection": COLLECTIONS,
        "method": METHODS,
        "state": states(),
        "parameter": sorted({name for one in operations.values() for name in (*one.filters, "limit")}),
        "position": POSITIONS,
        "shape": SHAPES,
    }
    return known.get(name, ())


def _pairs(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def _below_base(scope: Scope) -> list[str]:
    """The segments of the path below the API's base: `contacts`, `con_1`, `research`."""
    path: str = scope["path"]
    return path.removeprefix(f"{paths.API}/").split("/") if path.startswith(f"{paths.API}/") else [""]


def _is_of_key(value: str, scope: Scope, state: State) -> bool:
    key = state.keys.find(presented_secret(scope) or b"")
    return key is not None and key.id == value


def _is_of_collection(value: str, scope: Scope, _state: State) -> bool:
    collection, *rest = _below_base(scope)
    return value == ("research" if rest[1:] == ["research"] else collection)


def _is_at(value: str, scope: Scope, _state: State) -> bool:
    has_cursor = any(name == "cursor" and cursor for name, cursor in _pairs(scope))
    return operation_of(scope["path"]) in LIST_OPERATIONS and has_cursor == (value == "later")


def _has_shape(value: str, scope: Scope, _state: State) -> bool:
    if value == "encoded":
        return b"%" in (scope.get("raw_path") or b"")
    if value == "repeated":
        names = [name for name, _ in _pairs(scope)]
        return len(set(names)) < len(names)
    return any(name in (b"if-none-match", b"if-modified-since") for name, _ in scope["headers"])


def _is_in_state(value: str, scope: Scope, state: State) -> bool:
    named = list(_resources_named(scope))
    if any(name in _STATUSES and given == value for name, given in _pairs(scope)):
        return True
    return any(value in _states_of(tenant, *resource) for resource in named for tenant in state.tenants.values())


def _resources_named(scope: Scope) -> Iterator[tuple[str, str]]:
    """The collection and the id of every resource that the path or a filter names."""
    collection, *rest = _below_base(scope)
    if rest and collection in ("contacts", "lists", "drafts"):
        yield collection, rest[0]
    for name, value in _pairs(scope):
        if name in _IDENTIFYING:
            yield _IDENTIFYING[name], value


def _states_of(tenant: Tenant, collection: str, resource_id: str) -> Sequence[str]:
    """The states that an organization's resource is in; none if it has no such resource."""
    resource = getattr(tenant, collection).read(resource_id)
    if resource is None:
        return ()
    if collection == "lists":
        return ("archived" if resource["archivedAt"] else "unarchived",)
    if collection == "contacts":
        researched = tenant.research.get(resource_id) is not None
        return ("researched" if researched else "unresearched", resource["qualificationStatus"])
    return (resource["status"],)


_HOLDS: Mapping[str, Callable[[str, Scope, State], bool]] = {
    "key": _is_of_key,
    "operation": lambda value, scope, _state: operation_of(scope["path"]) == value,
    "collection": _is_of_collection,
    "method": lambda value, scope, _state: scope["method"] == value,
    "state": _is_in_state,
    "parameter": lambda value, scope, _state: any(name == value for name, _ in _pairs(scope)),
    "position": _is_at,
    "shape": _has_shape,
}
"""(value, ASGI scope, state) → whether it holds of a request, by member."""
