"""What holds for all of the project's own tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run, and none too slow: a test fails for what was changed, not for bad luck or a busy machine.
settings.register_profile("reproducible", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("reproducible")

_TERMINAL = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "PY_COLORS", "CLICOLOR", "CLICOLOR_FORCE"}
_OUTPUT = {"PYTHONUNBUFFERED"}
_NETWORK = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}


@pytest.fixture(scope="session", autouse=True)
def _environment() -> Iterator[None]:
    """Whoever runs the tests has a terminal, a network and perhaps a target of their own: programs under test know of none.

    Nor are they told to write at once what they print: what is read of them while they run, they have to flush by themselves.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.upper() in _TERMINAL | _OUTPUT | _NETWORK or name.startswith("OUTBOUND_"):
                patch.delenv(name)
        yield
