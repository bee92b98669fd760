"""How a connection sends answers: head and body together, nothing held back, and everything in the right order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from mockserver.server.connection import Connection

API, CONTROL = "/api/v1/me", "/_mock/health"
HEAD = b"HTTP/1.1 200 OK\r\nx: y\r\ntransfer-encoding: chunked\r\n\r\n"
START = {"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]}


class Wire(asyncio.Transport):
    """Records each system call; `closed` from the beginning if the client has left."""

    def __init__(self, *, closed: bool = False) -> None:
        super().__init__()
        self.calls: list[bytes] = []
        self.closed = closed

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed, "this is an error in uvloop"
        self.calls.append(bytes(data))

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(list_of_data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()


async def heard(app: Any, data: bytes, wire: Wire, turns: int = 10) -> list[bytes]:
    """The bytes that are sent when a client sends `data` and the loop takes some turns."""
    config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None)
    config.load()
    connection = Connection(config, ServerState(), {}, asyncio.get_running_loop())
    connection.connection_made(wire)
    connection.data_received(data)
    for _ in range(turns):
        await asyncio.sleep(0)
    return wire.calls


def answering(*parts: str) -> Any:
    """An application that sends a head and these parts of a body, and then is silent. `|` stands for a turn of the loop."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send(dict(START))
        for part in parts:
            if part == "|":
                await asyncio.sleep(0)
            else:
                await send({"type": "http.response.body", "body": part.encode(), "more_body": part != "last"})
        if "last" not in parts:
            await asyncio.Event().wait()

    return app


def sent(path: str, *parts: str) -> list[bytes]:
    return asyncio.run(heard(answering(*parts), request(path), Wire()))


@pytest.mark.parametrize("path", [API, CONTROL])
class TestAnswer:
    def test_head_and_body_of_one_turn_go_together(self, path: str) -> None:
        assert sent(path, "last") == [HEAD + b"4\r\nlast\r\n0\r\n\r\n"]

    def test_a_head_does_not_wait_for_its_body(self, path: str) -> None:
        assert sent(path) == [HEAD]
        assert sent(path, "|", "first", "|", "last") == [HEAD, b"5\r\nfirst\r\n", b"4\r\nlast\r\n0\r\n\r\n"]

    def test_nothing_is_written_to_a_client_that_has_left(self, path: str) -> None:
        assert asyncio.run(heard(answering("|", "last"), request(path), Wire(closed=True))) == []

    def test_requests_are_answered_in_their_order_whoever_has_to_wait(self, path: str) -> None:
        async def app(scope: Any, _receive: Any, send: Any) -> None:
            for _ in range(int(scope["query_string"])):
                await asyncio.sleep(0)
            body = scope["query_string"]
            await send({**START, "headers": [(b"content-length", b"%d" % len(body))]})
            await send({"type": "http.response.body", "body": body})

        data = b"".join(request(f"{path}?{waits}") for waits in (3, 0, 2, 0, *[0] * 40, 1))
        calls = asyncio.run(heard(app, data, Wire(), turns=200))
        assert [call.rpartition(b"\r\n")[2] for call in calls] == [b"3", b"0", b"2", b"0", *[b"0"] * 40, b"1"]

    def test_a_crash_is_an_answer_if_none_was_begun(self, path: str) -> None:
        async def crash(_scope: Any, _receive: Any, _send: Any) -> None:
            raise ValueError("secret")

        (call,) = asyncio.run(heard(crash, request(path), Wire()))
        assert call.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
        assert b"secret" not in call

    @pytest.mark.parametrize("header", [(b"x", b"a\r\nb"), (b"x y", b"z"), (b"", b"z"), (b"x", b"\x00")])
    def test_a_header_that_splits_an_answer_is_none(self, path: str, header: tuple[bytes, bytes]) -> None:
        async def app(_scope: Any, _receive: Any, send: Any) -> None:
            await send({**START, "headers": [header]})

        assert asyncio.run(heard(app, request(path), Wire())) == []

    def test_an_answer_that_waits_can_be_cancelled(self, path: str) -> None:
        ended: list[str] = []

        async def app(_scope: Any, _receive: Any, _send: Any) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(path)

        asyncio.run(heard(app, request(path), Wire()))
        assert ended == [path]


def test_a_request_that_need_not_wait_takes_no_task(monkeypatch: pytest.MonkeyPatch) -> None:
    def spawn(*_: Any) -> None:
        raise AssertionError("a task was made")

    monkeypatch.setattr(Connection, "spawn", spawn)
    assert sent(API, "last") == [HEAD + b"4\r\nlast\r\n0\r\n\r\n"]
