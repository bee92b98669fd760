"""The paths at which the mock serves its parts: the API, the console, the control API, and further worlds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec import contract

if TYPE_CHECKING:
    from starlette.types import Scope

API = contract().base_path
"""The path under which all operations of the contract lie."""

_BELOW_API = f"{API}/"

CONTROL = "/_mock"
CONSOLE = "/admin"

WORLD = "/_worlds/"
"""The prefix of a world's paths: a world's id follows it, and then a path of that world."""

PREFIX = "outbound.prefix"
"""Where the ASGI scope keeps the path prefix of the world that is asked for; absent if the path had none."""


def is_api(path: str) -> bool:
    """Whether a path lies under the API's: `/api/v1`, `/api/v1/…`, but not `/api/v10`."""
    return path.startswith(_BELOW_API) or path == API


def raw_path(scope: Scope) -> bytes:
    """The path as it was sent, still percent-encoded."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw


def base_url(scope: Scope) -> str:
    """The address of the mock, or of the world that is asked, as the client sees it.

    A proxy names the scheme and the prefix that it removed in X-Forwarded-Proto and X-Forwarded-Prefix.
    """
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    scheme = headers.get(b"x-forwarded-proto", "")
    if scheme not in ("http", "https"):
        scheme = scope["scheme"]
    prefix = headers.get(b"x-forwarded-prefix", "").rstrip("/")
    return f"{scheme}://{headers.get(b'host', '127.0.0.1')}{prefix}{scope.get(PREFIX, '')}"
