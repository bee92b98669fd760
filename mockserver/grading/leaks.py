"""The places of a request, besides its Authorization header, that hold a key."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Iterator
from urllib.parse import unquote, unquote_plus

from mockserver.api.keys import PREFIX


def misplaced_keys(
    headers: Iterable[tuple[str, str]], path: str, query: str, secrets: tuple[str, ...], body: bytes = b""
) -> Iterator[str]:
    """The places of a request beside a bearer token in which one of the keys is found."""
    for name, value in headers:
        if _holds_a_key(name, value, secrets):
            yield _place(name, value)
    if _has(unquote(path), secrets):
        yield "the path"
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if _has(unquote_plus(value), secrets) or _has(unquote_plus(name), secrets):
            yield f"the query parameter `{'…' if _has(unquote_plus(name), secrets) else unquote_plus(name)}`"
    if _has(unquote_plus(body.decode("latin-1")), secrets):
        yield "the body"


def _holds_a_key(name: str, value: str, secrets: tuple[str, ...]) -> bool:
    if name.lower() == "authorization" and value.strip().partition(" ")[0].lower() == "bearer":
        return False
    return _has(unquote(value), secrets) or any(_has(_decoded(word), secrets) for word in value.split())


def _decoded(word: str) -> str:
    """A word decoded from base64, as in credentials of the scheme Basic; empty if it is no base64."""
    try:
        return b64decode(word, validate=True).decode("latin-1")
    except (NotBase64, ValueError):
        return ""


def _place(name: str, value: str) -> str:
    if name.lower() == "cookie":
        return "a cookie"
    if name.lower() != "authorization":
        return f"the header `{name}`"
    scheme = value.strip().partition(" ")[0]
    return "the Authorization header without `Bearer`" + ("" if PREFIX in scheme else f" (as `{scheme}`)")


def _has(text: str, secrets: tuple[str, ...]) -> bool:
    return PREFIX in text and any(secret in text for secret in secrets)
