"""`python -m benchmarks.soak`: the mock at full load for ten minutes, while its data changes and things go wrong.

It passes if its memory stays flat, its request log stays bounded, and it answers 5xx only where a fault asks for it.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import click
import httpx

from benchmarks.command_line import INTERRUPTED, run
from benchmarks.measuring import CannotMeasure, Server, free_port, running
from mockserver.api.keys import mint
from mockserver.tenants.seed.organizations import seed
from mockserver.worlds.request_log import KEPT
from spec import contract

CONNECTIONS = 16
STEPS_A_MINUTE = 1_200
"""How busy the simulated sales team is."""

FILLING = 11_000
"""Steps of the team after which everything that has a bound (its data, the log of events, deliveries) has reached it."""

TURN = 5.0
"""Seconds for which a fault or hardship is on, and then for which none is."""

_SWITCHED: Sequence[Mapping[str, Any]] = (
    {"hardship": "server-errors"},
    {"fault": "cursor-skips-ties"},
    {"hardship": "latency", "parameters": {"seconds": 0.05}},
    {"hardship": "dropped-connections"},
    {"fault": "tenant-across-await"},
    {"hardship": "truncated-bodies"},
    {"fault": "brief-cache-by-url"},
    {"hardship": "outages"},
    {"hardship": "small-pages"},
    {"fault": "filter-lost-on-page-two"},
    {"hardship": "unknown-enum-values"},
    {"fault": "etag-by-url"},
    {"hardship": "slow-bodies", "parameters": {"seconds": 0.1}},
    {"hardship": "tampered-deliveries"},
    {"fault": "delivered-to-everybody"},
    {"hardship": "expiring-cursors"},
)
_FAILING = ("server-errors", "outages", "proxy-errors")
"""The modifications that answer 5xx on purpose."""

_GROWTH = 0.05
"""By which share a mock's memory may grow between the second fifth of a soak and the last: no measurement is exact."""

_QUIET = 10.0
"""Seconds between two lines of progress, if they cannot overwrite each other."""


@dataclass
class Seen:
    """What the soak has met in these `seconds`. `memory` is in bytes, `asked_for` whether 5xx are being asked for."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    unasked: Counter[str] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)
    longest_log: int = 0
    asked_for: bool = False
    switched: int = 0
    seconds: float = 0.0


class Client:
    """One connection after the other, one request after the other: pages, walks, filters, single resources, bad requests."""

    def __init__(self, port: int, secrets: Sequence[str], random: Random, seen: Seen) -> None:
        self._port = port
        self._secrets = secrets
        self._random = random
        self._seen = seen
        self._cursor: str | None = None

    async def run(self, until: float) -> None:
        """Send requests until a time of `time.monotonic()`."""
        while time.monotonic() < until:
            try:
                await self._converse(until)
            except (OSError, asyncio.IncompleteReadError, ValueError):
                self._seen.broken += 1
                if not self._seen.asked_for:
                    await asyncio.sleep(0.01)

    async def _converse(self, until: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
        try:
            while time.monotonic() < until:
                target, secret = self._next()
                asked_for = self._seen.asked_for
                writer.write(
                    f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {secret}\r\n\r\n".encode()
                )
                status, body = await asyncio.wait_for(_answer(reader), 30)
                self._seen.statuses[status] += 1
                if status >= 500 and not (asked_for or self._seen.asked_for):
                    self._seen.unasked[f"{status} {target.partition('?')[0]}"] += 1
                self._cursor = json.loads(body).get("nextCursor") if status == httpx.codes.OK else None
        finally:
            writer.close()

    def _next(self) -> tuple[str, str]:
        secret = self._random.choice(self._secrets)
        base = contract().operations["listContacts"].path
        if self._cursor and self._random.random() < 0.8:
            return f"{base}?limit=50&cursor={self._cursor}", secret
        asked = (
            f"{base}?limit=50",
            f"{base}?q=an&limit=20",
            f"{base}?qualificationStatus=qualified",
            f"{base}?limit=nonsense",
            f"{base}/con_unknown",
            f"{base}?cursor=nonsense",
            *(operation.path for operation in contract().operations.values() if not operation.path_parameters),
        )
        return self._random.choice(asked), self._random.choice((secret, secret, secret, "obk_live_nobody"))


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    fields = head.lower().split(b"\r\n")
    length = next((int(line[15:]) for line in fields if line.startswith(b"content-length:")), 0)
    return int(fields[0].split()[1]), await reader.readexactly(length)


@click.command(context_settings={"show_default": True})
@click.option("--minutes", default=10.0, type=click.FloatRange(0.2, 600), help="How long.")
@click.option("--seed", "number", default=1, help="What requests and their order are drawn from.")
def main(*, minutes: float, number: int) -> None:
    """Keep the mock at full load while its data changes, faults and hardships come and go and webhooks go out.

    Exit codes: 0 it holds out, 1 it does not, 3 it could not be measured, 130 interrupted: what was seen until then is told.
    """
    seen = Seen()
    try:
        printed = _hold_out(minutes * 60, Random(number), seen)
    except (CannotMeasure, httpx.HTTPError) as error:
        click.echo(f"soak: {error}", err=True)
        sys.exit(3)
    except KeyboardInterrupt:
        click.echo(f"\nsoak: interrupted, not judged after {seen.seconds:.0f} of {minutes * 60:.0f} s", err=True)
        if seen.memory:
            click.echo("\n".join(_told(seen)))
        sys.exit(INTERRUPTED)
    flaws = list(_flaws(seen, printed))
    click.echo("\n".join(_told(seen)))
    click.echo("\n".join(f"✗ {flaw}" for flaw in flaws) or "✓ it holds out")
    sys.exit(1 if flaws else 0)


def _hold_out(seconds: float, random: Random, seen: Seen) -> str:
    """Start a mock and soak it. Returns what it printed. Raises CannotMeasure, HTTPError."""
    with TemporaryDirectory() as folder:
        port, log = free_port(), Path(folder, "log")
        command = [sys.executable, "-m", "mockserver", "--port", str(port), "--no-rate-limit", "--quiet"]
        with running(command, port, log, {}) as server:
            server.wait("/_mock/health", {})
            asyncio.run(_soak(server, port, seconds, random, seen))
            return log.read_text("utf-8", "replace")


async def _soak(server: Server, port: int, seconds: float, random: Random, seen: Seen) -> None:
    organizations = [tenant.organization.id for tenant in seed(1, 2, 0, 0.0)]
    secrets = [key.secret for key in mint(organizations, 1, 0.0) if key.kind in ("primary", "secondary")]
    async with httpx.AsyncClient(base_url=f"{server.url}/_mock/", timeout=30, trust_env=False) as control:
        await _must(control.post("webhooks", json={"url": f"{server.url}/nobody"}))
        click.echo(f"{FILLING:,} steps of activity first …", err=True)
        for _ in range(FILLING):
            await _must(control.post("activity/steps"))
        await _must(control.put("activity", json={"rate": STEPS_A_MINUTE}))
        until = time.monotonic() + seconds
        draws = [Random(random.random()) for _ in range(CONNECTIONS)]
        clients = [Client(port, secrets, draw, seen).run(until) for draw in draws]
        await asyncio.gather(*clients, _watch(server, control, seen, until), _trouble(control, seen, until))


async def _watch(server: Server, control: httpx.AsyncClient, seen: Seen, until: float) -> None:
    """Measure the mock every second, and show progress."""
    began, terminal, shown = time.monotonic(), sys.stderr.isatty(), 0.0
    while (now := time.monotonic()) < until:
        seen.memory.append(server.memory())
        seen.seconds = now - began
        entries = (await _must(control.get("requests", params={"limit": KEPT}))).json()["data"]
        seen.longest_log = max(seen.longest_log, len(entries))
        if terminal or now - shown > _QUIET:
            passed, memory = f"{now - began:5.0f} of {until - began:.0f} s", f"{seen.memory[-1] / 1e6:6.1f} MB"
            line = f"{passed}  {memory}  {seen.statuses.total():>9,} answers"
            click.echo(f"\r{line}" if terminal else line, err=True, nl=not terminal)
            shown = now
        await asyncio.sleep(1)
    if terminal:
        click.echo(err=True)


async def _trouble(control: httpx.AsyncClient, seen: Seen, until: float) -> None:
    """Switch modifications on and off in turn. For half of the time none is on."""
    turn = 0
    while time.monotonic() + 2 * TURN < until:
        switch = _SWITCHED[turn % len(_SWITCHED)]
        turn += 1
        seen.asked_for = switch.get("hardship") in _FAILING
        switched = (await _must(control.post("switches", json=switch))).json()["id"]
        seen.switched += 1
        await asyncio.sleep(TURN)
        await _must(control.delete(f"switches/{switched}"))
        await asyncio.sleep(0.5)
        seen.asked_for = False
        await asyncio.sleep(TURN - 0.5)


async def _must(request: Any) -> httpx.Response:
    """The answer to a control request. Raises CannotMeasure for a refusal."""
    answer: httpx.Response = await request
    if not answer.is_success:
        raise CannotMeasure(f"{answer.request.url.path} answered {answer.status_code}: {answer.text[:200]}")
    return answer


def _flaws(seen: Seen, printed: str) -> Iterator[str]:
    """The problems found, one on each line."""
    before, after = _levels(seen.memory)
    if after > before * (1 + _GROWTH):
        yield f"its memory grew from {before / 1e6:.1f} to {after / 1e6:.1f} MB"
    for what, times in seen.unasked.most_common(5):
        yield f"it answered {what} {times} times, unasked"
    if seen.longest_log > KEPT:
        yield f"its request log held {seen.longest_log} entries"
    if seen.statuses[httpx.codes.OK] == 0 or not seen.switched:
        yield "it was never asked anything that it could have answered well"
    if "Traceback" in printed:
        yield f"it printed a traceback: {printed.strip().splitlines()[-1]}"


def _levels(memory: Sequence[int]) -> tuple[float, float]:
    """The medians of the second fifth and of the last: the first is start-up."""
    fifth = max(1, len(memory) // 5)
    return statistics.median(memory[fifth : 2 * fifth] or memory), statistics.median(memory[-fifth:])


def _told(seen: Seen) -> Iterator[str]:
    before, after = _levels(seen.memory)
    answers = seen.statuses.total()
    yield f"{seen.seconds / 60:.1f} minutes, {answers:,} answers, {answers / max(seen.seconds, 1):,.0f} a second"
    yield "  " + ", ".join(f"{status}: {count:,}" for status, count in sorted(seen.statuses.items()))
    yield f"  {seen.switched} faults and hardships, {seen.broken:,} conversations broken off"
    yield f"  memory {before / 1e6:.1f} MB in the second fifth, {after / 1e6:.1f} MB in the last; log {seen.longest_log} entries"


if __name__ == "__main__":
    run(main, "python -m benchmarks.soak")
