"""A pytest plugin of the installed package, so that `pytest --pyargs conformance` knows the gate's options.

pytest imports it into every run of an environment that has the kit. So it has a name of its own, and imports
nothing of the kit's: a project may have a folder `conformance`, `spec` or `tests` of its own.
"""

from __future__ import annotations

from pathlib import Path

import pytest

_NAME = "conformance"


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Put the package's folder in the place of its name: pytest reads a conftest's options only from folders."""
    known = early_config.known_args_namespace
    if not known.pyargs or _NAME not in known.file_or_dir:
        return
    folder = str(Path(__file__).with_name(_NAME))
    for arguments in (known.file_or_dir, args):
        arguments[:] = [folder if argument == _NAME else argument for argument in arguments]
