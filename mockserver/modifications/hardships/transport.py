"""Answers that come late, slowly, in part or not at all."""

from __future__ import annotations

import math
from asyncio import sleep
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import ClassVar, Literal

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api.disconnect import hang_up
from mockserver.api.pipeline import Parts
from mockserver.api.response import Response
from mockserver.modifications.catalogue import AppliesTo
from mockserver.modifications.hardships.chance import chances
from mockserver.modifications.hardships.layers import sometimes
from mockserver.modifications.hardships.parameters import parameter, probability, seed
from mockserver.modifications.helpers.responses import collected
from mockserver.tenants.ids import stream

_LONGEST = 60.0


@dataclass(frozen=True)
class Latency:
    """Answers begin late, by so many seconds of real time, drawn from a distribution."""

    breaks: ClassVar[tuple[str, ...]] = ()
    applies_to: ClassVar[AppliesTo] = "requests"

    distribution: Literal["fixed", "uniform", "normal", "lognormal", "long-tail"] = parameter(
        "lognormal", "How the seconds are spread; long-tail is a Pareto distribution, `seconds` its least."
    )
    seconds: float = parameter(0.2, "The middle of the distribution.", 0, _LONGEST)
    spread: float = parameter(0.5, "How wide it is, as a share of the seconds.", 0, 2)
    longest: float = parameter(5.0, "No answer is later, in seconds.", 0, _LONGEST)
    probability: float = probability(1.0, "answers that are late")
    seed: int = seed()

    def install(self, parts: Parts) -> None:
        late = chances("latency", self.seed, self.probability)
        random = stream("latency/seconds", self.seed)

        async def delayed(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
            await sleep(self.drawn(random))
            await app(scope, receive, send)

        parts.outer.append(sometimes(late, delayed))

    def drawn(self, random: Random) -> float:
        """Seconds of one answer."""
        middle, width = self.seconds, self.spread
        draws: dict[str, Callable[[], float]] = {
            "fixed": lambda: middle,
            "uniform": lambda: middle * random.uniform(1 - width, 1 + width),
            "normal": lambda: middle * random.gauss(1, width),
            "lognormal": lambda: middle * math.exp(random.gauss(0, width)),
            "long-tail": lambda: middle * random.paretovariate(1 / max(width, 0.01)),
        }
        return min(max(0.0, draws[self.distribution]()), self.longest)


@dataclass(frozen=True)
class SlowBodies:
    """Bodies come drop by drop: head at once, then piece after piece over some seconds of real time."""

    breaks: ClassVar[tuple[str, ...]] = ()
    applies_to: ClassVar[AppliesTo] = "requests"

    probability: float = probability(0.2, "answers that are slow")
    seconds: float = parameter(1.0, "How long a whole body takes.", 0, _LONGEST)
    pieces: int = parameter(10, "How many pieces it comes in.", 2, 1_000)
    seed: int = seed()

    def install(self, parts: Parts) -> None:
        async def dripped(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
            answer = await collected(app, scope, receive)
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            size = max(1, math.ceil(len(answer.body) / self.pieces))
            for begin in range(0, len(answer.body), size):
                await sleep(self.seconds / self.pieces)
                piece = answer.body[begin : begin + size]
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

        parts.outer.append(sometimes(chances("slow-bodies", self.seed, self.probability), dripped))


@dataclass(frozen=True)
class TruncatedBodies:
    """Bodies end too early: the connection closes before as many bytes have come as Content-Length promised."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-1", "ERROR-1")
    applies_to: ClassVar[AppliesTo] = "requests"

    probability: float = probability(0.1, "answers that are cut off")
    seed: int = seed()

    def install(self, parts: Parts) -> None:
        random = stream("truncated-bodies/length", self.seed)

        async def cut_off(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
            answer = await collected(app, scope, receive)
            kept = int(len(answer.body) * random.random())
            await _send_part(answer, kept, send)
            await hang_up(scope, receive)

        parts.outer.append(sometimes(chances("truncated-bodies", self.seed, self.probability), cut_off))


@dataclass(frozen=True)
class DroppedConnections:
    """Connections end instead of an answer: before it, after its headers, or by a reset."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-1",)
    applies_to: ClassVar[AppliesTo] = "requests"

    probability: float = probability(0.1, "requests that are dropped")
    moment: Literal["any", "before", "headers", "reset"] = parameter(
        "any", "Closed before the answer, or after its headers, or reset before it; any draws one each time."
    )
    seed: int = seed()

    def install(self, parts: Parts) -> None:
        random = stream("dropped-connections/moment", self.seed)

        async def dropped(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
            moment = random.choice(("before", "headers", "reset")) if self.moment == "any" else self.moment
            if moment == "headers":
                await _send_part(await collected(app, scope, receive), 0, send)
            await hang_up(scope, receive, reset=moment == "reset")

        parts.outer.append(sometimes(chances("dropped-connections", self.seed, self.probability), dropped))


async def _send_part(answer: Response, length: int, send: Send) -> None:
    """Send so many bytes of an answer, and leave it unfinished."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body[:length], "more_body": True})
