"""The places of a request, besides its Authorization header, that hold a key."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Collection, Iterator
from functools import lru_cache
from urllib.parse import unquote, unquote_plus

from mockserver.api.keys import PREFIX, SECRET_LENGTH

_ALIKE = re.compile(rf"[A-Za-z0-9]{{{SECRET_LENGTH}}}")
"""What a key looks like without its prefix."""

_LONG_WORD = re.compile(rf"[A-Za-z0-9+/_-]{{{SECRET_LENGTH},}}=*")
_STANDARD = str.maketrans("-_", "+/")


def misplaced_keys(
    headers: Collection[tuple[str, str]], path: str, query: str, secrets: tuple[str, ...], body: bytes = b""
) -> Iterator[str]:
    """The places of a request beside a bearer token in which one of the keys is found."""
    is_one = len({value for name, value in headers if name.lower() == "authorization"}) <= 1
    for name, value in headers:
        is_bearer = name.lower() == "authorization" and value.strip().partition(" ")[0].lower() == "bearer"
        if not (is_bearer and is_one) and _has(unquote(value), secrets):
            yield "one of several Authorization headers" if is_bearer else _place(name, value)
    if any(_has(unquote(part), secrets) for part in path.split("/")):
        yield "the path"
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if _has(unquote_plus(value), secrets) or _has(unquote_plus(name), secrets):
            yield f"the query parameter `{'…' if _has(unquote_plus(name), secrets) else unquote_plus(name)}`"
    if _has(unquote_plus(body.decode("latin-1")), secrets):
        yield "the body"


def _place(name: str, value: str) -> str:
    if name.lower() == "cookie":
        return "a cookie"
    if name.lower() != "authorization":
        return f"the header `{name}`"
    scheme = value.strip().partition(" ")[0]
    return "the Authorization header without `Bearer`" + ("" if PREFIX in scheme else f" (as `{scheme}`)")


def _has(text: str, secrets: tuple[str, ...]) -> bool:
    """Whether a text holds a key, as it is, without its prefix, or in base64 or hexadecimal digits."""
    words = _LONG_WORD.findall(text)
    forms = [form for form in (text, *map(_from_base64, words), *map(_from_hex, words)) if _may_hold_a_key(form)]
    return any(secret in form for form in forms for secret in _without_prefixes(secrets))


def _may_hold_a_key(text: str) -> bool:
    """Whether it is worth comparing a text with every key."""
    return PREFIX in text or _ALIKE.search(text) is not None


@lru_cache(maxsize=4)
def _without_prefixes(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """What is secret of each key; all of it, if that is shorter than what the mock mints: it might stand there by chance."""
    bare = (secret.removeprefix(PREFIX) for secret in secrets)
    return tuple(rest if len(rest) >= SECRET_LENGTH else secret for rest, secret in zip(bare, secrets, strict=True))


def _from_base64(word: str) -> str:
    """A word decoded from base64, as in credentials of the scheme Basic; empty if it is no base64."""
    bare = word.rstrip("=").translate(_STANDARD)
    try:
        return b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode("latin-1")
    except (NotBase64, ValueError):
        return ""


def _from_hex(word: str) -> str:
    """A word decoded from hexadecimal digits; empty if it has others."""
    try:
        return bytes.fromhex(word).decode("latin-1")
    except ValueError:
        return ""
