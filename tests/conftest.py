"""What holds for all of the project's own tests."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run, and none too slow: a test fails for what was changed, not for bad luck or a busy machine.
settings.register_profile("reproducible", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("reproducible")

_TERMINAL = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "PY_COLORS", "CLICOLOR", "CLICOLOR_FORCE"}
_OUTPUT = {"PYTHONUNBUFFERED"}
# The tests start hundreds of interpreters: none of them, nor this one, compiles anew what another has compiled.
_BYTE_CODE = {"PYTHONDONTWRITEBYTECODE"}
sys.dont_write_bytecode = False

# Modules whose tests take longest, of which none shall begin when all others have ended.
_FIRST = ("killmatrix/test_kill_matrix", "conformance/test_null_servers", "conformance/report/test_redaction")
_LONG = 120  # characters
_NEW_OBJECTS = 20_000
gc.disable()  # until all tests are collected
_NETWORK = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}


def pytest_configure(config: pytest.Config) -> None:
    """Know the mark of the gate's checks, which some tests import as modules."""
    config.addinivalue_line(
        "markers", "requirement(id, needs, whole_run): the requirement that a check of the gate judges"
    )


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Use the argument's name for bytes and long texts. Workers must agree on the names of tests, and gzip writes the time."""
    return argname if isinstance(val, bytes) or (isinstance(val, str) and len(val) > _LONG) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests first that take longest, in their order: with several workers, none of them is left alone with one."""
    items.sort(key=_place)


def pytest_collection_finish() -> None:
    """Leave modules and tests out of every later search for garbage: they stay, and they are most of what there is.

    Search for it less often, too: most tests leave none.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
    gc.enable()


def _place(item: pytest.Item) -> int:
    path = item.path.with_suffix("").as_posix()
    return next((place for place, name in enumerate(_FIRST) if path.endswith(name)), len(_FIRST))


@pytest.fixture(scope="session", autouse=True)
def _environment() -> Iterator[None]:
    """Whoever runs the tests has a terminal, a network and perhaps a target of their own: programs under test know of none.

    Nor are they told to write at once what they print: what is read of them while they run, they have to flush by themselves.
    And an interrupt or the end of a terminal reaches them, though shells and nohup have programs in the background ignore
    these, which is inherited.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.upper() in _TERMINAL | _OUTPUT | _BYTE_CODE | _NETWORK or name.startswith("OUTBOUND_"):
                patch.delenv(name)
        yield
