"""`outbound-mock` run to its end in a process of its own, forked off one that has loaded it: the start of an interpreter is
most of what such a command takes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from mockserver import cli
from tests.support.mock_process import PATIENCE
from tests.support.warm_gate import FORKS

_ROOT = Path(__file__).parents[2]


def outbound_mock(*arguments: str, within: float = PATIENCE, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line, as `python -m mockserver …` does from the project's folder.

    `environment` is added to this process's. Raises TimeoutExpired if it has not ended after `within` seconds.
    """
    with TemporaryDirectory(prefix="outbound-") as folder:
        output, errors = Path(folder, "output"), Path(folder, "errors")
        run = FORKS.Process(target=_run, args=(arguments, {**os.environ, **environment}, output, errors))
        run.start()
        try:
            run.join(within)
            if run.exitcode is None:
                raise subprocess.TimeoutExpired(list(arguments), within)
            return subprocess.CompletedProcess(arguments, run.exitcode, output.read_text(), errors.read_text())
        finally:
            run.kill()
            run.join()


def _run(arguments: Sequence[str], environment: Mapping[str, str], output: Path, errors: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(_ROOT)
    for path, descriptor in ((output, 1), (errors, 2)):
        with path.open("wb") as file:
            os.dup2(file.fileno(), descriptor)
    sys.argv = ["outbound-mock", *arguments]
    cli.main()
