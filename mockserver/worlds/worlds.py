"""The worlds of a mock: the first one, at the mock's own address, and others, each with its own keys and ids."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mockserver.api.keys import base62
from mockserver.worlds.world import World

if TYPE_CHECKING:
    from mockserver.settings import Settings

MOST = 500
"""The most worlds at a time, without the first."""

TIME_TO_LIVE = 3_600.0
"""Seconds after which an unused world is dropped by default."""


MOST_TEMPLATES = 8
LARGEST_TEMPLATE = 2_000
"""The most contacts, of all organizations together, of a template that is kept: about four megabytes."""
TEMPLATE_LIVES = 3_600.0
"""Seconds of the mock's clock for which data counts as fresh."""


class Ports(Protocol):
    """Opens and closes ports on the host that the mock listens on."""

    async def open(self, world: World) -> int:
        """Serve a world on a free port, and return the port. Raises OSError."""

    def close(self, port: int) -> None:
        """Stop listening on a port."""


@dataclass(slots=True)
class Lease:
    """How long a world stays. Times are in seconds of `Worlds.time`; `port` is its own port, None if it has none."""

    time_to_live: float
    used_at: float
    port: int | None = None


class Templates:
    """Worlds that were copied recently, by their settings, the latest one last."""

    def __init__(self) -> None:
        self._kept: list[tuple[Settings, float, World]] = []

    def find(self, settings: Settings, now: float) -> World | None:
        """The world that was made by these settings in the hour before `now` (unix seconds); None if there is none."""
        return next(
            (world for own, made, world in self._kept if own == settings and made <= now < made + TEMPLATE_LIVES), None
        )

    def keep(self, world: World, settings: Settings, now: float) -> None:
        """Keep a world that is not too large; if there are many, it replaces the oldest. Data that is not kept is deleted."""
        if any(world is kept for _, _, kept in self._kept):
            return
        self._kept.append((settings, now, world))
        if settings.organizations * settings.contacts > LARGEST_TEMPLATE:
            self._kept.pop()[2].drop()
        elif len(self._kept) > MOST_TEMPLATES:
            self._kept.pop(0)[2].drop()


class Worlds:
    """`first` is the world that the mock's own address shows, `copies` are the others by their ids.

    `ports` opens ports for them; it is None if the mock has no socket, or if several processes serve it.
    """

    def __init__(self, first: World, now: Callable[[], float] = time.monotonic) -> None:
        self.first = first
        self.copies: dict[str, World] = {}
        self.leases: dict[str, Lease] = {}
        self.ports: Ports | None = None
        self._now = now
        self._made = 0
        self._templates = Templates()

    def find(self, world_id: str) -> World | None:
        """The world of that id, an empty one for the first; None if there is no such world."""
        return self.copies.get(world_id) if world_id else self.first

    def add(self, settings: Settings | None = None, *, time_to_live: float = TIME_TO_LIVE) -> tuple[str, World]:
        """Copy the first world, and return the new world's id and the world. It has its own keys.

        Raises ValueError if there are too many.
        """
        world_id = self._new_id()
        return world_id, self._kept(world_id, self.first.copy(world_id, settings), time_to_live)

    async def add_fresh(self, settings: Settings, now: float, *, time_to_live: float) -> tuple[str, World]:
        """Make a world with fresh data by these settings, as of `now` (unix seconds). Requests are answered meanwhile.

        Worlds with the same settings, such as those of a test suite, have the same data. Raises ValueError if there are too many.
        """
        world_id = self._new_id()
        template = self._templates.find(settings, now)
        if template is None:
            template = await asyncio.to_thread(self.first.template, settings, now)
        world = self._kept(world_id, template.copy(world_id), time_to_live)
        self._templates.keep(template, settings, now)
        return world_id, world

    def _new_id(self) -> str:
        self.expire()
        if len(self.copies) >= MOST:
            raise ValueError(f"there are {MOST} worlds already: drop one first")
        self._made += 1
        return f"wld_{base62(f'world/{self.first.settings.seed}/{self._made}', 16)}"

    def _kept(self, world_id: str, world: World, time_to_live: float) -> World:
        self.copies[world_id] = world
        self.leases[world_id] = Lease(time_to_live, self._now())
        self._expire_later(world_id)
        return world

    async def open_port(self, world_id: str) -> None:
        """Open a port for a world, if ports are available. Raises OSError."""
        if self.ports is not None:
            self.leases[world_id].port = await self.ports.open(self.copies[world_id])

    def use(self, world_id: str) -> World | None:
        """The world of that id, None if there is no such world. Its time to live begins again."""
        lease = self.leases.get(world_id)
        if lease is None:
            return None
        if self.first.settings.sharing is None:  # the other processes do not see that it is used
            lease.used_at = self._now()
        return self.copies[world_id]

    def drop(self, world_id: str) -> bool:
        """Drop a world, and end its activity and deliveries. Returns False if there is no such world."""
        world = self.copies.pop(world_id, None)
        if world is None:
            return False
        port = self.leases.pop(world_id).port
        if port is not None and self.ports is not None:
            self.ports.close(port)
        world.drop()
        return True

    def expire(self) -> None:
        """Drop the worlds whose time to live is over."""
        now = self._now()
        for world_id, lease in tuple(self.leases.items()):
            if now - lease.used_at >= lease.time_to_live:
                self.drop(world_id)

    def close(self) -> None:
        """End activity and deliveries in all worlds."""
        for world in (self.first, *self.copies.values()):
            world.close()

    def _expire_later(self, world_id: str) -> None:
        """Drop a world when its time to live is over. If it was used meanwhile, wait again."""
        lease = self.leases.get(world_id)
        if lease is None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return

        def look() -> None:
            self.expire()
            self._expire_later(world_id)

        loop.call_later(max(0.01, lease.used_at + lease.time_to_live - self._now()), look)
