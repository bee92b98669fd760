"""Notices: texts that the next page shows after a change, such as a new secret. Each notice is shown once.

A notice waits in a cookie of the visitor's browser, so that any process of the mock can show it, and none has to keep it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace

import msgspec

_LONGEST = 400
"""The most characters of a notice's text: browsers drop cookies of more than 4,096 bytes."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A line of text, and a secret that the page shows with it. `about` names the secret."""

    text: str
    bad: bool = False
    secret: str | None = field(default=None, repr=False)
    about: str = ""

    def cookie(self) -> str:
        """The value of the cookie in which it waits."""
        short = replace(self, text=self.text[:_LONGEST])
        return base64.urlsafe_b64encode(msgspec.json.encode(short)).decode()


def in_cookie(value: str) -> Notice | None:
    """The notice that waits in a cookie; None if there is none."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(value), type=Notice)
    except ValueError:  # no base64, no JSON, or no notice
        return None
