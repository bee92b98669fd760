"""Bodies of requests are read completely or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from mockserver.api.body import whole_body


def part(body: bytes, *, more: bool) -> MutableMapping[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


GONE = {"type": "http.disconnect"}


@pytest.mark.parametrize(
    ("messages", "taken"),
    [
        ([part(b"ab", more=True), part(b"cd", more=False)], b"abcd"),
        ([{"type": "http.request"}], b""),
        ([part(b"ab", more=True), part(b"cde", more=False)], None),
        ([part(b"ab", more=True), GONE], None),
        ([GONE], None),
    ],
)
def test_a_body_is_whole_or_nothing(messages: list[MutableMapping[str, Any]], taken: bytes | None) -> None:
    waiting = iter(messages)

    async def receive() -> MutableMapping[str, Any]:
        return next(waiting)

    assert asyncio.run(whole_body(receive, 4)) == taken
