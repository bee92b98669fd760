"""What a worker does until its master is there."""

from __future__ import annotations

import socket
import sys
from typing import TextIO

import pytest

from loadtests import cli
from loadtests.runner import ports
from loadtests.setup import UsageError
from tests.support.free_ports import free_port


@pytest.fixture
def command_line(monkeypatch: pytest.MonkeyPatch) -> int:
    """A worker's command line, for a master at the port that is returned."""
    port = free_port()
    words = ["--worker", "--base-url=http://127.0.0.1:1", "--minutes=3", "--strict", f"--master-port={port}"]
    monkeypatch.setattr(sys, "argv", ["outbound-load", *words])
    monkeypatch.setattr(cli, "ENDING", ())
    return port


def test_a_worker_without_a_master_says_so_and_gives_up(
    command_line: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ports.wait_for_master, "__defaults__", (0.1,))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 3
    unused, waiting, given_up = capsys.readouterr().err.splitlines()
    assert unused == "outbound-load: a worker does what its master says: not used: --base-url, --minutes, --strict"
    assert waiting == f"waiting for a master at 127.0.0.1:{command_line}, for at most 0.1 s"
    assert given_up == f"outbound-load: no master at 127.0.0.1:{command_line} within 0.1 s: Connection refused"


def test_a_name_that_no_host_can_have_is_a_wrong_use() -> None:
    with pytest.raises(UsageError, match=r"--master-host: no host can have the name a\.\.b"):
        ports.wait_for_master("a..b", 5557)


def test_a_worker_finds_a_master_that_comes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    masters: list[socket.socket] = []
    told: list[str] = []

    def come(line: str, _: TextIO) -> None:
        told.append(line)
        masters.append(socket.create_server(("127.0.0.1", port)))

    monkeypatch.setattr(ports, "say", come)
    for _ in range(2):
        ports.wait_for_master("127.0.0.1", port)
    masters[0].close()
    assert told == [f"waiting for a master at 127.0.0.1:{port}, for at most 5 min"]
