"""A line on standard error for each answered request (`--log`)."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from mockserver.api.request_notes import ENTRY
from mockserver.control.commands import STATUS_COLOURS
from mockserver.control.redaction import redacted, redacted_query

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from mockserver.api.pipeline import State
    from mockserver.app import Mock

_LONGEST_TARGET = 200


class Logged:
    """The mock, with a line for each request after its answer."""

    def __init__(self, mock: Mock) -> None:
        self._mock = mock

    @property
    def state(self) -> State:
        """The state of the mock's first world."""
        return self._mock.state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._mock(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def seen(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._mock(scope, receive, seen)
        finally:
            click.echo(_line(scope, status, time.perf_counter() - began), file=sys.stderr)


def _line(scope: Scope, status: int, seconds: float) -> str:
    colour = STATUS_COLOURS.get(status // 100, "red")
    words = [
        time.strftime("%H:%M:%S"),
        click.style(str(status or "---"), fg=colour),
        f"{seconds * 1_000:6.1f} ms",
        scope["method"],
        _target(scope),
        *_noted(scope),
    ]
    return " ".join(words)


def _target(scope: Scope) -> str:
    """Path and query in printable characters, with keys shortened."""
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    target = redacted(path) + (f"?{redacted_query(query)}" if query else "")
    return "".join(character if character.isprintable() else "?" for character in target[:_LONGEST_TARGET])


def _noted(scope: Scope) -> list[str]:
    """The presented key, and the reason of a refusal."""
    entry = scope.get(ENTRY)
    if entry is None:
        return []
    key = [click.style(f"[{entry.key.name}]", dim=True)] if entry.key else []
    return [*key, *([entry.problem.detail] if entry.problem else [])]
