"""Cursors that the target never gave: a real one that was altered, and made-up ones."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from random import Random
from string import ascii_letters, digits
from typing import Any

# Long enough to overflow a careless buffer or column, short enough for any server's request line.
_LONG = 1500
# base64 encodes three bytes as four characters, and pads the rest.
_UNPADDED = 3


def spoiled(cursor: str, spoil: str, seed: int) -> str | None:
    """A cursor spoiled in one of SPOILS: a real one, shortened or altered at a place drawn with the seed, or a made-up one.

    Returns None if the spoil is about the members of a cursor, and this one is not base64 of a JSON list or object.
    """
    if spoil in _MADE_UP:
        return _MADE_UP[spoil]
    if spoil in _OF_MEMBERS:
        return _with_member(cursor, *_OF_MEMBERS[spoil])
    if spoil == "cut in half":
        return cursor[: max(1, len(cursor) // 2)]
    if spoil == "without its end":
        return cursor[:-1] or "x"
    choose = Random(seed)  # noqa: S311 — nothing to keep secret
    at = choose.randrange(len(cursor))
    other = choose.choice((ascii_letters + digits).replace(cursor[at], ""))
    return cursor[:at] + other + cursor[at + 1 :]


def _with_member(cursor: str, place: int, value: object) -> str | None:
    """The cursor with another value in the place of its first member (0) or its last (-1); None if it shows no members."""
    content = _content(cursor)
    if not isinstance(content, list | dict) or not content:
        return None
    keys = list(content) if isinstance(content, dict) else range(len(content))
    content[keys[place]] = value
    return _encoded(content)


def _content(cursor: str) -> Any:
    try:
        return json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        return None


def _encoded(content: object) -> str:
    return _base64(json.dumps(content).encode())


def _base64(content: bytes) -> str:
    """Base64 without padding, which some servers require and others refuse: spaces after the JSON make its length fit."""
    return urlsafe_b64encode(content + b" " * (-len(content) % _UNPADDED)).decode()


# Words, a number, the form of the documentation's example with other things in it, and content of no such form.
_MADE_UP = {
    "of odd characters": "é\x00💩",
    "very long": "A" * _LONG,
    "of a time that is none": _encoded({"id": "x", "t": "yesterday"}),
    "of nothing": _encoded({}),
    "of a list": _encoded([]),
    "a negative number": "-1",
    "of nulls": _encoded({"id": None, "t": None}),
    "of a number": _encoded(5),
    "of a text": _encoded("x"),
    "of no JSON": _base64(b"id=x&t=1"),
    "of bytes that are not UTF-8": _base64(b"\xff\xfe\xc0"),
}
# The place of the member in a real cursor, and what stands there instead of a text or a number that the server wrote.
_OF_MEMBERS: dict[str, tuple[int, object]] = {
    f"whose {place} member is {value}": (index, json.loads(value))
    for place, index in (("first", 0), ("last", -1))
    for value in ("7", "null", "[7]")
}
SPOILS = ("cut in half", "without its end", "altered", *_MADE_UP, *_OF_MEMBERS)
"""Ways to spoil a cursor."""
