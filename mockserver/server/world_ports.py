"""Ports of worlds: each is another listening socket of this process, with the same kind of connections as the mock's own."""

from __future__ import annotations

import asyncio
import socket
from copy import copy
from typing import TYPE_CHECKING

from mockserver.server.connection import Connection

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import Receive, Scope, Send

    from mockserver.api.pipeline import State
    from mockserver.app import Mock
    from mockserver.worlds.world import World


class _WorldApp:
    """One world as an application. Its `state` has the clock that a connection uses for its own answers."""

    def __init__(self, mock: Mock, world: World) -> None:
        self._mock = mock
        self._world = world

    @property
    def state(self) -> State:
        """The world's state."""
        return self._world.state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._mock.serve_at_own_address(self._world, scope, receive, send)


class WorldPorts:
    """Opens ports on `host` for the worlds of `mock`, which `server` serves."""

    def __init__(self, server: uvicorn.Server, mock: Mock, host: str) -> None:
        self._server = server
        self._mock = mock
        self._host = host
        self._listening: dict[int, asyncio.Server] = {}

    async def open(self, world: World) -> int:
        """Serve a world on a free port, and return the port. Raises OSError."""
        config = copy(self._server.config)
        config.app = config.loaded_app = _WorldApp(self._mock, world)

        def connection() -> Connection:
            return Connection(config, self._server.server_state, self._server.lifespan.state)

        loop = asyncio.get_running_loop()
        listening = await loop.create_server(connection, sock=_free_port(self._host), ssl=config.ssl)
        port: int = listening.sockets[0].getsockname()[1]
        self._listening[port] = listening
        return port

    def close(self, port: int) -> None:
        """Stop listening on a port."""
        self._listening.pop(port).close()


def _free_port(host: str) -> socket.socket:
    """A socket that listens on a free port of a host; for `::` also on IPv4, like the mock's own socket."""
    if ":" in host:
        return socket.create_server((host, 0), family=socket.AF_INET6, dualstack_ipv6=socket.has_dualstack_ipv6())
    return socket.create_server((host, 0))
