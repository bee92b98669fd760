"""Credentials that must not be accepted: altered keys, and valid keys in the wrong place (AUTH-2, AUTH-4)."""

from __future__ import annotations

import base64
import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from conformance.target.client import Headers

_CLASSES = (string.digits, string.ascii_lowercase, string.ascii_uppercase)

# Wrong values of the Authorization header. Each is a function of the valid key.
FORGERIES: dict[str, Callable[[str], str]] = {
    "never minted": lambda key: unknown(key),
    "never minted, its scheme in lower case": lambda key: unknown(key).replace("Bearer", "bearer", 1),
    "truncated": lambda key: f"Bearer {key[:-1]}",
    "last character changed": lambda key: f"Bearer {_altered(key, len(key) - 1, len(key))}",
    "first character changed": lambda key: f"Bearer {_altered(key, 0, 1)}",
    "with a space inside": lambda key: f"Bearer {key[: _middle(key)]} {key[_middle(key) :]}",
    "character in the middle changed": lambda key: f"Bearer {_altered(key, _middle(key), _middle(key) + 1)}",
    "in the other case": lambda key: f"Bearer {key.swapcase()}",
    "with a wildcard for its end": lambda key: f"Bearer {_with_wildcard(key)}",
    # Stand for any text: in SQL's LIKE, and in patterns of file names (SQLite's GLOB, Redis' KEYS).
    "with % for its end": lambda key: f"Bearer {key[:-1]}%",
    "with * for its end": lambda key: f"Bearer {key[:-1]}*",
    "with its end percent-encoded": lambda key: f"Bearer {key[:-1]}%{ord(key[-1]):02X}",
    "with a character more": lambda key: f"Bearer {key}0",
    "with a word behind it": lambda key: f"Bearer {key} x",
    "with a second one behind a comma": lambda key: f"Bearer {key},x",
    "with another prefix": lambda key: f"Bearer {_with_another_prefix(key)}",
    "without its prefix": lambda key: f"Bearer {key[key.rfind('_') + 1 :]}",
    "in quotes": lambda key: f'Bearer "{key}"',
    # Readers of base64 skip its padding, and readers of groups (as of UUIDs) the signs between them.
    "with padding behind it": lambda key: f"Bearer {key}==",
    "with a hyphen inside": lambda key: f"Bearer {key[: _middle(key)]}-{key[_middle(key) :]}",
    "in base64": lambda key: f"Bearer {_base64(key)}",
    "empty": lambda _: "Bearer",
    "another scheme": lambda key: f"Token {key}",
    "a scheme that begins with Bearer": lambda key: f"Bearers {key}",
    # A scheme and its credentials are parted by a space (RFC 9110 11.4): this is one word.
    "no space behind the scheme": lambda key: f"Bearer{key}",
    "a colon behind the scheme": lambda key: f"Bearer: {key}",
    "scheme ApiKey": lambda key: f"ApiKey {key}",
    # Servers that accept Basic look for a key in the user name or in the password.
    "scheme Basic": lambda key: f"Basic {_base64(f'{key}:{key}')}",
    "no scheme": lambda key: key,
}

STRANGERS: dict[str, Callable[[str], str | None]] = {
    "no key": lambda _: None,
    "an unknown key": lambda key: unknown(key),
    "another scheme": lambda _: FORGERIES["scheme Basic"]("nobody"),
}
"""The Authorization header of callers whom no key can name, None for no header. Each is a function of the valid key."""


def forged(forgery: str, secret: str, known: Iterable[str]) -> str | None:
    """The Authorization header of a forgery of a key. None if it presents one of the known keys after all.

    Keys made by hand may differ in only one character, so the forgery of one may be another one.
    """
    header = FORGERIES[forgery](secret)
    scheme, _, presented = header.partition(" ")
    return None if scheme.lower() == "bearer" and presented in (secret, *known) else header


_QUERY = ("api_key", "apikey", "apiKey", "access_token", "key", "token", "authorization", "bearer")
_COOKIES = ("api_key", "apiKey", "access_token", "token", "session", "Authorization", "key")
_KEY_HEADERS = ("X-API-Key", "X-Api-Token", "Api-Key", "ApiKey", "X-Auth-Token", "X-Access-Token", "X-Outbound-Key")
_AS_BEARER = ("X-Authorization", "Proxy-Authorization", "Authentication", "X-Forwarded-Authorization")
# The only header of a WebSocket's request that scripts in browsers can set.
_PROTOCOL = "Sec-WebSocket-Protocol"
PLACES = ("query", "cookie", "header")
BEHIND_A_SCHEME = "header behind its scheme"
"""The place of a key in headers that usually hold it alone."""
ALONE, BESIDE_UNKNOWN = "alone", "beside a key that was never minted"
"""What else a request presents that has a valid key in a wrong place."""


@dataclass(frozen=True)
class Carried:
    """A key in a place where it must not be accepted: query parameters and headers of a request."""

    query: dict[str, str]
    headers: Headers


def carriers(place: str, key: str) -> list[Carried]:
    """The key under each name that servers look for in a place, one at a time."""
    if place == "query":
        values = {name: f"Bearer {key}" if name == "authorization" else key for name in _QUERY}
        return [Carried({name: value}, ()) for name, value in values.items()]
    if place == "cookie":
        return [Carried({}, [("Cookie", f"{name}={key}")]) for name in _COOKIES]
    if place == BEHIND_A_SCHEME:
        values = {**dict.fromkeys(_KEY_HEADERS, f"Bearer {key}"), _PROTOCOL: f"bearer, {key}"}
    else:
        values = {**dict.fromkeys((*_KEY_HEADERS, _PROTOCOL), key), **dict.fromkeys(_AS_BEARER, f"Bearer {key}")}
    return [Carried({}, [header]) for header in values.items()]


def together(parts: list[Carried]) -> Carried:
    """All of them in one request; cookies share a header."""
    fields = [header for part in parts for header in part.headers]
    cookies = "; ".join(value for name, value in fields if name == "Cookie")
    others = [header for header in fields if header[0] != "Cookie"]
    query = {name: value for part in parts for name, value in part.query.items()}
    return Carried(query, [*others, *([("Cookie", cookies)] if cookies else [])])


def unknown(secret: str) -> str:
    """The Authorization header of a key that has the same form, but was never issued."""
    return f"Bearer {_altered(secret, secret.rfind('_') + 1, len(secret))}"


def _with_wildcard(secret: str) -> str:
    """The secret with its last character replaced by `_`, which stands for any one character in SQL's LIKE."""
    kept = secret.rstrip("_")
    return f"{kept[:-1]}_{secret[len(kept) :]}"


def _with_another_prefix(secret: str) -> str:
    """The secret with `test` in place of `live` in its prefix; without such a prefix, with another first character."""
    end = secret.rfind("_") + 1
    test = secret[:end].replace("live", "test", 1)
    return test + secret[end:] if test != secret[:end] else _altered(secret, 0, 1)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _middle(secret: str) -> int:
    return (secret.rfind("_") + 1 + len(secret)) // 2


def _altered(secret: str, start: int, end: int) -> str:
    return secret[:start] + "".join(map(_other, secret[start:end])) + secret[end:]


def _other(character: str) -> str:
    group = next((group for group in _CLASSES if character in group), "x")
    return group[(group.find(character) + 1) % len(group)]
