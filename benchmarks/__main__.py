"""`python -m benchmarks`: measures, prints a table and the targets, draws a picture. Exit code 0: all targets are met."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import httpx

from benchmarks import report
from benchmarks.command_line import INTERRUPTED, run
from benchmarks.measuring import CannotMeasure, Server, free_port, generator, load, running
from benchmarks.peers import ME, OURS, PAGE, PEERS, Peer, Workshop, cache_folder, npm_packages, serve_answers
from benchmarks.report import Measured, Target
from mockserver.api.keys import mint
from mockserver.tenants.seed.organizations import seed

ROUTES = {"page": PAGE, "me": ME}
_WARM_UP = 2
_LONGEST_SCALE = 900.0


@click.command(context_settings={"show_default": True})
@click.option("--rounds", default=3, type=click.IntRange(1, 50), help="Rounds of load; the servers take turns.")
@click.option("--seconds", default=3, type=click.IntRange(1, 120), help="Seconds of load a round, server and route.")
@click.option(
    "--starts", default=3, type=click.IntRange(1, 20), help="How often each server is started; the best counts."
)
@click.option(
    "--peer",
    "chosen",
    multiple=True,
    type=click.Choice([peer.name for peer in PEERS[1:]], case_sensitive=False),
    help="Measure the mock beside this peer (repeatable); beside all of them without it.",
)
@click.option("--no-peers", is_flag=True, help="Leave the peers out: measure scale alone.")
@click.option("--scale", default=1_000_000, type=click.IntRange(0, 1_000_000), help="Contacts; 0 leaves that part out.")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="Write the picture (SVG) here.")
@click.option("--figures", type=click.Path(dir_okay=False, path_type=Path), help="Write all figures (JSON) here.")
@click.option(
    "--cache", default=cache_folder(), type=click.Path(file_okay=False, path_type=Path), help="Peers' folder."
)
def main(
    *,
    rounds: int,
    seconds: int,
    starts: int,
    chosen: Sequence[str],
    no_peers: bool,
    scale: int,
    picture: Path | None,
    figures: Path | None,
    cache: Path,
) -> None:
    """Measure the mock beside its peers, and with a million contacts.

    Exit codes: 0 all targets are met, 1 one is missed, 3 one could not be measured, 4 nothing could, 130 interrupted: what was
    measured until then is told.
    """
    peers = [] if no_peers else [peer for peer in PEERS if not chosen or peer.name == OURS or peer.name in chosen]
    servers = {peer.name: Measured(peer.name) for peer in peers}
    at_scale: dict[str, Any] = {}
    interrupted = False
    try:
        if peers:
            _measure(peers, servers, cache, rounds, seconds, starts)
        if scale:
            at_scale = _scale(scale)
    except KeyboardInterrupt:
        interrupted = True
        _say("interrupted")
    targets = _told(peers, servers, at_scale, picture)
    if figures:
        whole = {"servers": [_figures(each) for each in servers.values()], "scale": at_scale}
        told = {name: part for name, part in whole.items() if part}
        figures.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", "utf-8")
    sys.exit(INTERRUPTED if interrupted else report.exit_code(targets))


def _told(
    peers: Sequence[Peer], servers: Mapping[str, Measured], at_scale: Mapping[str, Any], picture: Path | None
) -> list[Target]:
    """Print and draw what was measured. Returns the targets."""
    targets: list[Target] = []
    for server in servers.values():
        if set(server.loads) != set(ROUTES):
            server.reason = server.reason or "interrupted"
    if servers:
        click.echo("\n" + report.server_table(servers.values()) + "\n")
        targets += _wanted(report.peer_targets(servers), peers)
        if picture:
            picture.write_text(report.picture(servers.values()), "utf-8")
    if at_scale:
        click.echo(report.scale_table(at_scale) + "\n")
        targets += report.scale_targets(at_scale)
    click.echo(report.target_table(targets))
    return targets


def _measure(
    peers: Sequence[Peer], measured: Mapping[str, Measured], cache: Path, rounds: int, seconds: int, starts: int
) -> None:
    """Start all peers, and let them take turns under load."""
    with TemporaryDirectory(prefix="outbound-benchmark-") as folder, ExitStack() as stack:
        workshop = Workshop(cache, Path(folder))
        with _giving_up():
            tool = _tool(workshop)
            secret = _prepare(workshop, peers[0])
        servers: dict[str, Server] = {}
        for peer in peers:
            try:
                servers[peer.name] = _started(peer, workshop, secret, measured[peer.name], starts, stack)
            except CannotMeasure as error:
                measured[peer.name].reason = str(error)
        for number in range(rounds):
            _say(f"round {number + 1} of {rounds} …")
            for name, server in servers.items():
                for route, path in ROUTES.items():
                    if number == 0:
                        load(tool, server, path, f"Bearer {secret}", _WARM_UP)
                    taken = load(tool, server, path, f"Bearer {secret}", seconds)
                    measured[name].loads.setdefault(route, []).append(taken)
                measured[name].memory = max(measured[name].memory, server.memory())


def _tool(workshop: Workshop) -> str:
    autocannon = workshop.modules / ".bin" / "autocannon"
    try:
        return generator(autocannon)
    except CannotMeasure:
        npm_packages(workshop)
        return generator(autocannon)


def _prepare(workshop: Workshop, ours: Peer) -> str:
    """Write the answers of the mock that all peers serve. Returns the secret of a key that may read them."""
    (tenant,) = seed(1, 1, 0, 0.0)
    secret = next(key.secret for key in mint([tenant.organization.id], 1, 0.0) if key.scopes)
    port = free_port()
    headers = {"Authorization": f"Bearer {secret}"}
    with running(ours.command(workshop, port), port, workshop.folder / "first.log", {}) as server:
        server.wait(ME, headers)
        answers = [httpx.get(server.url + path, headers=headers, trust_env=False) for path in (ME, PAGE)]
    for answer in answers:
        if answer.status_code != httpx.codes.OK:
            raise CannotMeasure(f"the mock answers {answer.request.url.path} with {answer.status_code}")
    serve_answers(workshop, *(answer.content for answer in answers))
    return secret


def _started(peer: Peer, workshop: Workshop, secret: str, measured: Measured, starts: int, stack: ExitStack) -> Server:
    """Start a peer a few times, to measure how long that takes. Returns the running server. Raises CannotMeasure."""
    _say(f"{peer.name} …")
    peer.installed(workshop)
    headers = {"Authorization": f"Bearer {secret}"}
    environment = {"ANSWERS": str(workshop.folder), "KEY": secret}
    for last in [False] * (starts - 1) + [True]:
        port = free_port()
        log = workshop.folder / f"{peer.name}.log"
        context = running(peer.command(workshop, port), port, log, environment)
        with ExitStack() as once:
            server = (stack if last else once).enter_context(context)
            measured.starts.append(server.wait(ME, headers))
    for path, answer in ((ME, workshop.me), (PAGE, workshop.page)):
        served = httpx.get(server.url + path, headers=headers, trust_env=False)
        if _shape(served.content) != _shape(answer.read_bytes()):
            raise CannotMeasure(f"it does not serve the same {path.partition('?')[0]}")
    return server


def _shape(body: bytes) -> Any:
    """What the answers of two servers must have in common: the whole page, except times, which differ in the mock."""
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    return [sorted(item) for item in answer["data"]] if "data" in answer else answer["organization"]["id"]


def _scale(contacts: int) -> Any:
    _say(f"{contacts:,} contacts …")
    command = [sys.executable, "-m", "benchmarks.scale", str(contacts)]
    with _giving_up():
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_LONGEST_SCALE)
        except subprocess.SubprocessError as error:
            raise CannotMeasure(f"scale: {error} {getattr(error, 'stderr', '')}") from error
    return json.loads(done.stdout)


def _wanted(targets: Sequence[Target], peers: Sequence[Peer]) -> list[Target]:
    """The targets without those that compare with a peer which was not asked for."""
    others = [peer.name for peer in PEERS if peer not in peers]
    return [target for target in targets if target.unit.removeprefix("× ") not in others]


def _figures(server: Measured) -> dict[str, Any]:
    """What was measured of a server, for --figures."""
    rates = {
        route: {
            "perCpuSecond": server.rate(route),
            "p50": server.p50(route),
            "p99": server.p99(route),
        }
        for route in server.loads
    }
    return {"name": server.name, "starts": server.starts, "memory": server.memory, "reason": server.reason, **rates}


@contextmanager
def _giving_up() -> Iterator[None]:
    """End with one line and an exit code if something is missing without which nothing can be measured."""
    try:
        yield
    except CannotMeasure as error:
        click.echo(f"benchmarks: {error}", err=True)
        sys.exit(4)


def _say(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    run(main, "python -m benchmarks")
