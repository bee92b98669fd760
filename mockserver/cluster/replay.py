"""Requests to the control API, as what all processes do: taken from one process's wire, and asked again in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mockserver.api.body import whole_body

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOW = "outbound.now"
"""Where the ASGI scope keeps the unix time at which a request happens, where it is not the time at which it is answered."""

LONGEST_BODY = 64 * 1024 * 1024
_KEPT = (b"host", b"content-type", b"authorization")
_SAFE = ("GET", "HEAD", "OPTIONS")


class Unshared(Exception):
    """A change could not be shared: whether anybody performed it is not known. The message is one line."""


@dataclass(frozen=True, slots=True)
class Change:
    """A request to the control API. `now` is the unix time that it happens at, the same for all processes."""

    method: str
    path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    now: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the control API answered."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def is_change(scope: Scope) -> bool:
    """Whether a request changes the state, and has not been put in order yet."""
    return scope["method"] not in _SAFE and NOW not in scope


async def taken(scope: Scope, receive: Receive, now: float) -> Change | None:
    """A request as a change that happens at `now`; None for a body beyond all measure, or without an end."""
    body = await whole_body(receive, LONGEST_BODY)
    if body is None:
        return None
    headers = [(name, value) for name, value in scope["headers"] if name in _KEPT]
    return Change(scope["method"], scope["path"], scope["query_string"], headers, body, now)


async def asked(app: ASGIApp, change: Change) -> Outcome:
    """What an application answers to a change."""
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": change.method,
        "path": change.path,
        "raw_path": change.path.encode(),
        "query_string": change.query,
        "root_path": "",
        "headers": [(b"content-length", b"%d" % len(change.body)), *change.headers],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
        NOW: change.now,
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": change.body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    begin, *rest = sent
    return Outcome(begin["status"], list(begin["headers"]), b"".join(message.get("body", b"") for message in rest))


async def answer(outcome: Outcome, send: Send) -> None:
    """Send what was answered."""
    await send({"type": "http.response.start", "status": outcome.status, "headers": outcome.headers})
    await send({"type": "http.response.body", "body": outcome.body})
