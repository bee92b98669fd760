"""`python -m benchmarks.retries`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from benchmarks import command_line
from benchmarks.measuring import CannotMeasure
from benchmarks.peers import install

CLIENTS = Path(str(files("benchmarks"))) / "retries" / "clients"
TRIALS = (
    "revoked-key",
    "expiring-cursors",
    "one-429",
    "server-errors",
    "dropped-connections",
    "truncated-bodies",
    "proxy-errors",
)
"""The trials that a retry library decides about."""

_LONGEST_RUN, _LONGEST_GRADE = 15, 600.0
_AT_A_TIME = 2
_NODE_CLIENTS = "node_clients.mjs"
_MISSING = 3


@dataclass(frozen=True)
class Library:
    """A library: its name in the table, its client, and the package whose version is shown; None if Node brings it."""

    name: str
    client: str
    package: str | None
    is_python: bool = True


LIBRARIES = (
    Library("requests alone", "requests", "requests"),
    Library("urllib3 `Retry(3)`", "urllib3", "urllib3"),
    Library("urllib3 `Retry(3, status_forcelist=(429, 5xx))`", "urllib3-statuses", "urllib3"),
    Library("tenacity `@retry`", "tenacity", "tenacity"),
    Library("backoff `on_exception(expo)`", "backoff", "backoff"),
    Library("httpx-retries `RetryTransport()`", "httpx-retries", "httpx-retries"),
    Library("aiohttp-retry `RetryClient()`", "aiohttp-retry", "aiohttp-retry"),
    Library("Node `fetch` alone", "fetch", None, is_python=False),
    Library("axios-retry", "axios-retry", "axios-retry", is_python=False),
    Library("ky", "ky", "ky", is_python=False),
    Library("got", "got", "got", is_python=False),
)


@dataclass(frozen=True)
class Graded:
    """A library's row: its version, and the ids of what it broke."""

    library: Library
    version: str
    musts: tuple[str, ...]
    shoulds: tuple[str, ...]


@dataclass(frozen=True)
class Shelf:
    """Where the libraries are installed."""

    cache: Path

    @property
    def python(self) -> Path:
        """The interpreter that has the Python libraries."""
        return self.cache / "venv" / "bin" / "python"

    @property
    def modules(self) -> Path:
        """Where npm puts the others."""
        return self.cache / "npm" / "node_modules"

    def fill(self) -> None:
        """Install the libraries at the versions of the lock files. Raises CannotMeasure."""
        if shutil.which("npm") is None:
            raise CannotMeasure("there is no npm on this machine")
        venv.create(self.python.parent.parent, with_pip=True)
        wanted = str(CLIENTS / "requirements.txt")
        install([str(self.python), "-m", "pip", "install", "-q", "-r", wanted], self.cache)
        folder = self.modules.parent
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", _NODE_CLIENTS):
            shutil.copyfile(CLIENTS / name, folder / name)
        install(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], folder)

    def version(self, library: Library) -> str:
        """The version of a library that is installed."""
        if library.package is None:
            return _said(["node", "--version"]).removeprefix("v")
        if library.is_python:
            ask = "import sys, importlib.metadata as m; print(m.version(sys.argv[1]))"
            return _said([str(self.python), "-c", ask, library.package])
        described = json.loads((self.modules / library.package / "package.json").read_text("utf-8"))
        return str(described["version"])

    def command(self, library: Library) -> list[str]:
        """How its client is run."""
        if library.is_python:
            return [str(self.python), str(CLIENTS / "python_clients.py"), library.client]
        return ["node", str(self.modules.parent / _NODE_CLIENTS), library.client]


def grade(command: Sequence[str], trials: Sequence[str] = TRIALS) -> dict[str, Any]:
    """The grade.json of a client in the plain run and these trials. Raises CannotMeasure if nothing could be graded."""
    options = [word for trial in trials for word in ("--trial", trial)]
    with tempfile.TemporaryDirectory(prefix="outbound-") as folder:
        ours = [sys.executable, "-m", "mockserver", "grade", "--report", folder, "--timeout", str(_LONGEST_RUN)]
        done = subprocess.run(
            [*ours, *options, "--", *command], capture_output=True, text=True, timeout=_LONGEST_GRADE, check=False
        )
        if done.returncode not in (0, 1):
            raise CannotMeasure(f"no grade: {' '.join((done.stdout + done.stderr).split())[-200:]}")
        document: dict[str, Any] = json.loads((Path(folder) / "grade.json").read_text("utf-8"))
        return document


def broken(document: dict[str, Any], level: str) -> tuple[str, ...]:
    """The ids of the requirements of a level that are broken by a grade."""
    rows = document["requirements"]
    return tuple(row["id"] for row in rows if row["status"] == "broken" and row["level"] == level)


def table(rows: Sequence[Graded]) -> str:
    """The rows as a Markdown table."""
    lines = ["| library | version | musts broken | shoulds broken |", "| --- | --- | --- | --- |"]
    for row in rows:
        musts, shoulds = (", ".join(ids) or "none" for ids in (row.musts, row.shoulds))
        lines.append(f"| {row.library.name} | {row.version} | {musts} | {shoulds} |")
    return "\n".join(lines)


def _graded(shelf: Shelf, library: Library) -> Graded:
    document = grade(shelf.command(library))
    row = Graded(library, shelf.version(library), broken(document, "must"), broken(document, "should"))
    click.echo(f"{library.client}: {', '.join(row.musts + row.shoulds) or 'nothing broken'}", err=True)
    return row


def _said(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_RUN, check=True)
    return done.stdout.strip()


@click.command()
@click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "outbound-retries",
    help="Where the libraries are installed.",
)
@click.option(
    "--library",
    "names",
    multiple=True,
    type=click.Choice([library.client for library in LIBRARIES]),
    help="Grade this one (repeatable); all of them without it.",
)
def main(cache: Path, names: Sequence[str]) -> None:
    """Grade small clients that leave retrying to a library and its defaults, and print what each breaks.

    Exit codes: 0 all were graded, 3 one could not be, 130 interrupted.
    """
    shelf = Shelf(cache)
    chosen = [library for library in LIBRARIES if not names or library.client in names]
    try:
        cache.mkdir(parents=True, exist_ok=True)
        shelf.fill()
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            rows = list(pool.map(partial(_graded, shelf), chosen))
    except (CannotMeasure, OSError, subprocess.SubprocessError) as error:
        click.echo(f"retries: {error}", err=True)
        sys.exit(_MISSING)
    click.echo(table(rows))


if __name__ == "__main__":
    command_line.run(main, "python -m benchmarks.retries")
