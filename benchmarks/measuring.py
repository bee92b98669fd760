"""Servers as processes, what they cost (from /proc), and load on them by wrk or autocannon."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

CONNECTIONS = 16
PATIENCE = 60.0
"""Seconds that a server may take until it answers."""

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGESIZE")
_NEVER_STARTED = 3.0

# wrk counts in microseconds. Only its function `done` gives numbers; all else that it prints is a table.
_WRK_SCRIPT = """
wrk.headers["Authorization"] = "%s"
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"requests": %%d, "failed": %%d, "p50": %%f, "p99": %%f}\\n', summary.requests,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


class CannotMeasure(Exception):
    """A server or a load generator cannot be used, for the reason given in one line."""


@dataclass(frozen=True)
class Load:
    """What one round of load measured: answers, unsuccessful answers, CPU-seconds of the server, milliseconds of latency."""

    requests: int
    failed: int
    cpu_seconds: float
    p50: float
    p99: float

    @property
    def per_cpu_second(self) -> float:
        """Requests per CPU-second of the server's processes; 0 if they used no time."""
        return self.requests / self.cpu_seconds if self.cpu_seconds else 0.0


class Server:
    """A running server in a session of its own. By the session's id all of its processes are found and ended."""

    def __init__(self, command: Sequence[str], port: int, log: Path, environment: Mapping[str, str]) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        self._started = time.monotonic()
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={**os.environ, **environment},
            )

    def wait(self, path: str, headers: Mapping[str, str]) -> float:
        """Seconds from its start to its first answer. Raises CannotMeasure if it ends before that, or takes too long."""
        with httpx.Client(timeout=_NEVER_STARTED, trust_env=False) as client:
            while (elapsed := time.monotonic() - self._started) < PATIENCE:
                if self._process.poll() is not None:
                    raise CannotMeasure(f"it ended at once: {self._last_words()}")
                try:
                    answer = client.get(self.url + path, headers=dict(headers))
                except httpx.TransportError:
                    time.sleep(0.005)
                    continue
                if answer.status_code != httpx.codes.OK:
                    raise CannotMeasure(f"{path} answered {answer.status_code}: {answer.text[:200]!r}")
                return time.monotonic() - self._started
        raise CannotMeasure(f"no answer within {elapsed:.0f} s: {self._last_words()}")

    def cpu_seconds(self) -> float:
        """The processor time that its processes have used so far."""
        return sum(int(stat[11]) + int(stat[12]) for stat in self._stats()) / _TICKS

    def memory(self) -> int:
        """The resident memory of its processes, in bytes."""
        return sum(int(stat[21]) for stat in self._stats()) * _PAGE

    def stop(self) -> None:
        """End its processes. Those that SIGTERM does not end within 5 s are killed."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            if self._has_ended(within=5.0):
                break

    def _has_ended(self, within: float) -> bool:
        """Whether its last process ends in time: the first may end before the others."""
        until = time.monotonic() + within
        while self._process.poll() is None or self.memory():
            if time.monotonic() > until:
                return False
            time.sleep(0.01)
        return True

    def _stats(self) -> Iterator[list[str]]:
        """The fields of /proc/PID/stat, from the state on, of each of its processes."""
        session = str(self._process.pid)
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text("utf-8", "replace").rpartition(") ")[2].split()
            except OSError:
                continue
            if fields[3] == session:
                yield fields

    def _last_words(self) -> str:
        return " ".join(self._log.read_text("utf-8", "replace").split())[-300:] or "it said nothing"


@contextmanager
def running(command: Sequence[str], port: int, log: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    """A server while the context lasts."""
    server = Server(command, port, log, environment)
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def generator(autocannon: Path) -> str:
    """The load generator to use: wrk if it is installed, else autocannon. Raises CannotMeasure if neither is."""
    found = shutil.which("wrk") or (str(autocannon) if autocannon.exists() else None)
    if not found:
        raise CannotMeasure("no load generator: install wrk (apt install wrk), or let npm install autocannon")
    return found


def load(tool: str, server: Server, path: str, authorization: str, seconds: int) -> Load:
    """Ask a server for a path as often as it can answer, for `seconds`. Raises CannotMeasure."""
    before = server.cpu_seconds()
    ask = _wrk if Path(tool).name == "wrk" else _autocannon
    counted = ask(tool, server.url + path, authorization, seconds)
    return Load(**counted, cpu_seconds=server.cpu_seconds() - before)


def _wrk(tool: str, url: str, authorization: str, seconds: int) -> Mapping[str, Any]:
    with TemporaryDirectory() as folder:
        script = Path(folder, "report.lua")
        script.write_text(_WRK_SCRIPT % authorization, "utf-8")
        command = [tool, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), url]
        lines = _output(command, seconds).splitlines()
    counted: Mapping[str, Any] = json.loads(next((line for line in lines if line.startswith("{")), "{}"))
    if not counted:
        raise CannotMeasure("wrk told nothing")
    return counted


def _autocannon(tool: str, url: str, authorization: str, seconds: int) -> Mapping[str, Any]:
    headers = ["-H", f"Authorization={authorization}"]
    told = json.loads(_output([tool, "-j", "-c", str(CONNECTIONS), "-d", str(seconds), *headers, url], seconds))
    return {
        "requests": told["requests"]["total"],
        "failed": told["non2xx"] + told["errors"] + told["timeouts"],
        "p50": told["latency"]["p50"],
        "p99": told["latency"]["p99"],
    }


def _output(command: Sequence[str], seconds: int) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 30)
    except (subprocess.SubprocessError, OSError) as error:
        raise CannotMeasure(f"{Path(command[0]).name} failed: {error}") from error
    return done.stdout
