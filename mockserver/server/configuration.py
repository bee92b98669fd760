"""What uvicorn is told of a mock, with types: its connections know that what they serve has a state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import uvicorn

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from mockserver.api.pipeline import State


class Served(Protocol):
    """What a connection serves: a mock, or one world. The clock of its state dates what the connection itself refuses."""

    @property
    def state(self) -> State:
        """The state that is served."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""


class Configuration(uvicorn.Config):
    """How uvicorn serves a mock."""

    app: Served
