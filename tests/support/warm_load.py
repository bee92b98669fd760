"""Load tests in forks of processes that have loaded all that they need: most of a short one is the start of interpreters."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import loadtests.__main__
from loadtests import cli
from tests.support.project import ROOT
from tests.support.warm_gate import run_in_forks
from tests.support.warm_programs import ended

_starting = Lock()


def outbound_load(*words: str, within: float, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line, as `python -m loadtests …` does from the project's folder; mock and Locust are forks too.

    `environment` is added to this process's. Raises TimeoutExpired if it has not ended after `within` seconds.
    """
    with _starting:  # several threads share one server
        server = _locust_server()
    return ended(partial(_load, server), ("outbound-load", *words), ROOT, environment, within)


@cache
def _locust_server() -> str:
    """The socket of this process's `locust_server`, which ends with this process."""
    folder = TemporaryDirectory(prefix="outbound-")
    address = str(Path(folder.name) / "locust")
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.locust_server", address],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    for end in (folder.cleanup, server.wait, server.stdin.close):  # the last one comes first
        atexit.register(end)
    return address


def _load(locust_server: str) -> None:
    run_in_forks()
    setattr(cli, "_started", partial(_ForkedLocust, locust_server))  # noqa: B010 - a private function
    loadtests.__main__.main()


class _ForkedLocust:
    """A run of Locust, as `subprocess.Popen` shows one to the command line."""

    def __init__(self, server: str, words: Sequence[str]) -> None:
        request = {"arguments": list(words), "folder": str(Path.cwd()), "environment": dict(os.environ)}
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(server)
        socket.send_fds(self._connection, [json.dumps(request).encode() + b"\n"], [1, 2])
        self._answers = self._connection.makefile()
        self._pid = int(self._answers.readline())

    def send_signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pid, number)

    def wait(self) -> int:
        return int(self._answers.readline())
