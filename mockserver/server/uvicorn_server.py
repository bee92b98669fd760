"""The mock on a socket: uvicorn, without the parts that the mock has its own of, and stopped by the first Ctrl-C."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn

from mockserver.server.connection import Connection

if TYPE_CHECKING:
    from mockserver.app import Mock

BACKLOG = 2_048

_HURRY = 50
"""Ticks of uvicorn's, ten a second, after which clients are looked at that take their time."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on `host` and `port`, 0 for a free one. Raises OSError where that cannot be."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def base_url(listener: socket.socket) -> str:
    """The address that clients on this machine reach the socket by."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (compared with, not bound to)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: Mock, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM, which is raised again afterwards. Calls `ready` once requests are answered."""
    config = uvicorn.Config(
        app,
        http=Connection,
        backlog=BACKLOG,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        log_level="critical",
        timeout_graceful_shutdown=1,
        date_header=False,
        server_header=False,
        timeout_keep_alive=75,
    )
    _Server(config, app, ready).run([listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, app: Mock, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._mock = app
        self._ready = ready
        self._sharing: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self._mock.changes:
            await self._mock.changes.catch_up()
            self._sharing = asyncio.create_task(self._mock.changes.run())
        await super().startup(sockets)
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        if counter % _HURRY == 0:
            for connection in tuple(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.check_timeout()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Nothing is persisted, so there is nothing that a client in mid-request could lose by not being waited for.
        self.force_exit = True
        await super().shutdown(sockets)
        if self._sharing:
            self._sharing.cancel()
            await asyncio.wait({self._sharing})
