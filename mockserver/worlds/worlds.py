"""The worlds of a mock: the first, which its own address shows, and copies of it, each under an address of its own."""

from __future__ import annotations

from mockserver.api.keys import base62
from mockserver.worlds.world import World

MOST = 500
"""Copies that there may be at a time."""


class Worlds:
    """`first` is the world that the mock's own address shows, `copies` are the others by their ids."""

    def __init__(self, first: World) -> None:
        self.first = first
        self.copies: dict[str, World] = {}
        self._made = 0

    def find(self, world_id: str) -> World | None:
        """The world of that id, an empty one for the first; None if there is no such world."""
        return self.copies.get(world_id) if world_id else self.first

    def add(self) -> tuple[str, World]:
        """Copy the first world as it is; the copy's id and itself. Raises ValueError where there are too many."""
        if len(self.copies) >= MOST:
            raise ValueError(f"there are {MOST} worlds already: drop one first")
        self._made += 1
        world_id = f"wld_{base62(f'world/{self.first.settings.seed}/{self._made}', 16)}"
        copied = self.copies[world_id] = self.first.copy(world_id)
        return world_id, copied

    def drop(self, world_id: str) -> bool:
        """Forget a copy, and end what goes on in it; False where none has that id."""
        world = self.copies.pop(world_id, None)
        if world is not None:
            world.close()
        return world is not None

    def close(self) -> None:
        """End what goes on in all of them."""
        for world in (self.first, *self.copies.values()):
            world.close()
