"""A server of our own as the target, in a process of its own: started on a free port, stopped with the run."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

_START_WITHIN = 60.0
_STOP_WITHIN = 5.0
_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class EmbeddedMockError(Exception):
    """The server did not start; the message is the last line that it printed."""


class EmbeddedServer:
    """A running server: a module of ours that describes itself with `--write-target`.

    `folder` holds what it wrote, among it `description`, the target file of itself; it is gone once the server is stopped.
    `{folder}` in an option is that folder.
    """

    def __init__(self, module: str, *options: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="outbound-")
        self.folder = Path(self._folder.name)
        self.description = self.folder / "target.toml"
        self._log = self.folder / "server.log"
        words = [word.replace("{folder}", self._folder.name) for word in options]
        self._process: subprocess.Popen[bytes] | None = None
        try:
            with self._log.open("wb") as log, signals_held_back():
                self._process = subprocess.Popen(  # noqa: S603 — our own module under our own interpreter
                    [sys.executable, "-P", "-m", module, "--write-target", str(self.description), *words],
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,  # an interrupt ends the run, and the run ends this
                )
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
        self._folder.cleanup()

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


@contextmanager
def signals_held_back() -> Iterator[None]:
    """Deliver signals that end a run only afterwards: none parts the start of a process from its owner's knowing of it.

    A handler that is set meanwhile stays.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    hold: Callable[[int, object], None] = lambda number, _: held.append(number)  # noqa: E731 - typed, for signal.signal
    before = {number: signal.signal(number, hold) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is hold:
                signal.signal(number, handler)
        for number in held:
            signal.raise_signal(number)
