"""Serves a grading mock on a socket, in a thread of this process."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING

from mockserver.grading.recording import BEGAN, CONNECTION, OPEN_AT_ONCE, OPENED
from mockserver.server.certificates import Certificate
from mockserver.server.connection import Connection
from mockserver.server.uvicorn_server import PromptServer, base_url, configuration

if TYPE_CHECKING:
    import asyncio

    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.api.pipeline import State

_COUNTER = itertools.count(1)
_STARTS_WITHIN = 30.0
_ENDS_WITHIN = 10.0


class NumberedConnection(Connection):
    """A connection that leaves its number, and the time at which each of its requests began, in the ASGI scope."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Number the connection, and record when it was opened, and how many were open then."""
        super().connection_made(transport)
        self.number = next(_COUNTER)
        self._opened = time.monotonic()
        self._open_at_once = len(self.connections)

    def on_message_begin(self) -> None:
        """Record when a request begins."""
        super().on_message_begin()
        self._began = time.monotonic()

    def on_headers_complete(self) -> None:
        """Put times and number into the request's scope, before the request is served."""
        super().on_headers_complete()
        self.cycle.scope[BEGAN] = self._began
        self.cycle.scope[CONNECTION] = self.number
        self.cycle.scope[OPENED] = self._opened
        self.cycle.scope[OPEN_AT_ONCE] = self._open_at_once


class Serving(AbstractContextManager["Serving"]):
    """Serves `app` on `listener` from the beginning of a `with` block to its end, over TLS if there is a certificate.

    `state` is the mock's, for its connections.
    """

    def __init__(
        self,
        app: ASGIApp,
        listener: socket.socket,
        state: Callable[[], State],
        certificate: Certificate | None = None,
    ) -> None:
        self.url = base_url(listener, "https" if certificate else "http")
        self._listener = listener
        config = configuration(
            _Application(app, state), NumberedConnection, certificate.context() if certificate else None
        )
        config.timeout_keep_alive = 75
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)

    def __enter__(self) -> Serving:
        self._thread.start()
        deadline = time.monotonic() + _STARTS_WITHIN
        while not self._server.started and self._thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.end()
        self._thread.join(_ENDS_WITHIN)
        self._listener.close()


class _Server(PromptServer):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 (as uvicorn has it)
        # The command has ended, so no client waits for the answers for which uvicorn would wait a tenth of a second.
        for server in self.servers:
            server.close()
        for connection in tuple(self.server_state.connections):
            connection.shutdown()


class _Application:
    """The form of a mock that the connection expects: an ASGI application with a state."""

    def __init__(self, app: ASGIApp, state: Callable[[], State]) -> None:
        self._app = app
        self._state = state

    @property
    def state(self) -> State:
        return self._state()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
