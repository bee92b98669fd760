"""A server of this project as the target, in its own process: started on a free port, stopped at the end of the run."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from conformance.target.signals import signals_held_back

_START_WITHIN = 60.0
_STOP_WITHIN = 5.0


class EmbeddedMockError(Exception):
    """The server did not start; the message is the last line that it printed."""


class EmbeddedServer:
    """A running server: a module of ours that describes itself with `--write-target`.

    `folder` holds the files that it wrote, such as its target file, `description`. It is deleted when the server is stopped.
    `{folder}` in an option is that folder.
    """

    def __init__(self, module: str, *options: str) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        try:
            with signals_held_back():
                self._folder = tempfile.TemporaryDirectory(prefix="outbound-")
                self.folder = Path(self._folder.name)
                self.description = self.folder / "target.toml"
                self._log = self.folder / "server.log"
                self._process = self._started(module, options)
            self._wait_until_ready(self._process)
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process and remove its files."""
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(_STOP_WITHIN)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._folder:
            self._folder.cleanup()

    def _started(self, module: str, options: Sequence[str]) -> subprocess.Popen[bytes]:
        words = [word.replace("{folder}", str(self.folder)) for word in options]
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", module, "--write-target", str(self.description), *words],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # an interrupt ends the run, and the run ends this process
            )

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + _START_WITHIN
        while not self.description.exists():
            if process.poll() is not None or time.monotonic() > until:
                lines = self._log.read_text("utf-8", "replace").strip().splitlines()
                raise EmbeddedMockError(lines[-1] if lines else "the embedded server did not start")
            time.sleep(0.02)


class EmbeddedMock(EmbeddedServer):
    """The project's own mock, with further options as a shell would split them."""

    def __init__(self, options: str = "") -> None:
        super().__init__("mockserver", "--port", "0", "--quiet", "--exit-with-parent", *shlex.split(options))
