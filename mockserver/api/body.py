"""Reads a request's body within bounds, and says where the ASGI scope keeps its trailers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Receive

TRAILERS = "outbound.trailers"
"""Where the ASGI scope keeps a request's trailers (name, value), once its body has come. Only a fault looks at them."""


async def whole_body(receive: Receive, longest: int) -> bytes | None:
    """The body of a request; None if it is too long, or if the client left before its end."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > longest or message["type"] == "http.disconnect":
            return None
    return bytes(body)
