"""The address by which a client reached the mock: what the URLs in answers begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Scope


def base_url(scope: Scope) -> str:
    """Scheme, host and prefix of the mock's own address, as the client sees them.

    A proxy tells what it took off in X-Forwarded-Proto and X-Forwarded-Prefix.
    """
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    scheme = headers.get(b"x-forwarded-proto", scope["scheme"])
    if scheme not in ("http", "https"):
        scheme = scope["scheme"]
    prefix = headers.get(b"x-forwarded-prefix", "").rstrip("/")
    return f"{scheme}://{headers.get(b'host', '127.0.0.1')}{prefix}"
