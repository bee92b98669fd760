"""The mock on a socket: uvicorn with the mock's own connections, stopped by the first Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from mockserver.cluster import ending
from mockserver.server.configuration import Configuration, Served
from mockserver.server.connection import Connection
from mockserver.server.request_lines import Logged
from mockserver.server.world_ports import WorldPorts

if TYPE_CHECKING:
    from mockserver.app import Mock

BACKLOG = 2_048

_TICK = 0.1
_TICKS_A_DAY = 864_000
_HURRY = 50
"""The number of ticks between two checks for slow clients."""

_CANCEL_EVERY = 0.1


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on `host` and `port`, 0 for a free one. Raises OSError."""
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


def base_url(listener: socket.socket, scheme: str = "http") -> str:
    """The address of the socket for clients on this machine."""
    host, port = listener.getsockname()[:2]
    if ip_address(host.partition("%")[0]).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def serve(
    mock: Mock,
    listener: socket.socket,
    ready: Callable[[], None],
    context: ssl.SSLContext | None = None,
    *,
    log: bool = False,
) -> None:
    """Serve until a signal that ends a mock, and raise the signal again afterwards. Calls `ready` when requests are answered.

    With a `context` it serves https; with `log` it prints a line for each request. A second signal ends the process at once.
    `ending.WITHIN` seconds after the first signal the process ends in any case.
    """
    app: Served = Logged(mock) if log else mock
    _Server(configuration(app, Connection, context), mock, ready).run([listener])


def configuration(app: Served, connection: type[Connection], context: ssl.SSLContext | None) -> Configuration:
    """How uvicorn serves a mock: by the mock's own connections, quietly, with a `context` over TLS."""
    return Configuration(
        app,
        http=connection,
        backlog=BACKLOG,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        log_level="critical",
        timeout_graceful_shutdown=1,
        date_header=False,
        server_header=False,
        ssl_context_factory=(lambda _config, _default: context) if context else None,
    )


class PromptServer(uvicorn.Server):
    """A server of uvicorn that ends at once. uvicorn's own waits for its next tick, a tenth of a second at most."""

    _told: asyncio.Future[None] | None = None

    def end(self) -> None:
        """End, without waiting for requests under way. May be called by any thread and by a signal handler."""
        self.should_exit = self.force_exit = True
        self.wake()

    def wake(self) -> None:
        """Make the server check now whether it must end. May be called by any thread and by a signal handler."""
        if self._told:
            with suppress(RuntimeError):  # the loop is closed: the server has ended
                self._told.get_loop().call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        if self._told and not self._told.done():
            self._told.set_result(None)

    async def main_loop(self) -> None:
        """Tick until the server must end, as uvicorn does."""
        self._told = asyncio.get_running_loop().create_future()
        counter = 0
        while not await self.on_tick(counter):
            counter = (counter + 1) % _TICKS_A_DAY
            await asyncio.wait({self._told}, timeout=_TICK)


class _Server(PromptServer):
    def __init__(self, config: uvicorn.Config, mock: Mock, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._mock = mock
        self._ready = ready
        self._sharing: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self._mock.changes:
            await self._mock.changes.catch_up()
            self._sharing = asyncio.create_task(self._mock.changes.run())
        await super().startup(sockets)
        if sockets and not self._mock.changes:
            self._mock.worlds.ports = WorldPorts(self, self._mock, sockets[0].getsockname()[0])
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        if counter % _HURRY == 0:
            for connection in tuple(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.check_timeout()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Nothing is persisted, so there is no need to wait for requests under way.
        self.force_exit = True
        await super().shutdown(sockets)
        if self._sharing:
            await ended(self._sharing)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the signals that end a mock, except ignored ones, and raise them again afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        heeded = [number for number in ending.SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
        handlers = {number: signal.signal(number, self.handle_exit) for number in heeded}
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        for captured in self._captured_signals:
            signal.raise_signal(captured)

    def handle_exit(self, sig: int, _frame: FrameType | None) -> None:
        """Handle a signal: the first asks the server to end, the second ends the process."""
        if self._captured_signals:
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)
        self._captured_signals.append(sig)
        self.should_exit = True
        self.wake()
        ending.end_within(ending.WITHIN, 128 + sig)


async def ended(task: asyncio.Task[None]) -> None:
    """Cancel a task until it has ended.

    Once is not enough: `asyncio.wait_for` of Python 3.11 loses a cancellation at the moment when its result arrives.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCEL_EVERY)
