"""Notices: what the next page says once after a change, such as a new secret. A notice is forgotten once it was shown."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field

MOST = 100
"""Notices that wait to be shown, the newest."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A line of text, and a secret that the page shows with it. `about` names the secret."""

    text: str
    bad: bool = False
    secret: str | None = field(default=None, repr=False)
    about: str = ""


class Notices:
    """Notices that wait for the page that shows them. Each has a ticket, and can be taken once."""

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
        """The notice of a ticket, None if it was taken before. The notice is forgotten."""
        return self._waiting.pop(ticket, None)
