"""`python -m benchmarks.against FOLDER`: whether this mock is slower than that of another checkout, such as one before a change.

The two take turns under the same load. Processor time per request is compared, because other work on the machine hardly changes
it.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks import command_line
from benchmarks.measuring import CannotMeasure, Server, free_port, generator, load, running
from benchmarks.peers import ME, PAGE, cache_folder
from mockserver.api.keys import mint
from mockserver.tenants.seed.organizations import seed

MOST = 0.03
"""The most by which this mock may be slower, as a share of the other mock's processor time per request."""

ROUTES = {"page": PAGE, "me": ME}
THIS, OTHER = "this", "other"
_HERE = Path(__file__).parents[1]
_SCRIPT = Path("benchmarks", "servers", "limited_mock.py")
_MISSING, _WRONG = 3, 4

Pairs = Sequence[tuple[float, float]]
"""Microseconds of processor time per request in each round: of this mock, and of the other."""


def slower(pairs: Pairs) -> float:
    """How much slower this mock is in the median round, as a share of the other mock's time."""
    return statistics.median(ours / theirs - 1 for ours, theirs in pairs)


def table(measured: Mapping[str, Pairs]) -> str:
    """The medians by route, as text."""
    lines = [f"{'route':<6} {THIS:>10} {OTHER:>10} {'slower':>8}"]
    for route, pairs in measured.items():
        ours, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
        lines.append(f"{route:<6} {ours:>7.1f} µs {theirs:>7.1f} µs {slower(pairs):>+8.1%}")
    return "\n".join(lines)


def _measured(other: Path, rounds: int, seconds: int) -> Mapping[str, Pairs]:
    """What was measured, by route. Raises CannotMeasure."""
    (tenant,) = seed(1, 1, 0, 0.0)
    secret = next(key.secret for key in mint([tenant.organization.id], 1, 0.0) if key.scopes)
    tool = generator(cache_folder() / "npm" / "node_modules" / ".bin" / "autocannon")
    pairs: dict[str, list[tuple[float, float]]] = {route: [] for route in ROUTES}
    with TemporaryDirectory(prefix="outbound-") as folder, ExitStack() as stack:
        checkouts = {THIS: _HERE, OTHER: other}
        servers = {name: _started(checkout, Path(folder), secret, stack) for name, checkout in checkouts.items()}
        for number in range(rounds + 1):
            turns = sorted(servers, reverse=bool(number % 2))
            for route, path in ROUTES.items():
                taken = {name: load(tool, servers[name], path, f"Bearer {secret}", seconds) for name in turns}
                if number:  # The first round warms up.
                    spent = {name: each.cpu_seconds / each.requests * 1e6 for name, each in taken.items()}
                    pairs[route].append((spent[THIS], spent[OTHER]))
    return pairs


def _started(checkout: Path, folder: Path, secret: str, stack: ExitStack) -> Server:
    """The running mock of a checkout. Its modules take precedence over the installed ones."""
    port = free_port()
    command = [sys.executable, str(checkout / _SCRIPT), "--port", str(port), "--quiet"]
    server = stack.enter_context(running(command, port, folder / f"{port}.log", {"PYTHONPATH": str(checkout)}))
    server.wait(ME, {"Authorization": f"Bearer {secret}"})
    return server


@click.command(context_settings={"show_default": True})
@click.argument("checkout", metavar="FOLDER", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--rounds", default=8, type=click.IntRange(1, 100), help="Rounds of load; the two mocks take turns.")
@click.option("--seconds", default=2, type=click.IntRange(1, 60), help="Seconds of load a round, mock and route.")
def main(checkout: Path, rounds: int, seconds: int) -> None:
    """Measure this mock against that of another checkout: git worktree add FOLDER REVISION makes one.

    Exit codes: 0 at most 3 % slower on each route, 1 slower, 3 it could not be measured, 4 no checkout, 130 interrupted.
    """
    if not (checkout / _SCRIPT).exists():
        click.echo(f"against: {checkout} is no checkout of the kit: it has no {_SCRIPT}", err=True)
        sys.exit(_WRONG)
    try:
        measured = _measured(checkout.resolve(), rounds, seconds)
    except CannotMeasure as error:
        click.echo(f"against: {error}", err=True)
        sys.exit(_MISSING)
    click.echo(table(measured))
    sys.exit(int(any(slower(pairs) > MOST for pairs in measured.values())))


if __name__ == "__main__":
    command_line.run(main, "python -m benchmarks.against")
