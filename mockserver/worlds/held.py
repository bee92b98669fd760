"""Requests that are held until a test releases them, so that races and cancellations can be tested without sleeping."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from mockserver.api.authentication import presented_secret
from mockserver.api.disconnect import ON_LEAVING

if TYPE_CHECKING:
    from starlette.types import Scope

    from mockserver.api.pipeline import State
    from mockserver.modifications.condition import Condition

LONGEST = 120.0
"""Real seconds after which a held request goes on by itself."""

MOST = 1_000
"""The most requests that a process holds at a time; further ones are not held."""


@dataclass(slots=True)
class Hold:
    """A rule that holds requests. `left` is how many more it holds, None for all."""

    id: str
    condition: Condition
    left: int | None


@dataclass(frozen=True, slots=True)
class HeldRequest:
    """A held request. `hold` is the id of its hold, `key` the id of the key that it presents."""

    id: str
    hold: str
    method: str
    path: str
    query: str
    key: str | None


class Held:
    """The holds of a world, and its held requests."""

    def __init__(self) -> None:
        self.holds: dict[str, Hold] = {}
        self._here: dict[str, tuple[HeldRequest, asyncio.Future[None]]] = {}
        """The requests that wait in this process, each with the future that its release ends."""
        self._holds_made = count(1)
        self._requests_made = count(1)

    def waiting(self) -> Sequence[HeldRequest]:
        """The requests that are held, in the order in which they came."""
        return [request for request, _ in self._here.values()]

    def on(self, condition: Condition) -> Hold:
        """Hold the requests that the condition means, from now on."""
        hold = Hold(f"hold_{next(self._holds_made)}", condition, condition.requests)
        self.holds[hold.id] = hold
        return hold

    def recount(self) -> None:
        """Take into each hold's `left` what other processes have counted; there are none here."""

    def off(self, hold_id: str) -> bool:
        """End a hold, and release its requests. Returns False if there is no such hold."""
        for request, _ in tuple(self._here.values()):
            if request.hold == hold_id:
                self._let_go(request.id)
        return self.holds.pop(hold_id, None) is not None

    def release(self, request_id: str) -> HeldRequest | None:
        """Release a held request, and return it; None if none with this id is held."""
        return self._let_go(request_id)

    def clear(self) -> None:
        """End all holds, and release all requests."""
        for hold_id in tuple(self.holds):
            self.off(hold_id)

    async def wait(self, scope: Scope, state: State) -> None:
        """Return at once if nothing holds the request, otherwise when it is released or its client leaves."""
        hold = self._taken(scope, state)
        if hold is None or len(self._here) >= MOST:
            return
        key = state.keys.find(presented_secret(scope) or b"")
        number = self._next_number()
        request = HeldRequest(
            id=f"held_{number}",
            hold=hold.id,
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            key=key.id if key else None,
        )
        released = self._enter(number, request)
        scope[ON_LEAVING] = partial(self._let_go, request.id)
        try:
            await asyncio.wait((released,), timeout=LONGEST)
        finally:
            self._let_go(request.id)

    def _next_number(self) -> int:
        return next(self._requests_made)

    def _enter(self, _number: int, request: HeldRequest) -> asyncio.Future[None]:
        """Record a held request, and return the future that its release ends."""
        released: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._here[request.id] = request, released
        return released

    def _let_go(self, request_id: str) -> HeldRequest | None:
        """Release a request of this process, and return it; None if it does not wait here."""
        if request_id not in self._here:
            return None
        request, released = self._here.pop(request_id)
        if not released.done():
            released.set_result(None)
        return request

    def _taken(self, scope: Scope, state: State) -> Hold | None:
        """The first hold that applies to a request, after counting the request; None if no hold applies."""
        return next(
            (hold for hold in self.holds.values() if hold.condition.holds(scope, state) and self._take(hold)), None
        )

    def _take(self, hold: Hold) -> bool:
        """Count one of the requests that a hold still takes. Returns whether there was one left."""
        if hold.left is None:
            return True
        if hold.left == 0:
            return False
        hold.left -= 1
        return True
