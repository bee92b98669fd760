"""A pytest plugin of the installed package, so that `pytest --pyargs conformance` knows the gate's options."""

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
    folder = str(Path(__file__).parent)
    for arguments in (known.file_or_dir, args):
        arguments[:] = [folder if argument == _NAME else argument for argument in arguments]
