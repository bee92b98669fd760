"""The end of a connection in the middle of a request. ASGI cannot express it, so the server helps through the scope."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Receive, Scope

TRANSPORT = "outbound.transport"
"""Where the scope keeps the transport of the request's connection; absent if there is no socket."""

ON_LEAVING = "outbound.on_leaving"
"""Where a scope keeps the callback for the moment when the client closes the connection or its sending half; may be absent."""

_AT_ONCE = struct.pack("ii", 1, 0)


async def hang_up(scope: Scope, receive: Receive, *, reset: bool = False) -> None:
    """Close the connection of a request after the bytes that were sent already, or reset it. Returns when it is closed."""
    transport: asyncio.Transport | None = scope.get(TRANSPORT)
    if transport is None:
        return
    await asyncio.sleep(
        0
    )  # The head of an answer is sent at the end of the event loop's turn, if its body has not come before.
    if reset:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        transport.abort()
    else:
        transport.close()
    # The server counts the request as answered only when it has seen that the connection is closed.
    while (await receive())["type"] != "http.disconnect":
        pass
