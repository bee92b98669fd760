"""The mock behind real nginx, Apache and HAProxy is as conformant as the mock alone."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from spec.target import load
from tests.support.front_ends import FRONT_ENDS, behind
from tests.support.gate import run_gate


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_a_real_front_end_breaks_nothing(front_end: str, mock: Path, tmp_path: Path) -> None:
    with behind(front_end, urlsplit(load(mock).base_url).netloc, tmp_path) as base_url:
        run = run_gate("--base-url", base_url, "--target", str(mock), "--depth", "quick")
    assert run.ids("failed") == set(), run.output
    assert run.exit_code == 0, run.output
