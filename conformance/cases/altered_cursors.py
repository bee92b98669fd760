"""Cursors that no page gave: a real one spoiled, and made-up ones."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from random import Random
from string import ascii_letters, digits

# Long enough to overflow a careless buffer or column, short enough for any server's request line.
_LONG = 1500


def spoiled(cursor: str, seed: int) -> list[str]:
    """A real cursor truncated in its middle, without its last character, and with one character altered."""
    choose = Random(seed)  # noqa: S311 — nothing to keep secret
    at = choose.randrange(len(cursor))
    other = choose.choice((ascii_letters + digits).replace(cursor[at], ""))
    made = [cursor[: len(cursor) // 2], cursor[:-1], cursor[:at] + other + cursor[at + 1 :]]
    return [attempt for attempt in made if attempt]


def malformed(operation: str) -> list[str]:
    """Cursors that never were: words, a number, and the form of the documentation's example with other things in it.

    Most of them are for the contacts; every other list gets one, for what reads cursors is hardly made anew for each.
    """
    of_others = {"listLists": _encoded([]), "listDrafts": "-1", "listEvents": _encoded({"id": None, "t": None})}
    if operation in of_others:
        return [of_others[operation]]
    return ["é\x00💩", "A" * _LONG, _encoded({"id": "x", "t": "yesterday"}), _encoded({})]


def _encoded(content: object) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
