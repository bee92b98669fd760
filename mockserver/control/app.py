"""The control API as an ASGI application: who may use it, and its one entry for callers in this process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mockserver.api.response import Response, json_bytes
from mockserver.cluster.replay import NOW
from mockserver.control.call import ASK, WORLDS
from mockserver.control.guard import refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mockserver.worlds.world import World
    from mockserver.worlds.worlds import Worlds

_TRUSTED = "outbound.trusted"


class Control:
    """Answers `/_mock/…`: JSON objects in and out, problems for whatever it cannot take.

    `mock` is the application that has this one among its parts. `token` is what everyone has to present who asks over the wire,
    None to serve this machine alone.
    """

    def __init__(self, worlds: Worlds, mock: ASGIApp, token: str | None = None) -> None:
        self._worlds = worlds
        self._mock = mock
        self.token = token
        self._stack: ASGIApp | None = None

    def admits(self, scope: Scope) -> bool:
        """Whether whoever sends a request may use the control API."""
        return self._refused(scope) is None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, send)
            return
        if self._stack is None:
            self._stack = _stack()
        scope[WORLDS], scope[ASK] = self._worlds, self.call
        await self._stack(scope, receive, send)

    def _refused(self, scope: Scope) -> Response | None:
        # What is performed by all processes was admitted by the one that it came to.
        return None if _TRUSTED in scope or NOW in scope else refusal(scope, self.token)

    async def call(
        self, world: World, method: str, path: str, body: Mapping[str, Any] | None = None, host: str = "127.0.0.1"
    ) -> tuple[int, Any]:
        """What a request of this process's own is answered: the status and the JSON value, None for an empty body.

        `path` begins with `/_mock`, and may have a query; `host` is the authority that addresses in the answer begin with.
        """
        target, _, query = path.partition("?")
        target = f"/_worlds/{world.name}{target}" if world.name else target
        content = b"" if body is None else json_bytes(body)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "http",
            "method": method,
            "path": target,
            "raw_path": target.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(b"host", host.encode()), (b"content-type", b"application/json")],
            "client": ("127.0.0.1", 0),
            "server": ("127.0.0.1", 0),
            _TRUSTED: True,
        }
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        await self._mock(scope, receive, send)
        begin, *rest = sent
        answer = b"".join(message.get("body", b"") for message in rest)
        return begin["status"], json.loads(answer) if answer else None


def _stack() -> ASGIApp:
    # Imported and built when somebody asks for the first time: who never does should not wait for it.
    from mockserver.control.document import document
    from mockserver.control.handlers import HANDLERS
    from mockserver.control.stack import build

    return build(document(), HANDLERS)
