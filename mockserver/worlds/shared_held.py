"""Held requests of several processes that are one mock: each process sees and releases the requests of all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import msgspec

from mockserver.api.limits import Unreachable
from mockserver.cluster.membership import PREFIX, Membership
from mockserver.worlds.held import Held, HeldRequest, Hold

if TYPE_CHECKING:
    from starlette.types import Scope

    from mockserver.api.pipeline import State

_LOOK_EVERY = 0.02
"""Real seconds after which a process checks which of its requests another process has released."""


class _Entry(msgspec.Struct, frozen=True):
    """A held request as processes share it. `process` is the id of the one in which it waits."""

    number: int
    process: str
    request: HeldRequest


class SharedHeld(Held):
    """The holds of a world that several processes serve. Holds are switched on and off by calls that each process performs.

    Each held request has an entry in a Redis hash, and goes on when that entry is deleted. While the server does not answer,
    nothing is held.
    """

    def __init__(self, sharing: Membership, world: str) -> None:
        super().__init__()
        self._sharing = sharing
        self._world = world
        self._place = f"{PREFIX}:held:{world}"
        self._looking: asyncio.Task[None] | None = None

    def waiting(self) -> Sequence[HeldRequest]:
        """The held requests of all living processes, in the order of their arrival. Raises Unreachable."""
        found = cast("list[bytes]", self._sharing.reach(lambda server: server.hvals(self._place)))
        alive = self._sharing.reach(self._sharing.members)
        entries = [msgspec.msgpack.decode(each, type=_Entry) for each in found]
        entries.sort(key=lambda entry: entry.number)
        return [entry.request for entry in entries if entry.process in alive]

    def release(self, request_id: str) -> HeldRequest | None:
        """Release a held request of any process, and return it; None if none with this id is held.

        Raises Unreachable.
        """
        entry = self._sharing.reach(lambda server: server.hget(self._place, request_id))
        if not isinstance(entry, bytes) or not self._sharing.reach(lambda server: server.hdel(self._place, request_id)):
            return None
        super()._let_go(request_id)
        return msgspec.msgpack.decode(entry, type=_Entry).request

    def recount(self) -> None:
        """Take into each hold's `left` what other processes have counted. If they cannot be asked, it stays as it is."""
        for hold in self.holds.values():
            if hold.left is not None:
                with suppress(Unreachable):
                    hold.left = self._sharing.left(self._count_of(hold), hold.condition.requests or 0)

    async def wait(self, scope: Scope, state: State) -> None:
        """Return at once if nothing holds the request, otherwise when it is released or its client leaves."""
        with suppress(Unreachable):
            await super().wait(scope, state)

    def _next_number(self) -> int:
        return int(self._sharing.reach(lambda server: server.incr(f"{PREFIX}:held")))

    def _enter(self, number: int, request: HeldRequest) -> asyncio.Future[None]:
        entry = msgspec.msgpack.encode(_Entry(number, self._sharing.id, request))
        self._sharing.reach(lambda server: server.hset(self._place, request.id, entry))
        released = super()._enter(number, request)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look())
        return released

    def _let_go(self, request_id: str) -> HeldRequest | None:
        request = super()._let_go(request_id)
        if request is not None:
            with suppress(Unreachable):
                self._sharing.reach(lambda server: server.hdel(self._place, request_id))
        return request

    def _take(self, hold: Hold) -> bool:
        most = hold.condition.requests
        return super()._take(hold) and (most is None or self._sharing.take(self._count_of(hold), most))

    def _count_of(self, hold: Hold) -> str:
        return f"{self._world}/{hold.id}"

    async def _look(self) -> None:
        """While this process holds requests, release those whose entry was deleted."""
        while self._here:
            await asyncio.sleep(_LOOK_EVERY)
            for request_id in set(self._here).difference(self._entered()):
                super()._let_go(request_id)

    def _entered(self) -> Sequence[str]:
        try:
            keys = cast("list[bytes]", self._sharing.reach(lambda server: server.hkeys(self._place)))
            return [key.decode() for key in keys]
        except Unreachable:
            return ()
