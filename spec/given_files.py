"""Files that a user names: any file may stand there, so none is read without a bound."""

from __future__ import annotations

import errno
import os
from pathlib import Path

MOST_BYTES = 64_000_000
"""Larger files are refused: no description, report or list of keys is that large."""


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, without a byte order mark. Raises OSError, also if it is too large, and UnicodeDecodeError."""
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content.decode("utf-8-sig")
