"""What every client does: it walks all contacts, and asks until it is refused; with WALK_ALONE set it walks and does no more."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Protocol

BASE_URL = os.environ["OUTBOUND_BASE_URL"]
API_KEY = os.environ["OUTBOUND_API_KEY"]
_PATIENCE = 200


class Problem(Protocol):
    """What a generator must offer of a problem, under these names or by `type_`."""

    title: str
    status: int
    detail: str


Page = tuple[dict[str, str], str | None]
"""Qualification statuses of contacts by their ids, and the next cursor."""


def walk(page: Callable[[str | None], Page], refusal: Callable[[], tuple[str, Problem] | None]) -> None:
    """Print what was seen as a line of JSON. `refusal` asks once: the problem's type and the problem, None if it was served."""
    contacts: dict[str, str] = {}
    cursor: str | None = None
    while True:
        found, cursor = page(cursor)
        contacts |= found
        if cursor is None:
            break
    if "WALK_ALONE" in os.environ:
        return
    refused = next(filter(None, (refusal() for _ in range(_PATIENCE))), None)
    problem = None
    if refused is not None:
        kind, told = refused
        problem = {"type": kind, "title": told.title, "status": told.status, "detail": told.detail}
    print(json.dumps({"contacts": len(contacts), "statuses": sorted(set(contacts.values())), "problem": problem}))
