"""What a page has to say once after a change, a new secret above all: it is forgotten as soon as it has been shown."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field

MOST = 100
"""Notices that wait to be shown, the newest."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A line, and a secret that belongs to it, with what it is the secret of."""

    text: str
    bad: bool = False
    secret: str | None = field(default=None, repr=False)
    about: str = ""


class Notices:
    """Notices by the ticket that they are had for, once."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, Notice] = OrderedDict()

    def leave(self, notice: Notice) -> str:
        """Leave a notice; the ticket for it."""
        ticket = secrets.token_urlsafe(16)
        self._waiting[ticket] = notice
        if len(self._waiting) > MOST:
            self._waiting.popitem(last=False)
        return ticket

    def take(self, ticket: str) -> Notice | None:
        """The notice of a ticket, which is thereby gone."""
        return self._waiting.pop(ticket, None)
