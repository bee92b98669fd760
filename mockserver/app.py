"""A mock as an ASGI application: which path belongs to which of its parts, and the worlds beside the first."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from mockserver import paths
from mockserver.api import routing
from mockserver.api.pipeline import State
from mockserver.api.response import Response, problem_response
from mockserver.clock import Clock
from mockserver.cluster.replay import Unshared, answer, asked, is_change, taken
from mockserver.control.activity import start_usual
from mockserver.control.app import Control
from mockserver.settings import Settings
from mockserver.worlds.world import WORLD, World
from mockserver.worlds.worlds import Worlds
from spec import contract

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from mockserver.cluster.changes import Changes
    from mockserver.cluster.replay import Change, Outcome
    from mockserver.console.app import Console

__all__ = ["Mock", "Settings", "create_app"]

_CONTROLS = re.compile(f"({paths.WORLD}[^/]*)?{paths.CONTROL}")
"""Paths of the control API, in every world. Whatever else a world serves is for the process to answer that was asked."""

_CONSOLES = re.compile(f"({paths.WORLD}[^/]*)?{paths.CONSOLE}(/|$)")
"""Paths of the console, in every world. What is done there is a change once the control API is asked for it."""


class Mock:
    """A running mock. `world` is the first of its `worlds`.

    Where several processes share the state, `changes` puts the requests that change it in order.
    """

    def __init__(self, settings: Settings, clock: Clock, control_token: str | None = None) -> None:
        self._operations = routing.build(contract().document)
        self.world = World.seeded(settings, self._operations, clock)
        self.worlds = Worlds(self.world)
        self.control = Control(self.worlds, self, control_token)
        self.changes: Changes | None = None
        if settings.sharing:
            from mockserver.cluster.changes import Changes

            self.changes = Changes(settings.sharing, self._apply)

    @property
    def state(self) -> State:
        """The state of the first world."""
        return self.world.state

    def rewire(self) -> None:
        """Put the layers of the first world's pipeline into effect."""
        self.world.rewire()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "http":
            path: str = scope["path"]
            if not path.startswith(("/_", paths.CONSOLE)):
                await self.world.serve(scope, receive, send)
            elif self.changes and is_change(scope) and _CONTROLS.match(path) and self.control.admits(scope):
                await self._everywhere(self.changes, scope, receive, send)
            elif path.startswith(paths.WORLD):
                await self._elsewhere(scope, receive, send)
            else:
                await self._route(self.world, scope, receive, send)
        elif scope["type"] == "lifespan":
            start_usual(self.world, self.control.call)
            await self._operations(scope, receive, send)
            self.worlds.close()

    async def _route(self, world: World, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(paths.CONTROL):
            scope[WORLD] = world
            await self.control(scope, receive, send)
        elif _CONSOLES.match(scope["path"]):
            scope[WORLD] = world
            await self._console(scope, receive, send)
        else:
            await world.serve(scope, receive, send)

    @cached_property
    def _console(self) -> Console:
        # Imported when somebody asks for the first time: who never does should not wait for it.
        from mockserver.console.app import Console

        return Console(self.control)

    async def _everywhere(self, changes: Changes, scope: Scope, receive: Receive, send: Send) -> None:
        """Have all processes answer a request, each for itself, and this one its client."""
        change = await taken(scope, receive, self._asked(scope).state.clock.now())
        if change is None:
            await problem_response(413, "Content too large", "The body is too long.")(scope, receive, send)
            return
        try:
            outcome = await changes.perform(change)
        except Unshared as error:
            await problem_response(503, "Service unavailable", f"This may not have happened: {error}.")(
                scope, receive, send
            )
            return
        await answer(outcome, send)

    def _asked(self, scope: Scope) -> World:
        """The world that a path leads to; the first, where it leads to none."""
        return self.worlds.copies.get(_world_id(scope), self.world)

    async def _apply(self, change: Change) -> Outcome:
        return await asked(self, change)

    async def _elsewhere(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a world that is addressed by its id."""
        world_id = _world_id(scope)
        world = self.worlds.copies.get(world_id)
        if world is None:
            await _no_such_world()(scope, receive, send)
            return
        prefix = f"{paths.WORLD}{world_id}"
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        inside = {
            **scope,
            "path": scope["path"].removeprefix(prefix) or "/",
            "raw_path": raw.removeprefix(prefix.encode()) or b"/",
        }
        await self._route(world, inside, receive, send)


def _world_id(scope: Scope) -> str:
    """What stands in a path where the ids of copies do."""
    path: str = scope["path"]
    return path.removeprefix(paths.WORLD).partition("/")[0]


def _no_such_world() -> Response:
    return problem_response(404, "Not found", "There is no world with this id.")


def create_app(settings: Settings, clock: Clock | None = None, control_token: str | None = None) -> Mock:
    """A mock with fresh data, keys and limits, its modifications installed.

    `control_token` is what the control API asks for; without one it serves this machine alone.
    """
    return Mock(settings, clock or Clock(), control_token)
