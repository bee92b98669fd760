"""A pytest plugin that writes every secret that a run uses into the file `$OUTBOUND_SPY`."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from conformance.target.transport import Answer, Field, Transport
from spec import commands

_seen: set[str] = set()
_send, _run, _parse = Transport.send, commands.run, BaseHTTPRequestHandler.parse_request


def _sending(transport: Transport, method: str, target: bytes, fields: Sequence[Field], body: bytes | None) -> Answer:
    _seen.update(value.decode().rpartition(" ")[2] for name, value in fields if name.lower() == b"authorization")
    return _send(transport, method, target, fields, body)


def _running(command: str, **placeholders: object) -> str:
    printed = _run(command, **placeholders)
    if "url" in placeholders:
        _seen.add(printed)
    return printed


def _parsing(handler: BaseHTTPRequestHandler) -> bool:
    parsed = _parse(handler)
    signature = handler.headers.get("X-Outbound-Signature", "") if parsed else ""
    _seen.update([signature, *re.findall(r"[0-9a-f]{64}", signature)])
    return parsed


def pytest_configure() -> None:
    """Watch everything that sends, receives or runs a command."""
    patch = pytest.MonkeyPatch()
    patch.setattr(Transport, "send", _sending)
    patch.setattr(commands, "run", _running)
    patch.setattr(BaseHTTPRequestHandler, "parse_request", _parsing)


def pytest_unconfigure() -> None:
    """Write what was seen into the file."""
    Path(os.environ["OUTBOUND_SPY"]).write_text("\n".join(sorted(_seen)), "utf-8", "backslashreplace")
