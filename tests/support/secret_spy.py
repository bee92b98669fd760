"""A pytest plugin that writes down every secret of a run, as it passes by, into the file `$OUTBOUND_SPY`."""

from __future__ import annotations

import os
import re
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest

from spec import commands

_seen: set[str] = set()
_send, _run, _parse = httpx.Client.send, commands.run, BaseHTTPRequestHandler.parse_request


def _sending(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
    _seen.update(value.rpartition(" ")[2] for value in request.headers.get_list("authorization"))
    return _send(client, request, **options)


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
    """Look over the shoulder of whatever sends, runs a command or receives."""
    patch = pytest.MonkeyPatch()
    patch.setattr(httpx.Client, "send", _sending)
    patch.setattr(commands, "run", _running)
    patch.setattr(BaseHTTPRequestHandler, "parse_request", _parsing)


def pytest_unconfigure() -> None:
    """Write down what was seen."""
    Path(os.environ["OUTBOUND_SPY"]).write_text("\n".join(sorted(_seen)), "utf-8", "backslashreplace")
