"""uvicorn's configuration with types: its connections serve an application that has a state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import uvicorn

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from mockserver.api.pipeline import State


class Served(Protocol):
    """The application of a connection: a mock, or one world. Its state's clock gives the Date of the connection's own answers."""

    @property
    def state(self) -> State:
        """The state that is served."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""


class Configuration(uvicorn.Config):
    """How uvicorn serves a mock."""

    app: Served
