"""The parts of a recorded URL: where the API lies, and what is asked there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from mockserver.api.paths import API
from mockserver.grading.facts import asked

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """A URL in parts: `base` is what stands before `/api/v1`; without that it is the origin, and `path` the whole path."""

    base: str
    path: str
    query: str

    @cached_property
    def is_documented(self) -> bool:
        """Whether the path is a documented operation's."""
        return asked(self.path) is not None


def address_of(url: str) -> Address | None:
    """The parts of a URL; None if it is none of HTTP. A gateway's path before `/api/v1` belongs to the base."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https", ""):
        return None
    named = "" if port in (None, _PORTS.get(parts.scheme)) else f":{port}"
    before = max(0, f"{parts.path}/".find(f"{API}/"))
    origin = f"{parts.scheme}://{parts.hostname or ''}{named}"
    return Address(origin + parts.path[:before], parts.path[before:], parts.query)
