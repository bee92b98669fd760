"""Answers that come late, slowly, in part or not at all."""

from __future__ import annotations

import math
from asyncio import sleep
from collections.abc import Callable, Mapping
from random import Random
from typing import Annotated, Literal

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api.disconnect import hang_up
from mockserver.api.pipeline import Pipeline
from mockserver.api.response import Response
from mockserver.modifications.helpers.chance import chances
from mockserver.modifications.helpers.layers import sometimes
from mockserver.modifications.helpers.responses import collected
from mockserver.modifications.parameters import About, Seed, share_of
from mockserver.modifications.registry import hardship
from mockserver.tenants.ids import stream

_LONGEST = 60.0


Distribution = Literal["fixed", "uniform", "normal", "lognormal", "long-tail"]

_DRAWS: Mapping[Distribution, Callable[[Random, float], float]] = {
    "fixed": lambda _random, _width: 1.0,
    "uniform": lambda random, width: random.uniform(1 - width, 1 + width),
    "normal": lambda random, width: random.gauss(1, width),
    "lognormal": lambda random, width: math.exp(random.gauss(0, width)),
    "long-tail": lambda random, width: random.paretovariate(1 / max(width, 0.01)),
}
"""(source of chance, width) → a factor, by distribution."""


def draw(random: Random, distribution: Distribution, middle: float, width: float, longest: float) -> float:
    """Seconds of one answer, at most `longest`. `middle` is the middle of the distribution, `width` a share of it."""
    return min(max(0.0, middle * _DRAWS[distribution](random, width)), longest)


@hardship(applies_to="requests")
def latency(
    pipeline: Pipeline,
    *,
    distribution: Annotated[
        Distribution,
        About("How the seconds are distributed; long-tail is a Pareto distribution whose minimum is `seconds`."),
    ] = "lognormal",
    seconds: Annotated[float, About("The middle of the distribution.", 0, _LONGEST)] = 0.2,
    spread: Annotated[float, About("How wide it is, as a share of the seconds.", 0, 2)] = 0.5,
    longest: Annotated[float, About("The longest delay, in seconds.", 0, _LONGEST)] = 5.0,
    probability: Annotated[float, share_of("answers that are late")] = 1.0,
    seed: Seed = 1,
) -> None:
    """Answers begin late, by some seconds of real time, drawn from a distribution."""
    late = chances("latency", seed, probability)
    random = stream("latency/seconds", seed)

    async def delayed(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await sleep(draw(random, distribution, seconds, spread, longest))
        await app(scope, receive, send)

    pipeline.outer.append(sometimes(late, delayed))


@hardship(applies_to="requests")
def slow_bodies(
    pipeline: Pipeline,
    *,
    probability: Annotated[float, share_of("answers that are slow")] = 0.2,
    seconds: Annotated[float, About("How long a whole body takes.", 0, _LONGEST)] = 1.0,
    pieces: Annotated[int, About("How many pieces it comes in.", 2, 1_000)] = 10,
    seed: Seed = 1,
) -> None:
    """Bodies come slowly: the head at once, then piece after piece over some seconds of real time."""

    async def dripped(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await collected(app, scope, receive)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        size = max(1, math.ceil(len(answer.body) / pieces))
        for begin in range(0, len(answer.body), size):
            await sleep(seconds / pieces)
            piece = answer.body[begin : begin + size]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    pipeline.outer.append(sometimes(chances("slow-bodies", seed, probability), dripped))


@hardship("OP-1", "ERROR-1", applies_to="requests")
def truncated_bodies(
    pipeline: Pipeline,
    *,
    probability: Annotated[float, share_of("answers that are cut off")] = 0.1,
    seed: Seed = 1,
) -> None:
    """Bodies end too early: the connection closes before as many bytes have come as Content-Length promised."""
    random = stream("truncated-bodies/length", seed)

    async def cut_off(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await collected(app, scope, receive)
        kept = int(len(answer.body) * random.random())
        await _send_part(answer, kept, send)
        await hang_up(scope, receive)

    pipeline.outer.append(sometimes(chances("truncated-bodies", seed, probability), cut_off))


@hardship("OP-1", applies_to="requests")
def dropped_connections(
    pipeline: Pipeline,
    *,
    probability: Annotated[float, share_of("requests that are dropped")] = 0.1,
    moment: Annotated[
        Literal["any", "before", "headers", "reset"],
        About("Closed before the answer, or after its headers, or reset before it; any draws one each time."),
    ] = "any",
    seed: Seed = 1,
) -> None:
    """Connections end without an answer: before it, after its headers, or by a reset."""
    random = stream("dropped-connections/moment", seed)

    async def dropped(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        drawn = random.choice(("before", "headers", "reset")) if moment == "any" else moment
        if drawn == "headers":
            await _send_part(await collected(app, scope, receive), 0, send)
        await hang_up(scope, receive, reset=drawn == "reset")

    pipeline.outer.append(sometimes(chances("dropped-connections", seed, probability), dropped))


async def _send_part(answer: Response, length: int, send: Send) -> None:
    """Send the first bytes of an answer, and leave it unfinished."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body[:length], "more_body": True})
