"""Fixtures that the tests of the modifications share."""

from __future__ import annotations

import pytest

from mockserver.modifications.hardships import transport


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds for which hardships would have slept."""
    seconds: list[float] = []

    async def sleep(delay: float) -> None:
        seconds.append(delay)

    monkeypatch.setattr(transport, "sleep", sleep)
    return seconds
