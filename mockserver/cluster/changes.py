"""All changes to the state, in the same order for all processes: a call to the control API goes into a Redis stream, and each
process performs it when its turn comes. The same calls to the same state have the same effects.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, cast

import msgspec
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from mockserver.api.limits import Unreachable
from mockserver.cluster.errors import SharingError
from mockserver.cluster.membership import HEARTBEAT, PREFIX, Membership
from mockserver.cluster.reach import QUICK, line
from mockserver.cluster.replay import Change, Unshared

if TYPE_CHECKING:
    from mockserver.api.response import Response

_STREAM = f"{PREFIX}:changes"
_APPLIED = f"{PREFIX}:applied"
_Streams = list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]
"""What Redis answers to XREAD: each stream's name with its entries, each with its number and its fields."""

_BATCH = 100
_PATIENCE = 2.0
_TICK = 0.002

logger = logging.getLogger("outbound.mock")


class Changes:
    """The changes of all processes. `apply` performs one in this process; `run` does so for each, in their order."""

    def __init__(self, membership: Membership, apply: Callable[[Change], Awaitable[Response]]) -> None:
        self._membership = membership
        self._apply = apply
        self._server = redis.asyncio.Redis.from_url(
            membership.url, socket_timeout=HEARTBEAT + QUICK, socket_connect_timeout=QUICK, retry=Retry(NoBackoff(), 0)
        )
        self._asked: dict[str, asyncio.Future[tuple[str, Response]]] = {}
        self._last = "0-0"
        membership.perform = self.perform

    async def perform(self, change: Change) -> Response:
        """Let every process perform a change. Returns this process's answer when all have. Raises Unshared."""
        token = secrets.token_hex(8)
        mine: asyncio.Future[tuple[str, Response]] = asyncio.get_running_loop().create_future()
        self._asked[token] = mine
        try:
            self._membership.reach.check()
            number = await self._server.xadd(_STREAM, {"token": token, "change": msgspec.msgpack.encode(change)})
            while not (await asyncio.wait({mine}, timeout=HEARTBEAT))[0]:
                if not await self._server.xrange(_STREAM, number, number):
                    raise Unshared("the shared state was lost before the change was performed")
            own, outcome = mine.result()
            await self._performed_by_all(own)
        except RedisError as error:
            raise Unshared(f"the shared state cannot be reached: {line(error)}") from error
        except Unreachable as error:
            raise Unshared(str(error)) from error
        finally:
            del self._asked[token]
        return outcome

    async def catch_up(self) -> None:
        """Join the other processes, and perform all earlier changes. Raises SharingError."""
        self._membership.enter()
        try:
            with self._membership.beating():
                while await self._perform_next(wait=None):
                    pass
        except RedisError as error:
            raise SharingError(f"the shared state cannot be reached: {line(error)}") from None

    async def run(self) -> None:
        """Perform all changes in their order, and send heartbeats, until cancelled."""
        try:
            with self._membership.beating():
                while True:
                    try:
                        await self._perform_next(wait=HEARTBEAT)
                    except RedisError as error:
                        self._membership.reach.fails(error)
                        await asyncio.sleep(HEARTBEAT)
        finally:
            self._membership.leave()
            await self._server.aclose()

    async def _perform_next(self, wait: float | None) -> bool:
        """Perform the next changes. Waits `wait` seconds for the first one. Returns whether there were any."""
        block = None if wait is None else int(wait * 1_000)
        found = await self._server.xread({_STREAM: self._last}, count=_BATCH, block=block)
        for number, fields in cast("_Streams", found)[0][1] if found else ():
            await self._perform_one(number.decode(), fields)
        return bool(found)

    async def _perform_one(self, number: str, fields: Mapping[bytes, bytes]) -> None:
        """Perform one change. A change that cannot be read or performed is logged and skipped; later changes are performed."""
        outcome, reason = None, ""
        try:
            outcome = await self._apply(msgspec.msgpack.decode(fields[b"change"], type=Change))
        except Exception as error:
            reason = f"the change cannot be performed ({type(error).__name__}: {line(error)})"
            logger.error("A change to the shared state was skipped: %s", reason)  # noqa: TRY400 - one line is enough
        self._last = number
        await self._server.hset(_APPLIED, self._membership.id, number)
        asked = self._asked.get(fields.get(b"token", b"").decode("utf-8", "replace"))
        if asked is None or asked.done():
            return
        if outcome is None:
            asked.set_exception(Unshared(reason))
        else:
            asked.set_result((number, outcome))

    async def _performed_by_all(self, number: str) -> None:
        """Wait until each process that is alive has performed a change, so that the next request to any of them sees it."""
        until = asyncio.get_running_loop().time() + _PATIENCE
        while asyncio.get_running_loop().time() < until:
            applied = cast("Mapping[bytes, bytes]", await self._server.hgetall(_APPLIED))
            members = self._membership.reach(self._membership.members)
            if all(_order(applied.get(member.encode(), b"0-0").decode()) >= _order(number) for member in members):
                return
            await asyncio.sleep(_TICK)


def _order(number: str) -> tuple[int, int]:
    milliseconds, _, count = number.partition("-")
    return int(milliseconds), int(count)
