"""Conditional requests and requests for a part: headers that ask for less than the whole answer (RFC 9110 13 and 14.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.target.exchange import Exchange

_LONG_AGO = "Thu, 01 Jan 1970 00:00:00 GMT"

CONDITIONS: Mapping[str, tuple[Sequence[str], str]] = {
    "If-None-Match": (("etag",), "*"),
    "If-Match": (("etag",), "*"),
    "If-Modified-Since": (("last-modified", "date"), _LONG_AGO),
    "If-Unmodified-Since": (("last-modified", "date"), _LONG_AGO),
    "Range": ((), "bytes=0-99"),
    "If-None-Match: *": ((), "*"),
    "If-Match: *": ((), "*"),
}
"""The headers, each with the fields of an answer that its value is taken from, and the value if the answer has none.

A client may ask by the date of an answer (RFC 9110 13.1.3). `*` stands for any validator. What stands behind a colon
tells two conditions with one header apart.
"""


def condition(name: str, given: Exchange | None) -> tuple[str, str]:
    """One of these headers, with what an answer has given for it."""
    sources, otherwise = CONDITIONS[name]
    values = (given.headers.get(source) for source in sources) if given else ()
    return name.partition(":")[0], next(filter(None, values), otherwise)
