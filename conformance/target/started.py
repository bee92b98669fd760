"""A target that the run starts itself (`--start "COMMAND {port}"`), and ends with all its children."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from conformance.target.long_text import abridged
from conformance.target.signals import signals_held_back
from spec import commands, contract

_START_WITHIN = 60.0
_STOP_WITHIN = 5.0
_LOOK_AGAIN = 0.05
_ANSWER_WITHIN = 5.0
_LONGEST_LINE = 200


class StartError(Exception):
    """The command did not start a server; the message is one line."""


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def check_command(command: str) -> None:
    """Check, without running it, that a command can be run. Raises StartError."""
    try:
        commands.check(command)
    except ValueError as error:
        raise StartError(f"--start: {error}") from None
    if not commands.is_installed(command):
        raise StartError(f"--start: {commands.named(command)} could not be run: there is no such program")


class StartedTarget:
    """A server in its own process group. `base_url` is the address at which it must answer. Raises StartError."""

    def __init__(self, command: str, port: int, base_url: str) -> None:
        self._command = command
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        try:
            with signals_held_back():
                self._folder = tempfile.TemporaryDirectory(prefix="outbound-")
                self._log = Path(self._folder.name) / "target.log"
                self._process = self._started(port)
            self._wait_until_it_answers(self._process, base_url)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the process with its children, and remove its log."""
        if self._process:
            _end(self._process)
        if self._folder:
            self._folder.cleanup()

    def _started(self, port: int) -> subprocess.Popen[bytes]:
        try:
            words = commands.arguments(self._command, {"port": port})
            with self._log.open("wb") as log:
                return subprocess.Popen(
                    words, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
                )
        except (OSError, ValueError, IndexError) as error:
            raise StartError(f"--start: {commands.named(self._command)} could not be run: {error}") from None

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes], base_url: str) -> None:
        until = time.monotonic() + _START_WITHIN
        while not _answers(base_url):
            code = process.poll()
            if code is not None:
                said = self._last_line()
                raise StartError(
                    f"--start: {commands.named(self._command)} exited with {code} before it answered{said}"
                )
            if time.monotonic() > until:
                name, seconds = commands.named(self._command), f"{_START_WITHIN:.0f} s"
                raise StartError(f"--start: {name} did not answer at {base_url} within {seconds}{self._last_line()}")
            time.sleep(_LOOK_AGAIN)

    def _last_line(self) -> str:
        lines = self._log.read_text("utf-8", "replace").strip().splitlines()
        return f"; it said last: {abridged(lines[-1], _LONGEST_LINE)}" if lines else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    _signal(process, signal.SIGTERM)
    until = time.monotonic() + _STOP_WITHIN
    while _signal(process, 0) and time.monotonic() < until:
        process.poll()
        time.sleep(_LOOK_AGAIN)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> bool:
    """Send a signal to the whole group. Returns whether the group existed."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _answers(base_url: str) -> bool:
    """Whether a server answers anything."""
    parts = urlsplit(base_url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=_ANSWER_WITHIN)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", f"{parts.path}{contract().operations['getMe'].path}")
        connection.getresponse()
        return True
    connection.close()
    return False
