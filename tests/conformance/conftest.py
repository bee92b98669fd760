"""What several tests of the gate share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.warm_mocks import WarmMock


@pytest.fixture(scope="module")
def mock() -> Iterator[Path]:
    """The description of a mock that serves a module's runs."""
    with WarmMock() as running:
        yield running.description
