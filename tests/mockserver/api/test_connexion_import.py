"""Connexion is imported without the libraries that the mock does not use, and other code can still import them."""

from __future__ import annotations

import subprocess
import sys

import pytest


def printed(program: str) -> str:
    """The output of a Python program that runs in its own process, with warnings as errors."""
    command = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.strip()


@pytest.mark.parametrize("name", ["flask", "httpx", "jinja2", "requests", "rich", "werkzeug", "yaml"])
def test_a_mock_does_not_import_what_it_does_not_use(name: str) -> None:
    assert printed(f"import sys, mockserver.app; print({name!r} in sys.modules)") == "False"


@pytest.mark.parametrize(
    "used",
    ["httpx.Client", "requests.Session", "flask.Flask", "jinja2.Template", "werkzeug.Request", "yaml.SafeLoader"],
)
def test_what_is_imported_afterwards_is_the_library_itself(used: str) -> None:
    library, name = used.split(".")
    assert printed(f"import mockserver.app, {library}; print({used}.__name__)") == name


def test_a_library_that_is_there_already_stays() -> None:
    assert printed("import httpx; before = httpx; import mockserver.app, httpx; print(httpx is before)") == "True"
