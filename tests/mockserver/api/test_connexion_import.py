"""Connexion is imported without the libraries that the mock does not use, and other code can still import them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

UNUSED = ("flask", "httpx", "jinja2", "requests", "rich", "werkzeug", "yaml")
USED = ("httpx.Client", "requests.Session", "flask.Flask", "jinja2.Template", "werkzeug.Request", "yaml.SafeLoader")

# Each library is imported in a fork, where no other was imported before. A fork that fails prints no name.
IMPORTS = f"""
import importlib, json, os, sys
import mockserver.app
print(json.dumps([name for name in {UNUSED} if name in sys.modules]), flush=True)
for used in {USED}:
    if os.fork() == 0:
        library, name = used.split(".")
        print(json.dumps([used, getattr(importlib.import_module(library), name).__name__]), flush=True)
        os._exit(0)
    os.wait()
"""


def printed(program: str) -> str:
    """The output of a Python program that runs in its own process, with warnings as errors."""
    command = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.strip()


@pytest.fixture(scope="module")
def imports() -> tuple[list[str], dict[str, str]]:
    """The libraries that a mock imports, and the names of the classes of those that are imported after it."""
    unused, *used = map(json.loads, printed(IMPORTS).splitlines())
    return unused, dict(used)


@pytest.mark.parametrize("name", UNUSED)
def test_a_mock_does_not_import_what_it_does_not_use(name: str, imports: tuple[list[str], dict[str, str]]) -> None:
    assert name not in imports[0]


@pytest.mark.parametrize("used", USED)
def test_what_is_imported_afterwards_is_the_library_itself(
    used: str, imports: tuple[list[str], dict[str, str]]
) -> None:
    assert imports[1][used] == used.partition(".")[2]


def test_a_library_that_is_there_already_stays() -> None:
    assert printed("import httpx; before = httpx; import mockserver.app, httpx; print(httpx is before)") == "True"
