"""What leaves a connection, in which pieces: head and body of an answer together, and nothing kept back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from mockserver.server.connection import CoalescingTransport


class Wire(asyncio.Transport):
    """Takes down each system call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.calls.append(bytes(data))

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.calls.append(b"".join(list_of_data))

    def write_eof(self) -> None:
        self.calls.append(b"<eof>")

    def close(self) -> None:
        self.calls.append(b"<close>")

    def is_closing(self) -> bool:
        return False


def sent(*turns: str) -> list[bytes]:
    """What goes over the wire where each turn of the loop writes its words, `<eof>` and `<close>` being calls of their own."""

    async def story() -> list[bytes]:
        wire = Wire()
        transport = CoalescingTransport(wire, asyncio.get_running_loop())
        does = {"<eof>": transport.write_eof, "<close>": transport.close}
        for turn in turns:
            for word in turn.split():
                does.get(word, lambda word=word: transport.write(word.encode()))()
            await asyncio.sleep(0)
        return wire.calls

    return asyncio.run(story())


def test_head_and_body_of_one_turn_go_together() -> None:
    assert sent("head, body") == [b"head,body"]


def test_a_head_does_not_wait_for_its_body() -> None:
    assert sent("head", "first", "second") == [b"head", b"first", b"second"]


def test_nothing_is_lost_and_nothing_overtakes() -> None:
    assert b"".join(sent("1 2 3 4 5", "6", "7 8 9")) == b"123456789"


def test_what_is_written_goes_before_the_end() -> None:
    assert sent("head <eof>") == [b"head", b"<eof>"]
    assert sent("head, body last <close>") == [b"head,body", b"last", b"<close>"]


def test_what_is_written_to_a_client_that_has_left_is_dropped() -> None:
    class Closed(Wire):
        def is_closing(self) -> bool:
            return True

    async def story() -> list[bytes]:
        wire = Closed()
        transport = CoalescingTransport(wire, asyncio.get_running_loop())
        for _ in range(3):
            transport.write(b"late")
        await asyncio.sleep(0)
        return wire.calls

    assert asyncio.run(story()) == []
