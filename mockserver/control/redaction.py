"""Shortens keys, signing secrets, signatures and credentials in logs and reports to their beginning and last four characters.

Nothing else is shortened: cursors, ids and types of problems stay as they were sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from mockserver.api.keys import PREFIX
from mockserver.api.response import Header
from mockserver.webhooks.delivery import shortened, shortened_header
from spec.target import shown

_SPELLED_PREFIX = "".join(f"(?:{character}|%(?i:{ord(character):x}))" for character in PREFIX)
"""A pattern for the beginning of a key, any character of which may be percent-encoded in an address."""

_KEY = re.compile(rf"{_SPELLED_PREFIX}[A-Za-z0-9._~+/%-]+")
_SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "x-auth-token"}
)
_SECRET_PARAMETERS = re.compile(r"(?i)key|token|secret|auth|password|signature|credential")
_WORD = re.compile(r"[^\s;,=]+")
_SCHEMES = frozenset({"bearer", "basic", "digest", "token", "apikey"})


def redacted(text: str) -> str:
    """A text with every API key, signing secret and signature in it shortened: `obk_live_…1a2b`. Keys may be percent-encoded."""
    return shortened(_KEY.sub(lambda key: shown(key[0]), text))


def redacted_headers(headers: Iterable[Header]) -> list[tuple[str, str]]:
    """Headers for display: credentials in them are shortened to their beginning and end."""
    return redacted_fields((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def redacted_fields(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same of headers that are text already, with any characters."""
    return [
        (name, _credentials(value) if name.lower() in _SECRET_HEADERS else shortened_header(name, redacted(value)))
        for name, value in fields
    ]


def redacted_query(query: str) -> str:
    """A query string for display: a key in it is shortened in every spelling."""
    return "&".join(_pair(pair) for pair in query.split("&"))


def _pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    plain_name, plain = unquote(name), unquote(value)
    if PREFIX in plain_name:
        name = redacted(plain_name)
    if not equals:
        return name
    if PREFIX in plain:
        return f"{name}={redacted(plain)}"
    return f"{name}={shown(value) if value and _SECRET_PARAMETERS.search(plain_name) else redacted(value)}"


def _credentials(value: str) -> str:
    """The words of a header's value shortened, except the name of a scheme. Names of cookies are shortened, too."""
    return _WORD.sub(lambda word: word[0] if word[0].lower() in _SCHEMES else shown(word[0]), value)
