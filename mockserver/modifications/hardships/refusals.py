"""Requests that are refused though nothing is wrong with them: rate limits, failing servers, failing proxies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar, Literal

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api.keys import ApiKey
from mockserver.api.limits import Admission
from mockserver.api.pipeline import Parts
from mockserver.api.problems import Problem, internal_error
from mockserver.api.response import Header, Response
from mockserver.modifications.catalogue import AppliesTo
from mockserver.modifications.hardships.chance import Spells, chances
from mockserver.modifications.hardships.layers import sometimes
from mockserver.modifications.hardships.parameters import parameter, probability, seed
from mockserver.tenants.ids import stream
from spec import ProblemKind, contract

_WAIT = "Retry-After of the answers, in seconds; 0 sends none."


@dataclass(frozen=True)
class RateLimitStorms:
    """A key is refused with 429 for a while, though it has not spent its limit. Retry-After is honest."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-2", "RATE-7")
    applies_to: ClassVar[AppliesTo] = "requests"

    probability: float = probability(0.05, "a key's requests that begin a storm")
    seconds: float = parameter(5.0, "How long a storm lasts, by the mock's clock.", 0.1, 60)
    seed: int = seed()

    def install(self, parts: Parts) -> None:
        healthy = parts.admit
        spells = Spells("rate-limit-storms", self.seed, self.probability, self.seconds)

        def admit(key: ApiKey, now: float) -> Admission:
            def has_room() -> bool:
                # Or the limiter would refuse the request that was told to come after the storm.
                meter = parts.limiter.peek(key.id, now, key.limits)
                return meter.sustained.has_room and meter.window.has_room

            left = spells.left(key.id, now, has_room)
            if not left:
                return healthy(key, now)
            limits = key.limits or contract().rate_limits
            return Admission(admitted=False, limit=limits.per_minute, reset=now + left, retry_after=left)

        parts.admit = admit


@dataclass(frozen=True)
class ServerErrors:
    """Requests fail with 500, 502 or 503, told as a problem. Each is drawn anew, so the next try may fail too."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-1", "ERROR-5")
    applies_to: ClassVar[AppliesTo] = "requests"

    probability: float = probability(0.1, "requests that fail")
    status: Literal["any", "500", "502", "503"] = parameter("any", "Status of the answers; any draws one each time.")
    wait: int = parameter(0, _WAIT, 0, 3_600)
    seed: int = seed()

    def install(self, parts: Parts) -> None:
        fails = chances("server-errors", self.seed, self.probability)
        random = stream("server-errors/status", self.seed)

        async def failing(_app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
            status = random.choice((500, 502, 503)) if self.status == "any" else int(self.status)
            problem = _failure(status, _retry_after(self.wait))
            await parts.problem(problem, scope)(scope, receive, send)

        # Inside the edge, which identifies the caller, counts the request and adds the headers of every answer.
        parts.inner.append(sometimes(fails, failing))


@dataclass(frozen=True)
class ProxyErrors:
    """Requests fail at a proxy before the API, with 502, 503 or 504 and an HTML page, and no header of the API's."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-1", "ERROR-1", "ERROR-5")
    applies_to: ClassVar[AppliesTo] = "requests"

    probability: float = probability(0.1, "requests that fail")
    status: Literal["any", "502", "503", "504"] = parameter("any", "Status of the answers; any draws one each time.")
    wait: int = parameter(0, _WAIT, 0, 3_600)
    seed: int = seed()

    def install(self, parts: Parts) -> None:
        fails = chances("proxy-errors", self.seed, self.probability)
        random = stream("proxy-errors/status", self.seed)

        async def failing(_app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
            status = random.choice((502, 503, 504)) if self.status == "any" else int(self.status)
            await _proxy_page(status, scope, _retry_after(self.wait))(scope, receive, send)

        parts.outer.append(sometimes(fails, failing))


@dataclass(frozen=True)
class Outages:
    """The API is away for a while: a proxy answers 503 with an HTML page to everybody until it is back."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-1", "ERROR-1", "ERROR-5")
    applies_to: ClassVar[AppliesTo] = "requests"

    probability: float = probability(0.02, "requests that begin an outage")
    seconds: float = parameter(5.0, "How long an outage lasts, by the mock's clock.", 0.1, 3_600)
    announced: bool = parameter(True, "Whether Retry-After says, honestly, how long it will last.")
    seed: int = seed()

    def install(self, parts: Parts) -> None:
        spells = Spells("outages", self.seed, self.probability, self.seconds)

        async def away(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
            left = spells.left("everybody", parts.clock.now())
            told = _retry_after(math.ceil(left) if self.announced else 0)
            await (_proxy_page(503, scope, told) if left else app)(scope, receive, send)

        parts.outer.append(sometimes(lambda: True, away))


def _retry_after(seconds: int) -> tuple[Header, ...]:
    return ((b"retry-after", b"%d" % seconds),) if seconds else ()


def _failure(status: int, headers: tuple[Header, ...]) -> Problem:
    own = internal_error()
    title = HTTPStatus(status).phrase
    other = ProblemKind(title.lower().replace(" ", "-"), "about:blank", status, title)
    return Problem(own.kind if status == own.kind.status else other, own.detail, headers=headers)


def _proxy_page(status: int, scope: Scope, headers: tuple[Header, ...]) -> Response:
    title = f"{status} {HTTPStatus(status).phrase}"
    page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body><h1>{title}</h1></body>\r\n</html>\r\n"
    answer = Response(status, b"text/html", page.encode(), [(b"server", b"proxy"), *headers])
    if scope["method"] == "HEAD":
        answer.body = b""
    return answer
