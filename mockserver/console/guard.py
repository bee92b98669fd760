"""Access control of the console, and recognition of its own forms.

It serves only this machine, or, with a control token, visitors who log in with it. It accepts only its own forms: the browser
must not name another site as the sender, and the form must repeat a cookie that other sites cannot read.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

HEADERS: Mapping[str, str] = {
    # 'none' is the default: only our own scripts, styles and requests are allowed, and no frame around a page.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

_TOKEN = re.compile(r"[\w-]{32}")


def set_cookie(request: Request, answer: Response, purpose: str, value: str) -> None:
    """Set a cookie that scripts cannot read and that requests from other sites do not carry. An empty value removes it."""
    age = None if value else 0
    secure = request.url.scheme == "https"
    name = _cookie_name(request, purpose)
    answer.set_cookie(name, value, max_age=age, secure=secure, httponly=True, samesite="strict")


def form_token(request: Request) -> tuple[str, bool]:
    """The token that forms repeat: the cookie's, or a new one, and whether it is new. It stays the same within a request."""
    found = cookie(request, "form")
    if _TOKEN.fullmatch(found):
        return found, False
    made: str = request.scope.setdefault("outbound.form_token", secrets.token_urlsafe(24))
    return made, True


def is_ours(request: Request, token: str, sent: str) -> bool:
    """Whether a form comes from a page of this console: `token` is the cookie's token, `sent` the form's."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host", ""):
        return False
    return hmac.compare_digest(token.encode(), sent.encode("utf-8", "replace"))


def cookie(request: Request, purpose: str) -> str:
    """The value of the cookie that `set_cookie` has set for a purpose; empty without one."""
    return request.cookies.get(_cookie_name(request, purpose), "")


def _cookie_name(request: Request, purpose: str) -> str:
    """A cookie's name with the port in it: cookies do not tell ports apart, and several mocks may run on one machine."""
    try:
        port = urlsplit(f"//{request.headers.get('host', '')}").port or 80
    except ValueError:
        port = 80
    return f"outbound_{purpose}_{port}"
