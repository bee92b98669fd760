"""The control API as an ASGI application, with access control and an entry for callers in this process."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING

from mockserver.api import paths
from mockserver.api.limits import Unreachable
from mockserver.api.response import Response, json_bytes, problem_response, unavailable
from mockserver.cluster.replay import Change, Unshared
from mockserver.control.call import Call, CallResult, Refusal, missing
from mockserver.control.guard import refusal
from mockserver.worlds.world import WORLD

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from mockserver.cluster.changes import Changes
    from mockserver.control.operations import Operation
    from mockserver.worlds.world import World
    from mockserver.worlds.worlds import Worlds

logger = logging.getLogger("outbound.mock")

_HERE = "http://127.0.0.1"

_LARGE = 1_000_000
"""A body with more bytes than this is parsed in a thread, so that other requests are answered meanwhile."""


class Control:
    """Answers `/_mock/…`: JSON objects in and out, and problems for invalid calls.

    `token` is the token that a client must present; with None, only clients on this machine are served. If several processes
    share their state, `changes` makes all of them perform each call that changes it.
    """

    def __init__(self, worlds: Worlds, token: str | None = None) -> None:
        self._worlds = worlds
        self.token = token
        self.changes: Changes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request about the world that the scope names."""
        answer = refusal(scope, self.token) or await self._answer_http(scope, receive)
        await answer(scope, receive, send)

    async def call(
        self, world: World, method: str, path: str, body: Mapping[str, object] | None = None, base_url: str = _HERE
    ) -> CallResult:
        """Make a call from this process: the status and the JSON value of its answer, None for an empty one.

        `path` begins with `/_mock`, and may have a query; `base_url` is what addresses in the answer begin with.
        """
        target, _, query = path.partition("?")
        try:
            operation, in_path = _operations().find(method, target)
            content = b"" if body is None else json_bytes(body)
            answer = await self._answer(world, operation, in_path, query.encode(), content, base_url)
        except Exception as error:
            answer = _told(error)
        return answer.status, json.loads(answer.body) if answer.body else None

    async def perform(self, change: Change) -> Response:
        """Perform a validated call in this process."""
        operation = _operations().by_id()[change.operation]
        world = self._worlds.find(change.world)
        if world is None:
            return _told(missing("world"))
        where = self._worlds, world, self.call, change.now, change.running, change.base_url
        call = Call(*where, change.path, change.query, change.body)
        try:
            with world.state.clock.at(change.now):
                value = operation.handle(call)
            return _done(operation.status, await value if inspect.isawaitable(value) else value)
        except Exception as error:
            return _told(error)

    async def _answer_http(self, scope: Scope, receive: Receive) -> Response:
        from mockserver.control.body import read_body

        try:
            operation, in_path = _operations().find(scope["method"], scope["path"])
            body = await read_body(scope, receive, operation.longest)
            return await self._answer(
                scope[WORLD], operation, in_path, scope["query_string"], body, paths.base_url(scope)
            )
        except Exception as error:
            return _told(error)

    async def _answer(
        self, world: World, operation: Operation, path: Mapping[str, str], query: bytes, body: bytes, base_url: str
    ) -> Response:
        """Validate a call and perform it, in all processes if it is a change. Raises Refusal, Unshared."""
        from mockserver.control.body import parse

        value = await asyncio.to_thread(parse, body) if len(body) > _LARGE else parse(body)
        change = Change(
            operation=operation.id,
            world=world.name,
            path=path,
            query=operation.read_query(query),
            body=operation.check(value),
            base_url=base_url,
            now=world.state.clock.now(),
            running=world.state.clock.running,
        )
        perform = self.changes.perform if self.changes and operation.is_change else self.perform
        return await perform(change)


def _operations() -> ModuleType:
    # Imported at the first call, so that a mock without calls starts faster.
    from mockserver.control import operations

    return operations


def _done(status: int, value: object) -> Response:
    if value is None:
        answer = Response(status, b"", b"")
        answer.headers = []
        return answer
    return Response(status, b"application/json", value if isinstance(value, bytes) else json_bytes(value))


def _told(error: Exception) -> Response:
    """The problem that answers an exception. A defect is logged, and the answer does not describe it."""
    if isinstance(error, Refusal):
        return problem_response(error.status, error.title, error.detail, error.headers)
    if isinstance(error, Unshared):
        return problem_response(503, "Service unavailable", f"This may not have happened: {error}.")
    if isinstance(error, Unreachable):
        return unavailable(str(error))
    logger.error("A call failed", exc_info=error)
    return problem_response(500, "Internal error", "The mock failed to answer this call.")
