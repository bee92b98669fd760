"""Load tests in forks of processes that have loaded all that they need: most of a short one is the start of interpreters."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import loadtests.__main__
from loadtests import cli
from loadtests.runner import launch
from tests.support.project import ROOT
from tests.support.warm_gate import run_in_forks
from tests.support.warm_programs import begun, ended

_PATIENCE = 300.0
_starting = Lock()


def outbound_load(
    *words: str, within: float, folder: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line, as `python -m loadtests …` does in a folder; mock and Locust are forks too.

    `environment` is added to this process's. Raises TimeoutExpired if it has not ended after `within` seconds.
    """
    return ended(partial(_load, _server()), ("outbound-load", *words), folder, environment, within)


@dataclass(frozen=True)
class Begun:
    """A run of the command line that is under way, and prints to two files."""

    process: BaseProcess
    output: Path
    errors: Path

    def error(self, start: str) -> str:
        """Wait for a line on standard error that begins so."""
        until = time.monotonic() + _PATIENCE
        while True:
            for line in self._printed(self.errors).splitlines(keepends=True):
                if line.startswith(start) and line.endswith("\n"):
                    return line
            assert self.process.exitcode is None, f"it ended, and never said {start}"
            assert time.monotonic() < until
            time.sleep(0.01)

    def ended_by(self, number: signal.Signals) -> subprocess.CompletedProcess[str]:
        """End it by a signal."""
        assert self.process.pid is not None
        os.kill(self.process.pid, number)
        return self.ended()

    def ended(self) -> subprocess.CompletedProcess[str]:
        """Wait for its end."""
        self.process.join(_PATIENCE)
        assert self.process.exitcode is not None, "it has not ended"
        return subprocess.CompletedProcess(
            (), self.process.exitcode, self._printed(self.output), self._printed(self.errors)
        )

    def _printed(self, file: Path) -> str:
        return file.read_text("utf-8", "replace") if file.exists() else ""


@contextmanager
def outbound_load_begun(*words: str, folder: Path) -> Iterator[Begun]:
    """Begin the command line from the project's folder. It prints to the files `out` and `err` in `folder`.

    A run that has not ended when the block ends is told to end.
    """
    main, output, errors = partial(_load, _server()), folder / "out", folder / "err"
    with begun(main, ("outbound-load", *words), ROOT, {}, output, errors) as process:
        try:
            yield Begun(process, output, errors)
        finally:
            process.terminate()  # it ends Locust
            process.join(_PATIENCE)


@contextmanager
def locust_begun(*words: str) -> Iterator[Locust]:
    """Begin Locust: the first word is a module with its `main`, or `-c` and the second one is code that needs Locust.

    When the block ends, it is killed with the processes that it forked.
    """
    lines = [socket.socketpair() for _ in ("out", "err")]
    fork = _Fork(_server(), words, [theirs.fileno() for _, theirs in lines])
    for _, theirs in lines:
        theirs.close()
    try:
        yield Locust(fork, *(ours for ours, _ in lines))
    finally:
        with suppress(ProcessLookupError):
            os.killpg(fork.pid, signal.SIGKILL)
        for ours, _ in lines:
            ours.close()
        fork.close()


class Locust:
    """A run of Locust, in a group of processes of its own. What it prints is read from two sockets."""

    def __init__(self, fork: _Fork, *printed: socket.socket) -> None:
        self.pid = fork.pid
        self._fork, self._printed = fork, printed
        self._wait(_PATIENCE)
        self.out, self.err = (line.makefile(encoding="utf-8") for line in printed)

    def ended(self, within: float = _PATIENCE) -> subprocess.CompletedProcess[str]:
        """Wait for its end and that of all that it has forked. Raises TimeoutError if it is silent for that many seconds."""
        self._wait(within)
        with self.out, self.err:
            return subprocess.CompletedProcess(
                (), stdout=self.out.read(), stderr=self.err.read(), returncode=self._fork.wait()
            )

    def _wait(self, within: float) -> None:
        for line in self._printed:
            line.settimeout(within)


def _server() -> str:
    with _starting:  # several threads share one server
        return _locust_server()


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
    setattr(cli, "_started", lambda words: _Fork(locust_server, [launch.__name__, *words], (1, 2)))  # noqa: B010 - a private function
    loadtests.__main__.main()


class _Fork:
    """A run of Locust, as `subprocess.Popen` shows one to the command line."""

    def __init__(self, server: str, words: Sequence[str], outputs: Sequence[int]) -> None:
        request = {"words": list(words), "folder": str(Path.cwd()), "environment": dict(os.environ)}
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(server)
        socket.send_fds(self._connection, [json.dumps(request).encode() + b"\n"], outputs)
        self._answers = self._connection.makefile()
        self.pid = int(self._answers.readline())

    def send_signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def wait(self) -> int:
        return int(self._answers.readline())

    def close(self) -> None:
        self._answers.close()
        self._connection.close()
