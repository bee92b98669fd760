"""The caller of a request: found once by the Authorization header, before any other step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.types import Scope

from mockserver.api.keys import ApiKey

if TYPE_CHECKING:
    from mockserver.tenants.tenant import Tenant

CALLER = "outbound.caller"
"""Where the ASGI scope keeps the Caller, or the Problem that its credentials raised."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A valid API key and the one organization whose data it may see."""

    key: ApiKey
    tenant: Tenant


def presented_secret(scope: Scope) -> bytes | None:
    """The secret in the Authorization header; None if there is no such header.

    A header that is no bearer credential (RFC 6750 2.1; the scheme's case does not matter, RFC 9110 11.1), and more than one
    header, give the empty secret, which no key has.
    """
    presented: bytes | None = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            if presented is not None:
                return b""
            presented = value
    if presented is None:
        return None
    scheme, _, secret = presented.partition(b" ")
    return secret.lstrip(b" ") if scheme.lower() == b"bearer" else b""
