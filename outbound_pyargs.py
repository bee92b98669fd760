"""A pytest plugin of the installed package, so that a run of the gate begins with the gate's options, and with them alone.

pytest imports it into every run of an environment that has the kit. So it has a name of its own, and imports
nothing of the kit's: a project may have a folder `conformance`, `spec` or `tests` of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

_NAME = "conformance"
_FOLDER = Path(__file__).with_name(_NAME)


def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Have a run of the gate begin with the gate's conftest, also as `pytest --pyargs conformance`, and with no other one.

    pytest reads a conftest's options only from folders, so the package's folder takes the place of its name. And before it has
    read the gate's options, it takes their values for folders of tests: a conftest above that of `--report` is another
    project's.
    """
    known = early_config.known_args_namespace
    if known.pyargs and _NAME in known.file_or_dir:
        args[:] = [str(_FOLDER) if argument == _NAME else argument for argument in args]
        known.file_or_dir = [str(_FOLDER)]
    gates = [argument for argument in known.file_or_dir if _is_the_gates(argument)]
    if gates:
        known.file_or_dir = gates
        sys.path.insert(0, str(_FOLDER.parent))  # the project's `pythonpath` may hold packages of the same names


def _is_the_gates(argument: str) -> bool:
    return Path(argument.partition("::")[0]).resolve().is_relative_to(_FOLDER.resolve())
