"""Who may use the console, and which forms are its own.

It is there for this machine alone; with a control token, for whoever logs in with it. A change is accepted from a form of ours
alone: the browser must not say that another site sent it, and the form has to repeat a cookie that other sites cannot read.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mockserver.api.response import Header

if TYPE_CHECKING:
    from starlette.types import Scope

# 'none' for everything that is not named: no script, style or request but our own, no frame in which a page could be put.
POLICY: Header = (
    b"content-security-policy",
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    b"base-uri 'none'; frame-ancestors 'none'",
)

HEADERS: tuple[Header, ...] = (
    POLICY,
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

_TOKEN = re.compile(r"[\w-]{32}")


def cookies(scope: Scope) -> Mapping[str, str]:
    """The cookies of a request; none where they cannot be read."""
    header = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}


def cookie_name(scope: Scope, purpose: str) -> str:
    """A cookie's name with the port in it: cookies do not tell ports apart, and several mocks may run on one machine."""
    return f"outbound_{purpose}_{_port(scope)}"


def set_cookie(scope: Scope, purpose: str, value: str) -> Header:
    """The header that leaves a cookie which no script reads and no other site's request brings along; empty to remove it."""
    age = "; Max-Age=0" if not value else ""
    return (b"set-cookie", f"{cookie_name(scope, purpose)}={value}; Path=/; HttpOnly; SameSite=Strict{age}".encode())


def form_token(scope: Scope) -> tuple[str, bool]:
    """The token that forms repeat: the cookie's, or a new one, and whether it is new."""
    found = cookies(scope).get(cookie_name(scope, "form"), "")
    return (found, False) if _TOKEN.fullmatch(found) else (secrets.token_urlsafe(24), True)


def is_ours(scope: Scope, token: str, sent: str) -> bool:
    """Whether a form comes from a page of ours: `token` is what the cookie says, `sent` what the form says."""
    headers = dict(scope["headers"])
    if headers.get(b"sec-fetch-site", b"same-origin") != b"same-origin":
        return False
    origin = headers.get(b"origin")
    if origin is not None and urlsplit(origin.decode("latin-1")).netloc != _host(scope):
        return False
    return hmac.compare_digest(token.encode(), sent.encode("utf-8", "replace"))


def session(control_token: str) -> str:
    """What the cookie of whoever knows the control token holds. It does not tell the token."""
    return hmac.new(control_token.encode(), b"outbound console", hashlib.sha256).hexdigest()


def is_logged_in(scope: Scope, control_token: str) -> bool:
    """Whether a request brings the cookie that a log-in left."""
    brought = cookies(scope).get(cookie_name(scope, "session"), "")
    return hmac.compare_digest(session(control_token).encode(), brought.encode("utf-8", "replace"))


def _host(scope: Scope) -> str:
    found: bytes = dict(scope["headers"]).get(b"host", b"")
    return found.decode("latin-1")


def _port(scope: Scope) -> int:
    try:
        return urlsplit(f"//{_host(scope)}").port or 80
    except ValueError:
        return 80
