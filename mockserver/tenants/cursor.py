"""The keyset cursor: the position where a page ended, in the form of the documentation's example ("Pagination").

A cursor is base64url without padding over `{"id": …, "t": …}`, the id and the createdAt of the last item served. It is a
position in the order, not a number of items, so items that are added meanwhile neither repeat nor hide another item.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from typing import NamedTuple

import msgspec

from mockserver.clock import milliseconds, utc

_LONGEST = 512
_ALPHABET = re.compile(rb"[A-Za-z0-9_-]+")


class Position(NamedTuple):
    """A place in the order of a collection: createdAt in milliseconds since 1970, and the id that breaks ties."""

    created_at_ms: int
    id: str


class _Content(msgspec.Struct):
    id: str
    t: str


@lru_cache(maxsize=1_024)
def encode(position: Position) -> str:
    """The cursor of a position. Its id may have about 250 characters; `decode` refuses longer cursors.

    The latest are cached: a cursor that was served comes back, and `decode` encodes it again to compare it.
    """
    content = msgspec.json.encode(_Content(position.id, utc(position.created_at_ms)))
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def decode(text: str) -> Position:
    """The position of a cursor. Raises ValueError for any text that `encode` does not make."""
    raw = text.encode()
    if len(raw) > _LONGEST or not _ALPHABET.fullmatch(raw):
        raise ValueError("not a cursor")
    try:
        content = msgspec.json.decode(urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)), type=_Content)
        position = Position(milliseconds(content.t), content.id)
    except (msgspec.DecodeError, ValueError) as error:
        raise ValueError("not a cursor") from error
    if not position.id or encode(position) != text:
        raise ValueError("not a cursor")
    return position
