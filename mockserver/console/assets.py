"""The addresses of the console's stylesheet, scripts and icon, which change with the content of the files."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static"


@cache
def _version(name: str) -> str:
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]


def asset_url(up: str, name: str) -> str:
    """The address of a file. Browsers may cache it for ever. `up` leads to the mock's root."""
    return f"{up}admin/static/{name}?{_version(name)}"
