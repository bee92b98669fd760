"""Clients that ask for much and do not read it cause no log line, and are not kept for ever."""

from __future__ import annotations

import json
import socket
import struct
from contextlib import suppress

import pytest

from mockserver.modifications.hardships import made
from mockserver.server import connection, uvicorn_server
from spec import contract
from tests.support.raw_client import GET_ME, HOST, ME, PATIENCE, Served, serving_mock

PAGE = GET_ME.replace(ME.encode(), contract().operations["listContacts"].path.encode() + b"?limit=200")
AT_ONCE = struct.pack("ii", 1, 0)


def connect(mock: Served) -> socket.socket:
    """A client with small system buffers, so that the mock soon cannot write."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    client.settimeout(PATIENCE)
    client.connect(mock.address)
    return client


def ask_much(mock: Served) -> socket.socket:
    """A client whose requests and answers fill all buffers between it and the mock."""
    client = connect(mock)
    client.settimeout(0.2)
    with suppress(TimeoutError):
        ask_for_ever(client)
    return client


def ask_for_ever(client: socket.socket) -> None:
    while True:
        client.sendall(PAGE * 100)


@pytest.mark.parametrize("reset", [True, False])
def test_one_that_leaves_costs_no_line(caplog: pytest.LogCaptureFixture, reset: bool) -> None:
    with serving_mock() as mock:
        client = ask_much(mock)
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        client.close()
        assert mock.is_well()
    assert caplog.records == []


def test_one_that_stays_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "WITHIN", 0.5)
    monkeypatch.setattr(uvicorn_server, "_HURRY", 1)
    with serving_mock() as mock, connect(mock) as client, pytest.raises(ConnectionError):
        ask_for_ever(client)


def test_a_request_hears_that_its_client_left_though_others_wait_behind_it() -> None:
    """The hardship hangs up and waits until the connection is gone: the request is in the log after that."""
    with serving_mock(modifications=[made("dropped-connections", {"probability": 1, "moment": "before"})]) as mock:
        assert mock.say(GET_ME * 3) == []
        heard = mock.one(b"GET /_mock/requests?wait=10 HTTP/1.1\r\n" + HOST + b"\r\n")
        assert len(json.loads(heard.body)["data"]) == 1
