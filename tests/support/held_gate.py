"""A pytest plugin that holds a run before the checks of the requirement `$HELD_BEFORE` while there is a file `$HELD_BY`."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

_WITHIN = 100.0


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Wait, if it is one of those checks."""
    requirement = item.get_closest_marker("requirement")
    until = time.monotonic() + _WITHIN
    while requirement and requirement.args[0] == os.environ["HELD_BEFORE"] and Path(os.environ["HELD_BY"]).exists():
        assert time.monotonic() < until, "nobody let the run go on"
        time.sleep(0.02)
