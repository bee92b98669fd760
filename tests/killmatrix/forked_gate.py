"""Runs the gate on the mock in forks of one process, which has computed everything that does not depend on the target.

Such a run judges as `pytest conformance --mock-options …` does: it sends the same checks over HTTP, and ends by the
same rules. It is faster because it starts no interpreters (for the run, the mock, and each of the mock's commands) and
writes no reports.
"""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import re
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import pytest

import conformance.setup
import mockserver.worlds.world
from conformance.target.embedded import EmbeddedMockError
from mockserver.api import routing
from mockserver.cli import command
from mockserver.settings import Settings
from mockserver.tenants.seed.organizations import seed
from mockserver.tenants.tenant import Tenant
from spec import commands
from tests.support.gate import GateRun
from tests.support.gate_record import GateRecord
from tests.support.mock_commands import run_here
from tests.support.project import ROOT

# The search for garbage with finalizers takes a tenth of every run, and says nothing about the target.
_WITHOUT = ("no:cacheprovider", "no:unraisableexception", "no:threadexception", "no:logging")
# So does the search for the source lines of each failure.
_SPARE = ("-q", "--assert=plain", "--tb=native")
_GATE = (str(ROOT / "conformance"), *_SPARE, "--rootdir", str(ROOT), *(f"-p{name}" for name in _WITHOUT))
_LOADED = (
    "mockserver.control.operations",
    "mockserver.server.uvicorn_server",
    "mockserver.server.target_file",
    "mockserver.modifications.faults",
    "mockserver.modifications.variants",
)
_PURE = (("test_published_spec", "invalidity"),)
_LOCAL = re.compile(r"http://127\.0\.0\.1:[0-9]+")
_START_WITHIN = 30.0

_Result = TypeVar("_Result")


def warm_up() -> None:
    """Load and compute in this process what every run needs, by judging the unmodified mock once.

    Changes this process for good: afterwards it can only be forked. Raises RuntimeError if the gate does not find the
    unmodified mock conformant.
    """
    for needed in _LOADED:
        importlib.import_module(needed)
    os.environ.pop("OUTBOUND_API_KEY", None)
    _replace(commands, "run", run_here)
    _replace(mockserver.worlds.world, "seed", _seeded_once())
    _replace(conformance.setup, "EmbeddedMock", _ForkedMock)
    for name, pure in _PURE:
        module = importlib.import_module(f"conformance.{name}")
        _replace(module, pure, _remembering(vars(module)[pure]))
    routing.application()
    run = gate("")
    if run.exit_code == pytest.ExitCode.INTERRUPTED:
        # pytest has handled the interrupt with a report of its own; here it must end this process.
        raise KeyboardInterrupt
    if run.exit_code or run.verdict != "conformant":
        raise RuntimeError(f"the unmodified mock is not conformant, so nothing can be told of others:\n{run.output}")
    gc.collect()
    gc.freeze()
    gc.disable()  # a run ends before its garbage matters


def gate(options: str, only: Sequence[str] = (), until: Sequence[Sequence[str]] = ()) -> GateRun:
    """Judge a mock that is started with these options. If `only` names requirements, only their checks run.

    `until` are sets of requirements. If it has some, the run ends when a check of each set has failed; what it has not
    judged by then is not tested. The output goes into the run's record, not to the terminal.
    """
    record = GateRecord()
    plugins: list[object] = [record, _Until(until)] if until else [record]
    chosen = [f"--only={','.join(only)}"] if only else []
    with tempfile.TemporaryFile() as output:
        with _into(output.fileno()):
            exit_code = pytest.main([*_GATE, *chosen, "--mock-options", options], plugins=plugins)
        output.seek(0)
        return GateRun(int(exit_code), output.read().decode("utf-8", "replace"), record.report)


class _Until:
    """Ends a run when a check of each set of requirements has failed, as pytest's `-x` does after any failure."""

    def __init__(self, sets: Sequence[Sequence[str]]) -> None:
        self._sets = sets
        self._fell: set[str] = set()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        mark = item.get_closest_marker("requirement")
        if mark and report.failed:
            self._fell.add(mark.args[0])
        if all(self._fell.intersection(ids) for ids in self._sets):
            item.session.shouldfail = "the fault is caught"
        return report


@contextmanager
def _into(file: int) -> Iterator[None]:
    """Send standard output and error of this process and of its forks to a file."""
    kept = {stream: os.dup(stream) for stream in (1, 2)}
    _flush()
    for stream in kept:
        os.dup2(file, stream)
    try:
        yield
    finally:
        _flush()
        for stream, before in kept.items():
            os.dup2(before, stream)
            os.close(before)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


class _ForkedMock:
    """Replaces `EmbeddedMock`: runs the same command line of the mock in a fork of this process."""

    def __init__(self, options: str = "") -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="outbound-")
        self.description = Path(self._folder.name) / "target.toml"
        self._process = multiprocessing.get_context("fork").Process(target=self._serve, args=(options,))
        self._process.start()
        until = time.monotonic() + _START_WITHIN
        while not self.description.exists():
            if not self._process.is_alive() or time.monotonic() > until:
                self.stop()
                raise EmbeddedMockError("the mock did not start")
            time.sleep(0.005)

    def _serve(self, options: str) -> None:
        fixed = ["--port", "0", "--quiet", "--write-target", str(self.description)]
        command([*fixed, *shlex.split(options)], standalone_mode=False)

    def stop(self) -> None:
        """End the process and remove its files."""
        self._process.kill()
        self._process.join()
        self._folder.cleanup()


def _seeded_once() -> Callable[..., list[Tenant]]:
    """Replaces `seed`: returns existing organizations of the usual size. Forks share them until they change them."""
    usual = Settings()
    size = (usual.seed, usual.organizations, usual.contacts)
    ready = seed(*size, time.time())

    def seeded(*arguments: Any) -> list[Tenant]:
        return ready if arguments[:3] == size else seed(*arguments)

    return seeded


def _remembering(function: Callable[..., _Result]) -> Callable[..., _Result]:
    """The function with its results cached. They depend on its arguments alone, except for the port of the target."""
    known: dict[str, _Result] = {}

    def remembering(*arguments: object) -> _Result:
        key = _LOCAL.sub("", repr(arguments))
        if key not in known:
            known[key] = function(*arguments)
        return known[key]

    return remembering


def _replace(module: ModuleType, name: str, value: object) -> None:
    assert hasattr(module, name)
    setattr(module, name, value)
