"""The project's own mock as the target, in a process of its own: started on a free port, stopped with the run."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_START_WITHIN = 60.0
_STOP_WITHIN = 5.0


class EmbeddedMockError(Exception):
    """The mock did not start; the message is the last line that it printed."""


class EmbeddedMock:
    """A running mock. `description` is the path of the target file that it wrote of itself."""

    def __init__(self, options: str = "") -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="outbound-")
        self.description = Path(self._folder.name) / "target.toml"
        self._log = Path(self._folder.name) / "mock.log"
        command = [
            sys.executable,
            "-m",
            "mockserver",
            "--port",
            "0",
            "--quiet",
            "--exit-with-parent",
            "--write-target",
            str(self.description),
        ]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 — our own module under our own interpreter
                [*command, *shlex.split(options)], stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the process and remove its files."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + _START_WITHIN
        while not self.description.exists():
            if self._process.poll() is not None or time.monotonic() > until:
                lines = self._log.read_text("utf-8", "replace").strip().splitlines()
                raise EmbeddedMockError(lines[-1] if lines else "the embedded mock did not start")
            time.sleep(0.02)
