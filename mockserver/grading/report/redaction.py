"""Shortens secrets in reports to their beginning and their last four characters. Ids, paths and cursors stay whole."""

from __future__ import annotations

import re

from mockserver.api.keys import PREFIX
from spec.target import shown


def _in_any_spelling(text: str) -> str:
    """A pattern for a text of which any character may be percent-encoded, as a recorded address may have it."""
    return "".join(f"(?:{character}|%(?i:{ord(character):x}))" for character in text)


_SECRET = re.compile(rf"(?:{_in_any_spelling(PREFIX)}|whsec_)[A-Za-z0-9._~+/%=-]+")


def redacted(text: str) -> str:
    """A text with every API key and signing secret in it shortened: `obk_live_…1a2b`."""
    return _SECRET.sub(lambda secret: shown(secret[0]), text)
