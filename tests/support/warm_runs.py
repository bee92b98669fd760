"""Runs of the gate that a test watches or ends on their way, as forks of a process that has loaded it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import IO, Self

import pytest

from tests.support.interrupts import heed_interrupts
from tests.support.warm_gate import FORKS, SPARE, run_in_forks


class WarmRun:
    """`python -m pytest …` in a fork, with those members of `subprocess.Popen[str]` that its users need.

    Its standard error goes where its output does, if no file is given for it. It runs in this process's folder.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdout: int = subprocess.PIPE,
        stderr: IO[str] | None = None,
        text: bool = True,
    ) -> None:
        assert (stdout, text) == (subprocess.PIPE, True)
        words = command[command.index("pytest") + 1 :]
        read, write = FORKS.Pipe(duplex=False)
        errors = Connection(os.dup(stderr.fileno()) if stderr else os.dup(write.fileno()))
        arguments = (list(words), str(Path.cwd()), dict(os.environ if env is None else env), write, errors)
        self._process = FORKS.Process(target=_run, args=arguments)
        self._process.start()
        write.close()
        errors.close()
        self.stdout = os.fdopen(os.dup(read.fileno()), encoding="utf-8")
        read.close()
        self.terminate, self.kill = self._process.terminate, self._process.kill

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process.pid
        os.kill(self._process.pid, number)

    def communicate(self, timeout: float) -> tuple[str, None]:
        """Read on to the end. The run is killed after `timeout` seconds."""
        limit = threading.Timer(timeout, self.kill)
        limit.start()
        try:
            output = self.stdout.read()
            self._process.join()
            return output, None
        finally:
            limit.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stdout.close()
        self._process.join()


def _run(words: list[str], folder: str, environment: dict[str, str], output: Connection, errors: Connection) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    heed_interrupts()
    for connection, descriptor in ((output, 1), (errors, 2)):
        os.dup2(connection.fileno(), descriptor)
        connection.close()
    run_in_forks()
    sys.exit(int(pytest.main([*SPARE, *words])))


IN_FORKS = SimpleNamespace(Popen=WarmRun, PIPE=subprocess.PIPE)
"""Takes the place of the module `subprocess` where runs of the gate are started."""
