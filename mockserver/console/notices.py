"""Notices: texts that the next page shows after a change, such as a new secret. Each notice is shown once."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field

MOST = 100
"""The most notices that wait to be shown; the newest are kept."""


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
        """Leave a notice, and return the ticket for it."""
        ticket = secrets.token_urlsafe(16)
        self._waiting[ticket] = notice
        if len(self._waiting) > MOST:
            self._waiting.popitem(last=False)
        return ticket

    def take(self, ticket: str) -> Notice | None:
        """Take the notice of a ticket, so that it is shown once; None if it was taken before."""
        return self._waiting.pop(ticket, None)
