"""Files that users name are read whole, up to a bound."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from spec.given_files import MOST_BYTES, read_text
from spec.target import TargetError, load


def test_a_text_is_read_without_its_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "given.toml"
    file.write_bytes("\ufeffname = 'Zoë'\n".encode())
    assert read_text(file) == "name = 'Zoë'\n"


def test_a_file_beyond_the_bound_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "huge.toml"
    file.touch()
    os.truncate(file, MOST_BYTES + 1)
    with pytest.raises(OSError, match="File too large"):
        read_text(file)
    with pytest.raises(TargetError, match=r"huge\.toml: File too large"):
        load(file)
