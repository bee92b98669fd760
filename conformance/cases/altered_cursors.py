"""Cursors that no page gave: a real one spoiled, and made-up ones."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from random import Random
from string import ascii_letters, digits

# Long enough to overflow a careless buffer or column, short enough for any server's request line.
_LONG = 1500


def spoiled(cursor: str, spoil: str, seed: int) -> str:
    """A cursor spoiled in one of SPOILS: a real one, shortened or altered at a place drawn with the seed, or a made-up one."""
    if spoil in _MADE_UP:
        return _MADE_UP[spoil]
    if spoil == "cut in half":
        return cursor[: max(1, len(cursor) // 2)]
    if spoil == "without its end":
        return cursor[:-1] or "x"
    choose = Random(seed)  # noqa: S311 — nothing to keep secret
    at = choose.randrange(len(cursor))
    other = choose.choice((ascii_letters + digits).replace(cursor[at], ""))
    return cursor[:at] + other + cursor[at + 1 :]


def _encoded(content: object) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


# Words, a number, and the form of the documentation's example with other things in it.
_MADE_UP = {
    "of odd characters": "é\x00💩",
    "very long": "A" * _LONG,
    "of a time that is none": _encoded({"id": "x", "t": "yesterday"}),
    "of nothing": _encoded({}),
    "of a list": _encoded([]),
    "a negative number": "-1",
    "of nulls": _encoded({"id": None, "t": None}),
}
SPOILS = ("cut in half", "without its end", "altered", *_MADE_UP)
"""Ways to spoil a cursor."""
