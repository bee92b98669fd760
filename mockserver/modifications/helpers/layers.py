"""Layers around the API that answer some of its requests another way. Documentation, console and control API stay as they are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from mockserver.api import paths

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.api.pipeline import Layer

Way = Callable[["ASGIApp", "Scope", "Receive", "Send"], Awaitable[None]]
"""(application, scope, receive, send) → the request's answer, sent."""


def around(way: Way) -> Layer:
    """A layer that sends every request this way."""
    return lambda app: partial(way, app)


def sometimes(happens: Callable[[], bool], way: Way) -> Layer:
    """A layer that sends a request to the API another way if `happens` says so. It is asked for every request."""

    async def served(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(paths.API) and happens():
            await way(app, scope, receive, send)
        else:
            await app(scope, receive, send)

    return around(served)
