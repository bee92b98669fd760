"""A mock as an ASGI application: it routes each path to the API, the control API, the console or a world."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mockserver.api import paths, routing
from mockserver.api.pipeline import State
from mockserver.api.response import Response, problem_response
from mockserver.clock import Clock
from mockserver.cluster import outcomes
from mockserver.console.sessions import Sessions
from mockserver.control.activity import start_usual
from mockserver.control.app import Control
from mockserver.settings import Settings
from mockserver.worlds.world import WORLD, World
from mockserver.worlds.worlds import Worlds

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from mockserver.cluster.changes import Changes
    from mockserver.cluster.replay import Change
    from mockserver.console.app import Console

__all__ = ["Mock", "Settings", "create_app"]


class Mock:
    """A running mock. `world` is the first of its `worlds`.

    If several processes share the state, `changes` gives all of them the same order of changes.
    """

    def __init__(self, settings: Settings, clock: Clock, control_token: str | None = None) -> None:
        self._operations = routing.application()
        self.world = World.seeded(settings, self._operations, clock)
        self.worlds = Worlds(self.world)
        self.control = Control(self.worlds, control_token)
        self._sessions = Sessions()
        self.changes: Changes | None = None
        if settings.sharing:
            from mockserver.cluster.changes import Changes

            self.changes = self.control.changes = Changes(settings.sharing, self._perform)

    @property
    def state(self) -> State:
        """The state of the first world."""
        return self.world.state

    async def _perform(self, change: Change) -> Response:
        """Perform a change that all processes perform: a call to the control API, or the outcome of a delivery."""
        if change.operation != outcomes.SETTLE:
            return await self.control.perform(change)
        world = self.worlds.find(change.world)
        if world is not None:
            world.state.webhooks.settle(outcomes.told(change))
        return Response(204, b"", b"")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "http":
            path: str = scope["path"]
            if path.startswith(paths.API):
                await self.world.serve(scope, receive, send)
            elif path.startswith(paths.WORLD):
                await self._serve_copy(scope, receive, send)
            else:
                await self._route(self.world, scope, receive, send)
        elif scope["type"] == "lifespan":
            start_usual(self.world, self.control.call)
            await self._operations(scope, receive, send)
            self.worlds.close()

    async def serve_at_own_address(self, world: World, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request that came to an address of a world's own."""
        if self.worlds.use(world.name) is None:
            await _no_such_world()(scope, receive, send)
            return
        await self._route(world, scope, receive, send)

    async def _route(self, world: World, scope: Scope, receive: Receive, send: Send) -> None:
        scope[WORLD] = world
        path: str = scope["path"]
        if path.startswith(paths.CONTROL):
            await self.control(scope, receive, send)
        elif f"{path}/".startswith(f"{paths.CONSOLE}/"):
            await self._console(scope, receive, send)
        elif path == "/" and _is_browser(scope):
            await _to_console(scope)(scope, receive, send)
        else:
            await world.serve(scope, receive, send)

    @cached_property
    def _console(self) -> Console:
        # Imported at its first request, so that a mock without it starts faster.
        from mockserver.console.app import Console

        return Console(self.control, self._sessions)

    async def _serve_copy(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the world whose id is in the path."""
        world_id = scope["path"].removeprefix(paths.WORLD).partition("/")[0]
        world = self.worlds.use(world_id)
        if world is None:
            await _no_such_world()(scope, receive, send)
            return
        prefix = f"{paths.WORLD}{world_id}"
        raw = paths.raw_path(scope)
        inside = {
            **scope,
            "path": scope["path"].removeprefix(prefix) or "/",
            "raw_path": raw.removeprefix(prefix.encode()),
            paths.PREFIX: prefix,
        }
        await self._route(world, inside, receive, send)


def _no_such_world() -> Response:
    return problem_response(404, "Not found", "There is no world with this id.")


def _is_browser(scope: Scope) -> bool:
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def _to_console(scope: Scope) -> Response:
    """A redirect from the root of the mock, or of a world, to its console. It is relative, so it works behind any proxy."""
    prefix = scope.get(paths.PREFIX, "")
    # "/_worlds/id" has no slash at its end, so relative addresses replace its last part.
    target = f"{prefix.rpartition('/')[2]}{paths.CONSOLE}" if scope.get("raw_path") == b"" else paths.CONSOLE[1:]
    return Response(303, b"text/plain", b"", [(b"location", target.encode())])


def create_app(settings: Settings, clock: Clock | None = None, control_token: str | None = None) -> Mock:
    """A mock with fresh data, keys and limits, and with its modifications installed.

    `control_token` is the token for the control API; without one it serves only this machine.
    """
    return Mock(settings, clock or Clock(), control_token)
