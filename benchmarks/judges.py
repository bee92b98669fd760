"""`python -m benchmarks.judges`: which faults of the mock the gate finds, and which Schemathesis does.

Both judge the same mocks: first one that keeps the contract, where an alarm would be false, then one for each fault. Schemathesis
has all its checks, and the configuration that suits this API (.ci/schemathesis.toml); its mocks have no rate limit, since it
would run into it. The exit code is 0, or 1 if the gate misses a fault or either raises a false alarm.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import httpx

from benchmarks.command_line import run
from mockserver.modifications.faults import all_faults
from spec import contract
from spec.target import Target, load

ROOT = Path(__file__).parents[1]
_CONFIGURATION = ROOT / ".ci" / "schemathesis.toml"
_DOCUMENT = ROOT / "spec" / "openapi.json"
_WITHIN = 1_800.0
_FOUND = 1
_RIGHT = "(none)"


@click.command(context_settings={"show_default": True})
@click.argument("faults", nargs=-1, metavar="FAULT…")
@click.option("--examples", default=100, type=click.IntRange(1), help="Cases that Schemathesis draws in each phase.")
@click.option("--depth", default="quick", type=click.Choice(["quick", "standard", "deep"]), help="Depth of the gate.")
def main(faults: Sequence[str], examples: int, depth: str) -> None:
    """Judge a mock with each FAULT by the gate and by Schemathesis; without any, with one fault of each family."""
    for name in faults:
        if name not in all_faults():
            raise click.UsageError(f"'{name}' is no fault; outbound-mock --list-faults lists them")
    chosen = list(faults) or one_of_each_family()
    click.echo(f"{'fault':34}{'breaks':12}{'gate':8}Schemathesis")
    rows = [(name, *_judged(name, examples, depth)) for name in (_RIGHT, *chosen)]
    alarms, found = rows[0][1:], rows[1:]
    gate, other = sum(row[1] for row in found), sum(row[2] for row in found)
    click.echo(f"The gate finds {gate} of {len(found)} faults, Schemathesis {other}. False alarms: {sum(alarms)}.")
    sys.exit(0 if gate == len(found) and not any(alarms) else 1)


def one_of_each_family() -> list[str]:
    """The first fault of each family of requirements."""
    first: dict[str, str] = {}
    for name, fault in all_faults().items():
        first.setdefault(fault.breaks[0].partition("-")[0], name)
    return list(first.values())


def _judged(fault: str, examples: int, depth: str) -> tuple[bool, bool]:
    """Whether the gate objects to a mock with a fault, and whether Schemathesis does."""
    options = [] if fault == _RIGHT else ["--fault", fault]
    gate = _gate_objects(options, depth)
    with _served(["--no-rate-limit", *options]) as target:
        other = _schemathesis_objects(target, examples)
    breaks = "–" if fault == _RIGHT else all_faults()[fault].breaks[0]
    click.echo(f"{fault:34}{breaks:12}{'found' if gate else '–':8}{'found' if other else '–'}")
    return gate, other


def _gate_objects(options: Sequence[str], depth: str) -> bool:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "conformance",
        "-q",
        "--depth",
        depth,
        f"--mock-options={shlex.join(options)}",
    ]
    return _objects(command, {})


def _schemathesis_objects(target: Target, examples: int) -> bool:
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(_CONFIGURATION), "run", str(_DOCUMENT)]
    command += ["--url", target.base_url, "--checks", "all", "--max-examples", str(examples)]
    key = target.organizations.primary.api_keys[0]
    return _objects(command, {"OUTBOUND_API_KEY": key, "RESEARCHED_CONTACT": _researched(target.base_url, key)})


def _objects(command: Sequence[str], environment: dict[str, str]) -> bool:
    """Whether a judge ends with 1. Raises ClickException if it could not judge."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=_WITHIN,
        check=False,
    )
    if done.returncode not in (0, _FOUND):
        raise click.ClickException(f"{command[2]} ended with {done.returncode}: {(done.stderr or done.stdout)[-300:]}")
    return done.returncode == _FOUND


def _researched(base_url: str, key: str) -> str:
    """The id of a contact that has a dossier, or of any contact if the mock shows none."""
    operations = contract().operations
    with httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {key}"}) as client:
        page = client.get(operations["listContacts"].path, params={"limit": 50}).json()
        ids = [str(contact["id"]) for contact in page.get("data", []) if "id" in contact]
        research = operations["getContactResearch"].path
        return next((one for one in ids if client.get(research.format(id=one)).is_success), (ids or ["none"])[0])


@contextmanager
def _served(options: Sequence[str]) -> Iterator[Target]:
    """A mock with these options, described."""
    with tempfile.TemporaryDirectory(prefix="outbound-") as folder:
        file = Path(folder) / "target.toml"
        command = [sys.executable, "-m", "mockserver", "--port", "0", "--quiet", "--write-target", str(file), *options]
        # Faults that crash it fill its log with tracebacks.
        streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        with subprocess.Popen(command, cwd=ROOT, **streams) as mock:
            try:
                # It prints its address when it listens, and has described itself before.
                if not (mock.stdout and mock.stdout.readline()):
                    raise click.ClickException(f"the mock did not start with {shlex.join(options)}")
                yield load(file)
            finally:
                mock.terminate()


if __name__ == "__main__":
    run(main, "python -m benchmarks.judges")
