"""Requests that are refused though nothing is wrong with them: rate limits, failing servers, failing proxies."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Annotated, Literal

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api.keys import ApiKey
from mockserver.api.limits import Admission
from mockserver.api.pipeline import Layer, Pipeline
from mockserver.api.problems import Problem, internal_error
from mockserver.api.response import Header, Response
from mockserver.modifications.helpers.chance import Spells, chances
from mockserver.modifications.helpers.layers import sometimes
from mockserver.modifications.parameters import About, Seed, share_of
from mockserver.modifications.registry import hardship
from mockserver.tenants.ids import stream
from spec import ProblemKind, contract

_Failing = Annotated[float, share_of("requests that fail")]
_Wait = Annotated[int, About("Retry-After of the answers, in seconds; 0 sends none.", 0, 3_600)]


@hardship("RATE-2", "RATE-7", applies_to="requests")
def rate_limit_storms(
    pipeline: Pipeline,
    *,
    probability: Annotated[float, share_of("a key's requests that begin a storm")] = 0.05,
    seconds: Annotated[float, About("How long a storm lasts, by the mock's clock.", 0.1, 60)] = 5.0,
    seed: Seed = 1,
) -> None:
    """A key is refused with 429 for a while, though it has not spent its limit. Retry-After is honest."""
    inner = pipeline.admit
    spells = Spells("rate-limit-storms", seed, probability, seconds)

    def admit(key: ApiKey, now: float) -> Admission:
        def has_room() -> bool:
            # Otherwise the limiter would refuse the request that the client was told to send after the storm.
            meter = pipeline.state.limiter.peek(key.id, now, key.limits)
            return meter.sustained.has_room and meter.window.has_room

        left = spells.left(key.id, now, has_room)
        if not left:
            return inner(key, now)
        limits = key.limits or contract().rate_limits
        return Admission(admitted=False, limit=limits.per_minute, reset=now + left, retry_after=left)

    pipeline.admit = admit


@hardship("OP-1", "ERROR-5", applies_to="requests")
def server_errors(
    pipeline: Pipeline,
    *,
    probability: _Failing = 0.1,
    status: Annotated[
        Literal["any", "500", "502", "503"], About("Status of the answers; any draws one each time.")
    ] = "any",
    wait: _Wait = 0,
    seed: Seed = 1,
) -> None:
    """Requests fail with 500, 502 or 503 and a problem document. Each try is drawn anew, so the next one may fail, too."""
    statuses = (500, 502, 503) if status == "any" else (int(status),)

    def answer(drawn: int, scope: Scope) -> Response:
        return pipeline.problem(_failure(drawn, _retry_after(wait)), scope)

    # Inside the edge, which identifies the caller, counts the request and adds the headers of every answer.
    pipeline.inner.append(_failing("server-errors", seed, probability, statuses, answer))


@hardship("OP-1", "ERROR-1", "ERROR-5", applies_to="requests")
def proxy_errors(
    pipeline: Pipeline,
    *,
    probability: _Failing = 0.1,
    status: Annotated[
        Literal["any", "502", "503", "504"], About("Status of the answers; any draws one each time.")
    ] = "any",
    wait: _Wait = 0,
    seed: Seed = 1,
) -> None:
    """Requests fail at a proxy before the API, with 502, 503 or 504 and an HTML page, without the API's headers."""
    statuses = (502, 503, 504) if status == "any" else (int(status),)

    def answer(drawn: int, scope: Scope) -> Response:
        return _proxy_page(drawn, scope, _retry_after(wait))

    pipeline.outer.append(_failing("proxy-errors", seed, probability, statuses, answer))


@hardship("OP-1", "ERROR-1", "ERROR-5", applies_to="requests")
def outages(
    pipeline: Pipeline,
    *,
    probability: Annotated[float, share_of("requests that begin an outage")] = 0.02,
    seconds: Annotated[float, About("How long an outage lasts, by the mock's clock.", 0.1, 3_600)] = 5.0,
    announced: Annotated[bool, About("Whether Retry-After says how long it will last.")] = True,
    seed: Seed = 1,
) -> None:
    """The API is down for a while: a proxy answers all requests with 503 and an HTML page."""
    spells = Spells("outages", seed, probability, seconds)

    async def away(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        left = spells.left("everybody", pipeline.state.clock.now())
        told = _retry_after(math.ceil(left) if announced else 0)
        await (_proxy_page(503, scope, told) if left else app)(scope, receive, send)

    pipeline.outer.append(sometimes(lambda: True, away))


def _failing(
    name: str, seed: int, probability: float, statuses: Sequence[int], answer: Callable[[int, Scope], Response]
) -> Layer:
    """A layer that makes requests fail by chance: each draws one of the statuses, and `answer` makes its answer."""
    random = stream(f"{name}/status", seed)

    async def failing(_app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(random.choice(statuses), scope)(scope, receive, send)

    return sometimes(chances(name, seed, probability), failing)


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
