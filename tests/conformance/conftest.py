"""What several tests of the gate share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.target.embedded import EmbeddedMock


@pytest.fixture(scope="module")
def mock() -> Iterator[Path]:
    """The description of a mock that serves a module's runs."""
    running = EmbeddedMock()
    yield running.description
    running.stop()
