"""Recognizes what people and tools have removed from an archive: keys, values and ends of bodies."""

from __future__ import annotations

import re

from conformance.oracles.exchanges import Part, texts
from conformance.target.exchange import Exchange

_WORDS = r"redacted|removed|filtered|masked|hidden|saniti[sz]ed|censored|scrubbed|elided"
# RFC 6750 2.1
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_IN_TOKEN = re.compile(rf"{_WORDS}|[xX]{{4,}}|\.{{3,}}|0{{8,}}", re.IGNORECASE)
_FEWEST_CHARACTERS = 5
_VALUE = re.compile(rf"\W*(?:{_WORDS})\W*|[xX]{{4,}}|\.{{3,}}|\S*(?:\*{{3,}}|…|█)\S*", re.IGNORECASE)
_LONGEST_VALUE = 100
# The gate's own mark at the end of a body that it has cut.
_CUT = re.compile(r"… \(([0-9]{1,15}) bytes\)\Z")
_COMPARED = ("content-type", "x-ratelimit-limit", "x-ratelimit-reset", "retry-after", "cache-control", "vary", "date")


def is_secret(credential: str) -> bool:
    """Whether a credential is the real one, and not a mark in its place: `[REDACTED]`, `obk_live_…1a2b`, `xxxxxxxx`."""
    if not _TOKEN.fullmatch(credential) or _IN_TOKEN.search(credential):
        return False
    return len(set(credential)) >= _FEWEST_CHARACTERS


def is_cut(body: str) -> bool:
    """Whether a body ends in the mark that the gate's own archives put where they cut it."""
    mark = _CUT.search(body[-30:])
    return mark is not None and int(mark[1]) > len(body) - len(mark[0])


def holds_marks(exchange: Exchange, part: Part) -> bool:
    """Whether an answer has marks in place of values: in judged headers, or in texts of its JSON body."""
    headers = [exchange.headers.get(name, "") for name in _COMPARED]
    body = texts(exchange.json) if part == "body" else ()
    return any(is_mark(value) for value in (*headers, *body))


def is_mark(value: str) -> bool:
    """Whether a value is a mark in the place of another."""
    return len(value) <= _LONGEST_VALUE and _VALUE.fullmatch(value) is not None
