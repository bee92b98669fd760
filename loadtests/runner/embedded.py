"""A server of our own as the target, in a process of its own on a free port: the project's mock, or one that does nothing."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

_START_WITHIN = 60.0
_STOP_WITHIN = 5.0


class EmbeddedError(Exception):
    """The server did not start; the message is the last line that it printed."""


class Embedded:
    """A running server. `folder` holds what it wrote, `target.toml` and `keys.txt` among it; both are gone when it is stopped."""

    def __init__(self, module: str, *options: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="outbound-load-")
        self.folder = Path(self._folder.name)
        self.target = self.folder / "target.toml"
        log = self.folder / "server.log"
        words = [word.replace("{folder}", self._folder.name) for word in options]
        with log.open("wb") as file:
            self._process = subprocess.Popen(  # noqa: S603 - our own module under our own interpreter
                [sys.executable, "-m", module, "--write-target", str(self.target), *words],
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # an interrupt ends the run, and the run ends this
            )
        try:
            self._wait_until_ready(log)
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Embedded:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process and remove its files."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def _wait_until_ready(self, log: Path) -> None:
        until = time.monotonic() + _START_WITHIN
        while not self.target.exists():
            if self._process.poll() is not None or time.monotonic() > until:
                lines = log.read_text("utf-8", "replace").strip().splitlines()
                raise EmbeddedError(lines[-1] if lines else "the embedded server did not start")
            time.sleep(0.02)


def mock(options: str = "", *, many_keys: bool = False) -> Embedded:
    """The project's mock, with further options as a shell would split them; `many_keys`: it writes down all of its keys."""
    keys = ("--write-keys", "{folder}/keys.txt") if many_keys else ()
    return Embedded("mockserver", "--port", "0", "--quiet", "--exit-with-parent", *keys, *shlex.split(options))


def null_server() -> Embedded:
    """A server that does nothing but answer."""
    return Embedded("loadtests.runner.null_server")
