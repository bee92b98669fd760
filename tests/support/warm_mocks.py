"""Mocks in forks of a process that has loaded them: the start of an interpreter is most of what the start of a mock takes."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import DupFd
from pathlib import Path
from select import select
from typing import IO, Any, cast

from conformance.target.embedded import EmbeddedMock
from mockserver import cli
from tests.support.mock_process import Running, described, words
from tests.support.warm_gate import FORKS, Fork, forked_server


class WarmMock(EmbeddedMock):
    """An `EmbeddedMock` that is there at once, for tests of something else than its start."""

    def _started(self, module: str, options: Sequence[str]) -> subprocess.Popen[bytes]:
        return cast("subprocess.Popen[bytes]", forked_server(self, FORKS, module, options))


class ForkedCommand(Fork):
    """A fork with the members of `subprocess.Popen` that `Running` uses."""

    def __init__(self, process: BaseProcess, stdout: IO[str], stderr: IO[str]) -> None:
        super().__init__(process)
        self.stdout, self.stderr = stdout, stderr

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it has not ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def errors(self, timeout: float) -> str:
        """What it and its children write to standard error until all have ended. Raises TimeoutExpired if nothing comes."""
        written = b""
        while select([self.stderr], [], [], timeout)[0]:
            part = os.read(self.stderr.fileno(), 65_536)
            if not part:
                return written.decode()
            written += part
        raise subprocess.TimeoutExpired("outbound-mock", timeout)


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Running]:
    """A mock as `mock_process.running` starts it, once it serves. Its description is in the folder."""
    file = folder / "target.toml"
    with forked(*words(file, options)) as process:
        yield described(process, file)


@contextmanager
def forked(*arguments: str, **environment: str) -> Iterator[ForkedCommand]:
    """The mock's command line at its work. `environment` is added to this process's."""
    with ExitStack() as opened:
        output, errors = ((os.fdopen(read, "r", encoding="utf-8"), write) for read, write in (os.pipe(), os.pipe()))
        for stream, _ in (output, errors):
            opened.enter_context(stream)
        streams = [DupFd(write) for _, write in (output, errors)]
        process = FORKS.Process(target=_serve, args=(arguments, Path.cwd(), {**os.environ, **environment}, streams))
        process.start()
        for _, write in (output, errors):
            os.close(write)
        opened.callback(process.join)
        opened.callback(process.kill)
        yield ForkedCommand(process, output[0], errors[0])


def _serve(arguments: Sequence[str], folder: Path, environment: Mapping[str, str], streams: Sequence[Any]) -> None:
    gc.freeze()  # what was loaded before stays
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for descriptor, stream in enumerate(streams, start=1):
        written = stream.detach()
        os.dup2(written, descriptor)
        os.close(written)
    sys.argv = ["outbound-mock", *arguments]
    cli.main()
