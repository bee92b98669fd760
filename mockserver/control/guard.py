"""Access control of the control API and the console: clients on this machine, or clients with the token."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mockserver.api.authentication import presented_secret
from mockserver.api.response import Response, problem_response
from mockserver.webhooks.loopback import is_loopback

if TYPE_CHECKING:
    from starlette.types import Scope


def refusal(scope: Scope, token: str | None) -> Response | None:
    """The refusal of a request, None if it is allowed.

    Without a token, a request must come from this machine and name it as its host; with one, it must present the token. Requests
    that a browser sends for a page of another site are always refused.
    """
    if is_foreign(scope):
        return problem_response(403, "Forbidden", "Pages of other sites may not use the control API.")
    if token is not None:
        if presents(scope, token):
            return None
        challenge = (b"www-authenticate", b'Bearer realm="outbound-mock control"')
        return problem_response(
            401, "Unauthorized", "Present the control token: Authorization: Bearer, a space, the token.", [challenge]
        )
    if is_local(scope):
        return None
    return problem_response(
        403, "Forbidden", "The control API serves this machine alone, unless there is a --control-token."
    )


def presents(scope: Scope, token: str) -> bool:
    """Whether a request presents the token as a bearer credential, compared in constant time."""
    return hmac.compare_digest(presented_secret(scope) or b"", token.encode())


def is_local(scope: Scope) -> bool:
    """Whether the request comes from this machine, and its host is this machine: a web page's requests name another host."""
    headers = dict(scope["headers"])
    try:
        host = urlsplit(f"//{headers.get(b'host', b'').decode('latin-1')}").hostname
        addresses = [scope["client"][0], "127.0.0.1" if host == "localhost" else host or ""]
        return all(is_loopback(address) for address in addresses)
    except (TypeError, ValueError):
        return False


def is_foreign(scope: Scope) -> bool:
    """Whether a browser sends the request for a page of another origin."""
    headers = dict(scope["headers"])
    origin, host = headers.get(b"origin"), headers.get(b"host", b"")
    if headers.get(b"sec-fetch-site") in (b"cross-site", b"same-site"):
        return True
    return origin is not None and origin.partition(b"://")[2].lower() != host.lower()
