"""Runs of pytest on other projects' tests, as forks of a process that has loaded pytest, its plugins and the mock.

The mock of the fixture `outbound_mock` is a fork of such a run, in the place of an interpreter of its own.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace
from typing import IO, Any

import pytest

from mockserver import cli
from outbound_mock import process
from tests.support.warm_programs import ended

# pytest warns that it cannot rewrite modules that are loaded already. That says nothing about the run.
_SILENT = ("-W", "ignore::pytest.PytestAssertRewriteWarning")


def run_pytest(folder: Path, *options: str, within: float) -> pytest.RunResult:
    """Run pytest in a folder, as `python -m pytest …` does there. Raises TimeoutExpired after `within` seconds."""
    began = perf_counter()
    done = ended(partial(_run, options), ("pytest", *options), folder, {}, within)
    return pytest.RunResult(done.returncode, done.stdout.splitlines(), done.stderr.splitlines(), perf_counter() - began)


def _run(options: Sequence[str]) -> None:
    gc.freeze()  # what was loaded before stays
    sys.path.insert(0, str(Path.cwd()))
    forking = SimpleNamespace(Popen=_ForkedMock, DEVNULL=subprocess.DEVNULL, PIPE=subprocess.PIPE)
    pytest.MonkeyPatch().setattr(process, "subprocess", forking)
    sys.exit(int(pytest.main([*_SILENT, *options])))


class _ForkedMock:
    """A mock in a fork of this process, with the members of `subprocess.Popen` that the fixture uses."""

    def __init__(
        self, command: Sequence[str], *, stdin: int, stdout: int, stderr: IO[bytes], env: Mapping[str, str]
    ) -> None:
        assert list(command[:4]) == [sys.executable, "-P", "-m", "mockserver"]
        assert (stdin, stdout) == (subprocess.DEVNULL, subprocess.PIPE)
        read, write = os.pipe()
        started = partial(_serve, command[3:], env, (write, stderr.fileno()))
        self._process = multiprocessing.get_context("fork").Process(target=started)
        self._process.start()
        os.close(write)
        self.stdout = os.fdopen(read, "rb")
        self.terminate, self.kill = self._process.terminate, self._process.kill

    def wait(self) -> None:
        self._process.join()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: Any) -> None:
        self.stdout.close()
        self.wait()


def _serve(words: Sequence[str], environment: Mapping[str, str], outputs: tuple[int, int]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, output in enumerate(outputs, start=1):
        os.dup2(output, descriptor)
    # In the place of what pytest captures.
    sys.stdout, sys.stderr = (os.fdopen(number, "w", 1, "utf-8", closefd=False) for number in (1, 2))
    sys.argv = list(words)
    cli.main()
