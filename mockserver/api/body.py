"""A request's body, taken in within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Receive


async def whole_body(receive: Receive, longest: int) -> bytes | None:
    """The body of a request; None for one that is too long, or whose client left before its end."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > longest or message["type"] == "http.disconnect":
            return None
    return bytes(body)
