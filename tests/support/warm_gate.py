"""Runs of the gate as forks of a process that has loaded it, with the mock: most of a short run is the start of interpreters.

Such a run judges as `python -m pytest conformance …` does: the same options, checks and reports over the same wire. Its embedded
mock is a fork too, and a command of that mock's is performed without a process of its own.
"""

from __future__ import annotations

import gc
import multiprocessing
import multiprocessing.process
import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property, partialmethod
from importlib import metadata
from multiprocessing.context import ForkContext, ForkServerContext
from pathlib import Path
from types import ModuleType

import pytest
from _pytest.config import builtin_plugins

import conformance
import mockserver
from conformance.target.embedded import EmbeddedServer
from mockserver import cli
from mockserver.api import routing
from spec import commands
from tests.support.gate_record import GateRecord
from tests.support.mock_commands import run_here
from tests.support.project import ROOT

# pytest loads the checks and their hooks in its own way.
_NOT_LOADED = ("test_", "conftest", "__main__")
_CASES = "tests.support.warm_cases"
# What pytest and the checks load of installed packages, and the command line of the load tests.
_LIBRARIES = (
    "_hypothesis_pytestplugin",
    "anyio.pytest_plugin",
    "hypothesis.stateful",
    "loadtests.cli",
    "openapi_core.templating.responses.finders",
    "outbound_mock",
    "pdb",
    "pytest_base_url.plugin",
    "pytest_locust.plugin",
    "readline",
    "schemathesis.openapi",
    "schemathesis.openapi.checks",
    "schemathesis.pytest.plugin",
    "schemathesis.specs.openapi.schemas",
    "xdist.looponfail",
    "xdist.newhooks",
    "xdist.plugin",
    *(f"_pytest.{name}" for name in builtin_plugins),
)
# pytest warns that it cannot rewrite modules that are loaded already. That says nothing about the run. Nor does its search for
# garbage with finalizers, which is a tenth of a run, or its record of what is logged, as much of a run that breaks everything.
SPARE = ("-W", "ignore::pytest.PytestAssertRewriteWarning", "-p", "no:unraisableexception", "-p", "no:logging")


class _Installed(metadata.PathDistribution):
    """An installed distribution whose lists are read once. pytest looks for plugins in those of all distributions."""

    @cached_property
    def files(self) -> list[metadata.PackagePath] | None:
        return super().files

    @cached_property
    def entry_points(self) -> metadata.EntryPoints:
        return super().entry_points


def _installed() -> list[_Installed]:
    """The installed distributions; what pytest asks of them is read."""
    found = [_Installed(path) for folder in sys.path for path in Path(folder).glob("*.dist-info")]
    for plugins in (each for each in found if each.entry_points.select(group="pytest11")):
        assert all(str(file) for file in plugins.files or ())  # a path keeps its text
    return found


def _ours(package: ModuleType) -> list[str]:
    found = [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return [name for name in found if not name.rpartition(".")[2].startswith(_NOT_LOADED)]


routing.application()  # the mocks in the forks find it ready
FORKS = multiprocessing.get_context("forkserver")
"""Starts processes that have gate and mock loaded."""
FORKS.set_forkserver_preload([*_LIBRARIES, *_ours(conformance), _CASES, *_ours(mockserver), __name__])
_INSTALLED = _installed()
(ROOT / ".hypothesis").mkdir(exist_ok=True)  # where it is, runs keep there what each would have to compute anew


def judge(arguments: Sequence[str], environment: Mapping[str, str], output: Path, record: Path, within: float) -> int:
    """Run pytest with these arguments from the project's folder.

    What it prints goes to the file `output`, the gate's record to the file `record`. Returns its exit code. Raises
    TimeoutExpired if it has not ended after `within` seconds.
    """
    run = FORKS.Process(target=_judge, args=(list(arguments), dict(environment), output, record))
    run.start()
    try:
        run.join(within)
        if run.exitcode is None:
            raise subprocess.TimeoutExpired(list(arguments), within)
        return run.exitcode
    finally:
        run.kill()
        run.join()


def _judge(arguments: Sequence[str], environment: Mapping[str, str], output: Path, file: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    _print_to(output)
    run_in_forks()
    record = GateRecord()
    exit_code = pytest.main([*SPARE, *arguments], plugins=[record])
    record.write(file)
    sys.exit(int(exit_code))


def run_in_forks() -> None:
    """Have runs of the gate in this process fork their mock off it, and perform the mock's commands without a process."""
    gc.freeze()  # what was loaded before stays
    gc.disable()  # a run is too short to need it
    patch = pytest.MonkeyPatch()
    patch.setattr(metadata, "distributions", lambda: _INSTALLED)
    patch.setattr(EmbeddedServer, "_started", partialmethod(forked_server, multiprocessing.get_context("fork")))
    patch.setattr(commands, "run", run_here)


def _print_to(output: Path) -> None:
    """Send standard output and error to a file."""
    with output.open("wb") as file:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)


class Fork:
    """A child process with the members of `subprocess.Popen` that `EmbeddedServer` uses."""

    def __init__(self, process: multiprocessing.process.BaseProcess) -> None:
        self._process = process
        self.terminate, self.kill = process.terminate, process.kill

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("embedded server", timeout or 0.0)
        return self._process.exitcode


def forked_server(
    server: EmbeddedServer, context: ForkContext | ForkServerContext, module: str, options: Sequence[str]
) -> Fork:
    """Replaces `EmbeddedServer._started`: runs the mock's command line in a fork that the context makes."""
    assert module == "mockserver"
    words = [word.replace("{folder}", str(server.folder)) for word in options]
    arguments = [module, "--write-target", str(server.description), *words]
    process = context.Process(target=_serve, args=(arguments, server.folder / "server.log"))
    process.start()
    return Fork(process)


def _serve(arguments: list[str], log: Path) -> None:
    os.setsid()
    gc.freeze()  # what was loaded before stays
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)  # in the place of the run's own
    _print_to(log)
    sys.stdout = sys.stderr = os.fdopen(1, "w", 1, "utf-8", closefd=False)  # in the place of what pytest captures
    sys.argv = arguments
    cli.main()
