"""Cursors that the target never gave: a real one that was altered, and made-up ones."""

from __future__ import annotations

import json
import re
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from string import ascii_letters, digits
from typing import Any

from conformance.cases.sampling import chooser

# Long enough to overflow a careless buffer or column, short enough for any server's request line.
_LONG = 1500
# base64 encodes three bytes as four characters, and pads the rest.
_UNPADDED = 3


def spoiled(cursor: str, spoil: str, seed: int) -> str | None:
    """A cursor spoiled in one way of SPOILS: a real one, altered at a place drawn with the seed, or a made-up one.

    Returns None if the spoil alters something that this cursor lacks: a member (if it is not base64 of a JSON list or
    object), a date or a number.
    """
    if spoil in _MADE_UP:
        return _MADE_UP[spoil]
    if spoil in _OF_MEMBERS:
        return _with_member(cursor, *_OF_MEMBERS[spoil])
    if spoil in _OF_TEXT:
        return _rewritten(cursor, *_OF_TEXT[spoil])
    if spoil == "cut in half":
        return cursor[: max(1, len(cursor) // 2)]
    if spoil == "without its end":
        return cursor[:-1] or "x"
    choose = chooser(seed)
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


def _rewritten(cursor: str, pattern: re.Pattern[str], by: str) -> str | None:
    """The cursor with its first match replaced, in its decoded base64 or in itself; None if nothing matches.

    The length changes by a multiple of three, so that the base64 is padded as the server padded it.
    """
    text = _text(cursor)
    changed, found = pattern.subn(by, cursor if text is None else text, count=1)
    if not found:
        return None
    if text is None:
        return changed
    encoded = urlsafe_b64encode(changed.encode()).decode()
    return encoded if "=" in cursor else encoded.rstrip("=")


def _text(cursor: str) -> str | None:
    """The text that a cursor encodes as base64; None if the cursor is no base64, or the text is not printable ASCII."""
    try:
        text = b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except ValueError:
        return None
    return text if text.isprintable() else None


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


# Words, a number, the form of the documentation's example with other values in it, and content of other forms.
_MADE_UP = {
    "of odd characters": "é\x00💩",
    "very long": "A" * _LONG,
    "of a time that is none": _encoded({"id": "x", "t": "yesterday"}),
    "of nothing": _encoded({}),
    "of a list": _encoded([]),
    "a negative number": "-1",
    "of nulls": _encoded({"id": None, "t": None}),
    "of a number": _encoded(5),
    "of null": _encoded(None),
    "of no JSON": _base64(b"id=x&t=1"),
    "of bytes that are not UTF-8": _base64(b"\xff\xfe\xc0"),
}
# What replaces a member of a real cursor: a text that is neither a time nor an id, and values that are no text.
_STRANGE: dict[str, object] = {"7": 7, "null": None, "[7]": [7], "x": "x", "a number beyond 64 bits": 10**29}
# The place of the member, and its new value.
_OF_MEMBERS: dict[str, tuple[int, object]] = {
    f"whose {place} member is {name}": (index, value)
    for place, index in (("first", 0), ("last", -1))
    for name, value in _STRANGE.items()
}
_NUMBER = re.compile(r"(?<![\w.+%-])(?<![0-9]:)[0-9]+(?![\w.+%-])(?!:[0-9])", re.ASCII)
# A date, and a number that is no part of a date, a time or an id; each with its replacement.
_OF_TEXT: dict[str, tuple[re.Pattern[str], str]] = {
    "with a month that no year has": (re.compile(r"([0-9]{4}-)[0-9]{2}(-[0-9]{2})"), r"\g<1>13\2"),
    "with a number beyond 64 bits": (_NUMBER, r"\g<0>" + "9" * 24),
}
SPOILS = ("cut in half", "without its end", "altered", *_MADE_UP, *_OF_MEMBERS, *_OF_TEXT)
"""Ways to spoil a cursor."""
