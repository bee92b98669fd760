"""Requests that are held until a test lets them go: races and cancellations without sleeping."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from mockserver.api.authentication import presented_secret

if TYPE_CHECKING:
    from starlette.types import Scope

    from mockserver.api.pipeline import State
    from mockserver.modifications.condition import Condition

LONGEST = 120.0
"""Real seconds after which a request goes on by itself."""

MOST = 1_000
"""Requests that are held at a time; more go on at once."""


@dataclass(slots=True)
class Hold:
    """Which requests are held. `left` are those that are still to be held, None for all that come."""

    id: str
    condition: Condition
    left: int | None


@dataclass(slots=True)
class HeldRequest:
    """A request that waits. `hold` is the id of what holds it, `key` the id of the key that it presents."""

    id: str
    hold: str
    method: str
    path: str
    query: str
    key: str | None
    released: asyncio.Event = field(default_factory=asyncio.Event, repr=False)


class Held:
    """What is held in a world, and by what."""

    def __init__(self) -> None:
        self.holds: dict[str, Hold] = {}
        self._waiting: dict[str, HeldRequest] = {}
        self._numbers = count(1)

    def __iter__(self) -> Iterator[HeldRequest]:
        return iter(tuple(self._waiting.values()))

    def __len__(self) -> int:
        return len(self._waiting)

    def on(self, condition: Condition) -> Hold:
        """Hold the requests that the condition means, from now on."""
        hold = Hold(f"hold_{next(self._numbers)}", condition, condition.requests)
        self.holds[hold.id] = hold
        return hold

    def off(self, hold_id: str) -> bool:
        """Hold no more requests so, and let those go that are held. Returns False if there is no such hold."""
        for request in self:
            if request.hold == hold_id:
                self.release(request.id)
        return self.holds.pop(hold_id, None) is not None

    def release(self, request_id: str) -> HeldRequest | None:
        """Let a request go on, and answer it; None if none with this id is held."""
        request = self._waiting.pop(request_id, None)
        if request is not None:
            request.released.set()
        return request

    def clear(self) -> None:
        """Let everything go."""
        for hold_id in tuple(self.holds):
            self.off(hold_id)

    async def wait(self, scope: Scope, state: State) -> None:
        """Return at once for a request that nothing holds; for others once they are released."""
        hold = self._taken(scope, state)
        if hold is None or len(self._waiting) >= MOST:
            return
        key = state.keys.find(presented_secret(scope) or b"")
        request = HeldRequest(
            id=f"held_{next(self._numbers)}",
            hold=hold.id,
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            key=key.id if key else None,
        )
        self._waiting[request.id] = request
        await asyncio.sleep(0)  # A time limit needs a task, which the server makes once a request has to wait.
        try:
            async with asyncio.timeout(LONGEST):
                await request.released.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting.pop(request.id, None)

    def _taken(self, scope: Scope, state: State) -> Hold | None:
        """The first hold that a request falls under, of whose number one is taken."""
        for hold in self.holds.values():
            if hold.left == 0 or not hold.condition.holds(scope, state):
                continue
            if hold.left is not None:
                hold.left -= 1
            return hold
        return None
