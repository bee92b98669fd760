"""The connections of the gate's client: what it tells the system of them."""

from __future__ import annotations

import socket
from typing import Any

import httpcore
import pytest

from conformance.target import transport


class Spied(httpcore.NetworkStream):
    """A connection that has one answer to read, and notes the options that are set for its socket."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.options: list[tuple[int, int, int]] = []
        self._refuses = refuses

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        assert timeout
        return b"answer"[:max_bytes]

    def get_extra_info(self, info: str) -> Any:
        return self if info == "socket" else None

    def setsockopt(self, level: int, option: int, value: int) -> None:
        if self._refuses:
            raise OSError("no such option")
        self.options.append((level, option, value))


@pytest.mark.parametrize(("option", "set_options"), [(12, [(socket.IPPROTO_TCP, 12, 1)]), (None, [])])
def test_bytes_are_acknowledged_at_once_where_the_system_can(
    option: int | None, set_options: list[tuple[int, int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_QUICKACK", option)
    connection = Spied()
    assert transport._Stream(connection).read(100) == b"answer"
    assert connection.options == set_options


def test_an_answer_is_read_though_the_system_refuses_the_option() -> None:
    assert transport._Stream(Spied(refuses=True)).read(100) == b"answer"
