"""A request to the control API in the form that its handlers get, and their ways to refuse it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    from mockserver.api.keys import ApiKey
    from mockserver.api.pipeline import State
    from mockserver.api.response import Header
    from mockserver.tenants.tenant import Tenant
    from mockserver.webhooks.endpoints import Endpoint
    from mockserver.worlds.world import World
    from mockserver.worlds.worlds import Worlds

CallResult = tuple[int, Any]
"""The status of an answer of the control API and the JSON value of its body, None for an empty one."""

Ask = Callable[["World", str, str, Mapping[str, object]], Awaitable[CallResult]]
"""(world, method, path, body) → the control API's answer to a call from within this process."""


B = TypeVar("B")
Owned = TypeVar("Owned", "ApiKey", "Endpoint")


@dataclass(frozen=True, slots=True)
class Call:
    """One request, validated by the document. `now` is the unix time at which it happens, `running` what the clock would show
    if it had not been stopped, `base_url` the mock's address.

    `path` and `query` are parameters by name, `body` the JSON object that was sent, empty without one.
    """

    worlds: Worlds
    world: World
    ask: Ask
    now: float
    running: float
    base_url: str
    path: Mapping[str, str]
    query: Mapping[str, object]
    body: Mapping[str, object]

    def read(self, kind: type[B]) -> B:
        """The body as one of the types of `bodies`. Raises Refusal for 5.0, which JSON Schema accepts as a whole number."""
        try:
            return msgspec.convert(self.body, kind)
        except msgspec.ValidationError as error:
            raise bad_input(f"{error}.") from None

    def asked(self, kind: type[B]) -> B:
        """The query's parameters as one of the types of `queries`."""
        return msgspec.convert(self.query, kind)

    @property
    def state(self) -> State:
        """The state of the world that is asked."""
        return self.world.state


Handler = Callable[[Call], object]
"""What answers a call: a JSON value, JSON as bytes, None for an empty answer, or an awaitable of one. Raises Refusal.

It depends only on the world, the call and its time, so that each process that shares the state can perform it.
"""


class Refusal(Exception):
    """Ends a call with a problem. The detail is one line; if it ends in a question mark, it loses its full stop."""

    def __init__(self, status: int, title: str, detail: str, headers: tuple[Header, ...] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail.removesuffix(".") if detail.endswith("?.") else detail
        self.headers = headers


def bad_input(detail: str) -> Refusal:
    """400: the call is invalid."""
    return Refusal(400, "Bad input", detail)


def missing(what: str) -> Refusal:
    """404: nothing has the id in the path. `what` is the kind of thing."""
    return Refusal(404, "Not found", f"There is no {what} with this id.")


def conflict(detail: str) -> Refusal:
    """409: the state does not allow the call."""
    return Refusal(409, "Conflict", detail)


def chosen(call: Call, organization: str | None) -> Tenant:
    """The tenant of an organization (its id), the first for None. Raises Refusal for an unknown one."""
    tenants = call.state.tenants
    if organization is None:
        return next(iter(tenants.values()))
    if organization not in tenants:
        raise bad_input(f"organization: there is none with this id; {_some(list(tenants))}.")
    return tenants[organization]


def of_asked(call: Call, things: Iterable[Owned]) -> list[Owned]:
    """The things of the organization that the query names; all without one. Raises Refusal for an unknown organization."""
    asked = call.query.get("organization")
    if asked is None:
        return list(things)
    own = chosen(call, str(asked)).organization.id
    return [thing for thing in things if thing.organization_id == own]


def _some(ids: list[str]) -> str:
    return f"there are {', '.join(ids[:5])}{' …' if len(ids) > 5 else ''}"
