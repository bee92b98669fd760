"""The answers of the mock: complete, and ready to be sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from starlette.types import Receive, Scope, Send

Header = tuple[bytes, bytes]


class Response:
    """A status, headers and a body, sent as it is. It is an ASGI application."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, content_type: bytes, body: bytes, headers: Iterable[Header] = ()) -> None:
        self.status = status
        self.body = body
        self.headers: list[Header] = [
            (b"content-type", content_type),
            (b"content-length", b"%d" % len(body)),
            *headers,
        ]

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


def json_bytes(value: object) -> bytes:
    """A JSON value in UTF-8, without spaces."""
    return msgspec.json.encode(value)


def json_answer(value: Mapping[str, object], status: int = 200) -> Response:
    """`value` as an `application/json` answer."""
    return Response(status, b"application/json", json_bytes(value))


def problem_response(status: int, title: str, detail: str, headers: Iterable[Header] = ()) -> Response:
    """A problem (RFC 9457) of the mock's own surfaces, which have no kinds."""
    members = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(status, b"application/problem+json", json_bytes(members), headers)


def unavailable(reason: str) -> Response:
    """503 for a request that cannot be served now. `reason` is one line without its full stop."""
    return problem_response(503, "Service unavailable", f"{reason[:1].upper()}{reason[1:]}.", [(b"retry-after", b"1")])
