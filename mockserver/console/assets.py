"""The console's own stylesheet, scripts and icon: served from here, under names that change with their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

TYPES: Mapping[str, bytes] = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file. `version` follows from its content."""

    name: str
    content_type: bytes
    content: bytes
    version: str


@cache
def assets() -> Mapping[str, Asset]:
    """All files of the folder `static`, by name, read once."""
    found = {}
    for file in (files("mockserver.console") / "static").iterdir():
        content_type = TYPES.get(file.name[file.name.rfind(".") :])
        if content_type:
            content = file.read_bytes()
            found[file.name] = Asset(file.name, content_type, content, hashlib.sha256(content).hexdigest()[:12])
    return found


def asset_url(base: str, name: str) -> str:
    """The address of a file, by which it may be kept for ever. Raises KeyError for an unknown one."""
    return f"{base}/admin/static/{name}?{assets()[name].version}"
