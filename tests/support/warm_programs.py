"""Programs run to their end in processes of their own, forked off one that has loaded gate and mock: the start of an
interpreter is most of what a short command takes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.__main__ import main as conformance_main
from mockserver import cli
from tests.support.mock_process import PATIENCE
from tests.support.project import ROOT
from tests.support.warm_gate import FORKS, run_in_forks


def outbound_mock(*arguments: str, within: float = PATIENCE, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line, as `python -m mockserver …` does from the project's folder.

    `environment` is added to this process's. Raises TimeoutExpired if it has not ended after `within` seconds.
    """
    return ended(_mock, ("outbound-mock", *arguments), ROOT, environment, within)


def outbound_conformance(
    *arguments: str, folder: Path, within: float, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder, as `outbound-conformance …` does; its runs are those of `warm_gate`.

    `environment` is added to this process's. Raises TimeoutExpired if it has not ended after `within` seconds.
    """
    return ended(_conformance, ("outbound-conformance", *arguments), folder, environment, within)


def ended(
    main: Callable[[], object],
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    within: float,
    terminal: str = "",
) -> subprocess.CompletedProcess[str]:
    """Run `main` in a process of its own, as a command of these words in a folder; `environment` is added to this process's.

    Its standard error goes to the terminal of that name, if there is one. Raises TimeoutExpired if it has not ended after
    `within` seconds.
    """
    with TemporaryDirectory(prefix="outbound-") as printed:
        output, errors = Path(printed, "output"), Path(printed, "errors")
        errors.touch()
        with begun(main, words, folder, environment, output, Path(terminal) if terminal else errors) as run:
            run.join(within)
            if run.exitcode is None:
                raise subprocess.TimeoutExpired(list(words), within)
            return subprocess.CompletedProcess(words, run.exitcode, output.read_text(), errors.read_text())


@contextmanager
def begun(
    main: Callable[[], object],
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    output: Path,
    errors: Path,
) -> Iterator[BaseProcess]:
    """Begin what `ended` runs to its end; what it prints goes to these two files. The end of the block kills it."""
    run = FORKS.Process(target=_run, args=(main, words, folder, {**os.environ, **environment}, (output, errors)))
    run.start()
    try:
        yield run
    finally:
        run.kill()
        run.join()


def _run(
    main: Callable[[], object],
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    streams: tuple[Path, Path],
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for descriptor, path in enumerate(streams, start=1):
        with path.open("wb") as file:
            os.dup2(file.fileno(), descriptor)
    sys.argv = list(words)
    main()


def _mock() -> None:
    cli.main()


def _conformance() -> None:
    run_in_forks()
    conformance_main()
