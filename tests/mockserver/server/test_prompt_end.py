"""A server ends when it is told to, not at its next tick."""

from __future__ import annotations

import pytest

from mockserver.app import Settings, create_app
from mockserver.grading.serving import Serving
from mockserver.server import uvicorn_server
from mockserver.server.uvicorn_server import listen
from tests.support.raw_client import serving_mock


@pytest.fixture(autouse=True)
def _ticks_far_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn_server, "_TICK", 1_000.0)


def test_a_mock_ends_before_its_next_tick() -> None:
    with serving_mock(contacts=1):
        pass  # raises if its thread has not ended


def test_a_graded_mock_ends_before_its_next_tick_and_may_be_told_again() -> None:
    mock = create_app(Settings(contacts=1))
    with Serving(mock, listen("127.0.0.1", 0), lambda: mock.state) as serving:
        assert serving._thread.is_alive()
    assert not serving._thread.is_alive()
    serving._server.end()
