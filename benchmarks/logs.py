"""`python -m benchmarks.logs`: what the request log costs a mock, and what the recording of a grade costs beside it.

With `--before FOLDER` the request log of another checkout is measured, too. That shows what a change to the log costs.

All of them answer the same requests in this process, without sockets, in short turns. What is compared is processor time, turn by
turn, and the median counts: neither other programs nor the pace of the machine make a difference.
"""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from benchmarks import command_line
from benchmarks.measuring import CannotMeasure
from benchmarks.peers import ME, PAGE
from mockserver.app import Settings, create_app
from mockserver.grading.recording import MOST_REQUESTS, Recorder
from mockserver.worlds.request_log import RequestLog
from spec import RateLimits, contract

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROUTES = {"page": PAGE, "me": ME}
WITHOUT, LOG, RECORDING, BEFORE = "no log", "request log", "and recording", "log of before"
_VAST = 1_000_000_000
_MISSING = 3

Turns = Mapping[str, Sequence[float]]
"""Microseconds of processor time per request in each round, for each way to answer it."""


class NoLog:
    """Stands for a request log, and writes nothing down."""

    async def record(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, *_switches: object) -> None:
        """Have `app` answer a request."""
        await app(scope, receive, send)


def more(turns: Turns, one: str, other: str) -> float:
    """How much more time `one` takes than `other` in the median round, as a share of the time of `other`."""
    return statistics.median(a / b - 1 for a, b in zip(turns[one], turns[other], strict=True))


def table(measured: Mapping[str, Turns]) -> str:
    """The medians by route, as text. The last column, if there is one, compares the log with that of the other checkout."""
    compared = any(BEFORE in turns for turns in measured.values())
    lines = [f"{'route':<6}{WITHOUT:>12}{LOG:>22}{RECORDING:>22}" + (f"{BEFORE:>22}" if compared else "")]
    for route, turns in measured.items():
        middle = {name: statistics.median(times) for name, times in turns.items()}
        lines.append(
            f"{route:<6}{middle[WITHOUT]:>9.2f} µs{middle[LOG]:>10.2f} µs {more(turns, LOG, WITHOUT):>+7.1%} "
            f"{middle[RECORDING]:>9.2f} µs {more(turns, RECORDING, LOG):>+7.1%} "
            + (f"{middle[BEFORE]:>9.2f} µs {more(turns, LOG, BEFORE):>+7.1%}" if compared else "")
        )
    return "\n".join(lines)


def measure(rounds: int, requests: int, before: Path | None = None) -> Mapping[str, Turns]:
    """What was measured, by route. Each round has a turn of each. Raises CannotMeasure.

    `before` is the folder of another checkout, whose request log is measured beside this one's.
    """
    mocks, authorization = _mocks(_log_of(before) if before else None)
    gc.freeze()  # As `outbound-mock` does: garbage collections then look at what requests leave behind, not at the mock's data.
    measured: dict[str, dict[str, list[float]]] = {route: {name: [] for name in mocks} for route in ROUTES}
    for number in range(rounds + 1):
        names = sorted(mocks, reverse=bool(number % 2))
        for route, target in ROUTES.items():
            for name in names:
                taken = asyncio.run(_turn(mocks[name], target, authorization, requests, recorded=name == RECORDING))
                if number:  # The first round warms up.
                    measured[route][name].append(taken)
    gc.unfreeze()
    return measured


def _log_of(checkout: Path) -> type[RequestLog]:
    """The request log of another checkout. Raises CannotMeasure."""
    file = checkout / "mockserver" / "worlds" / "request_log.py"
    found = importlib.util.spec_from_file_location("request_log_of_before", file)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    try:
        found.loader.exec_module(module)
    except (OSError, ImportError) as error:
        raise CannotMeasure(f"{checkout} has no request log that can be used: {error}") from None
    return cast("type[RequestLog]", module.RequestLog)


def _mocks(before: type[RequestLog] | None) -> tuple[Mapping[str, Any], bytes]:
    """A mock for each kind of turn, whose keys' limits are never reached, and the header that all of them accept."""
    mocks = {name: create_app(Settings()) for name in (WITHOUT, LOG, RECORDING, *((BEFORE,) if before else ()))}
    vast = RateLimits(_VAST, _VAST, contract().rate_limits.burst_window)
    for mock in mocks.values():
        for key in mock.state.keys:
            mock.state.keys.put(replace(key, limits=vast))
    mocks[WITHOUT].world.request_log = cast("RequestLog", NoLog())
    if before:
        mocks[BEFORE].world.request_log = before(mocks[BEFORE].state.clock)
    key = next(key for key in mocks[LOG].state.keys if key.scopes)
    return mocks, b"Bearer " + key.secret.encode()


async def _turn(mock: Any, target: str, authorization: bytes, requests: int, *, recorded: bool) -> float:
    """Microseconds of processor time a request. Raises CannotMeasure."""
    path, _, query = target.partition("?")
    statuses: set[int] = set()
    app = Recorder(mock, mock.state.keys, 0.0) if recorded else mock

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.add(message["status"])

    gc.collect()
    began = time.process_time()
    for _ in range(requests):
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(b"host", b"localhost"), (b"authorization", authorization)],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        await app(scope, receive, send)
    taken = time.process_time() - began
    if statuses != {200}:
        raise CannotMeasure(f"{target} was answered {sorted(statuses)}")
    return taken / requests * 1e6


@click.command(context_settings={"show_default": True})
@click.option("--rounds", default=400, type=click.IntRange(1, 1000), help="Rounds, each with a turn of each mock.")
@click.option("--requests", default=50, type=click.IntRange(1, MOST_REQUESTS), help="Requests of a turn.")
@click.option(
    "--before",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Measure the request log of this checkout, too.",
)
def main(rounds: int, requests: int, before: Path | None) -> None:
    """Measure a mock without its request log, with it, and with the recording of a grade around it.

    Exit codes: 0 it was measured, 3 it could not be, 130 interrupted.
    """
    try:
        measured = measure(rounds, requests, before)
    except CannotMeasure as error:
        click.echo(f"logs: {error}", err=True)
        sys.exit(_MISSING)
    click.echo(table(measured))


if __name__ == "__main__":
    command_line.run(main, "python -m benchmarks.logs")
