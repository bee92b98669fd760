"""Trials in which a client is refused, or sent elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mockserver.api.response import Header, Response, json_bytes
from mockserver.grading.recording import mark, presented, with_query
from mockserver.grading.sequences import IN_FLIGHT, by_beginning
from mockserver.grading.trials.stage import Stage, first, first_of_each_list, is_list, target, where
from mockserver.modifications.helpers.responses import without_header
from spec import contract

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.api.pipeline import Layer
    from mockserver.grading.records import Exchange

WAIT = 2
"""Retry-After of refusals in a trial, in seconds."""

_BEFORE_REFUSAL = 0.1
"""Seconds until a page is refused with 429: what is sent together with it is then surely sent before."""

_HELD = _BEFORE_REFUSAL + IN_FLIGHT + 0.05
"""Seconds that other answers take from then on: what their readers ask next is then surely no longer in flight."""

_FAILURES = 11
"""The number of tries that fail: one more than a client may make."""


def redirect_elsewhere(stage: Stage) -> Layer:
    """The first two targets are answered with a redirect to another port of this machine, once each."""

    async def redirected(_app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        mark(scope, "redirected")
        location = stage.elsewhere.encode() + target(scope).rstrip(b"?")
        await Response(307, b"text/plain", b"", [(b"location", location)])(scope, receive, send)

    return where(first(2, _any), redirected)


def revoked_key(stage: Stage) -> Layer:
    """Every key counts as a revoked one."""
    revoked = next(key for key in stage.keys if key.kind == "revoked")

    async def as_revoked(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        credentials = b"Bearer " + revoked.secret.encode()
        headers = [*without_header(scope["headers"], b"authorization"), (b"authorization", credentials)]
        await app({**scope, "headers": headers}, receive, send)

    return where(lambda scope: presented(scope, stage.keys) is not None, as_revoked)


def one_429(stage: Stage) -> Layer:
    """Refuses one page with 429, and delays the answers to the other requests that come before Retry-After is over.

    It refuses a page after the first, if the plain run asked for such a page. But if the plain run asked for a first page and for
    other things at the same time, it refuses the first page: the client gets the delayed answers after the refusal, and so the
    requests that follow from them come after it too.
    """
    exchanges = stage.plain.exchanges
    later = not _comes_beside_others(exchanges) and any(one.cursor and one.list_key for one in exchanges)
    refused_until: list[float] = []

    async def refused(_app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        mark(scope, "refused")
        refused_until.append(time.monotonic() + _BEFORE_REFUSAL + WAIT)
        await asyncio.sleep(_BEFORE_REFUSAL)
        limits = contract().rate_limits
        headers = [
            (b"retry-after", b"%d" % WAIT),
            (b"x-ratelimit-limit", b"%d" % limits.per_minute),
            (b"x-ratelimit-reset", b"%d" % (time.time() + WAIT)),
        ]
        await _problem("rate-limit-exceeded", "The rate limit of this API key is spent.", headers)(scope, receive, send)

    async def held(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(_HELD)
        await app(scope, receive, send)

    def is_early(_scope: Scope) -> bool:
        return bool(refused_until) and time.monotonic() < refused_until[0]

    refuses = where(first(1, lambda scope: is_list(scope) and (not later or _has_cursor(scope))), refused)
    holds = where(is_early, held)
    return lambda app: refuses(holds(app))


def expiring_cursors(stage: Stage) -> Layer:
    """The first cursor that is sent has expired. Cursors given out afterwards are other ones, and last."""
    expired: set[bytes] = set()

    async def answered(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        cursor = _cursor(scope)
        if not expired:
            expired.add(cursor)
            stage.cursors.renew()
        if cursor in expired:
            mark(scope, "expired")
            # The mock refuses an invalid cursor by itself, with its usual problem.
            scope = with_query(scope, "cursor", lambda _: "expired")
        await app(scope, receive, send)

    return where(lambda scope: is_list(scope) and _has_cursor(scope), answered)


def server_errors(stage: Stage) -> Layer:
    """The first target fails once, with 503 and a Retry-After; the next one eleven times, with 500.

    A client that asks for only one target gets both there. The failures are separate: then even a client with few tries shows
    its own waits, and whether it keeps to Retry-After.
    """
    alone = len({exchange.target for exchange in stage.plain.exchanges if exchange.asked}) == 1
    failed: list[bytes] = []

    async def fails(_app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        mark(scope, "server-error")
        answer = _problem("internal-error", "Something went wrong on our side.", []) if failed else _unavailable()
        failed.append(target(scope))
        await answer(scope, receive, send)

    def chosen(scope: Scope) -> bool:
        if len(failed) < 2:
            return not failed or alone or target(scope) != failed[0]
        return target(scope) == failed[1] and len(failed) <= _FAILURES

    return where(chosen, fails)


def proxy_errors(_stage: Stage) -> Layer:
    """The first two pages of each list are answered by a proxy, with 502 and a page of HTML, once each."""

    async def failed(_app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        mark(scope, "proxy-error")
        page = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>\r\n"
        await Response(502, b"text/html", page)(scope, receive, send)

    return where(first_of_each_list(), failed)


def _any(_scope: Scope) -> bool:
    return True


def _comes_beside_others(exchanges: Sequence[Exchange]) -> bool:
    """Whether the first page of a list was asked for while another answer had not come yet."""
    pages = (one for one in by_beginning(exchanges) if one.list_key)
    page = next(pages, None)
    return page is not None and any(
        one is not page and one.began < page.ended and page.began < one.ended for one in exchanges
    )


def _has_cursor(scope: Scope) -> bool:
    return bool(_cursor(scope))


def _cursor(scope: Scope) -> bytes:
    query: bytes = scope["query_string"]
    pairs = (pair.partition(b"=") for pair in query.split(b"&"))
    return next((value for name, _, value in pairs if name == b"cursor"), b"")


def _problem(slug: str, detail: str, headers: list[Header]) -> Response:
    kind = contract().problems[slug]
    members = {"type": kind.type, "title": kind.title, "status": kind.status, "detail": detail}
    return Response(kind.status, b"application/problem+json", json_bytes(members), headers)


def _unavailable() -> Response:
    members = {"type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": "Come back soon."}
    headers = [(b"retry-after", b"%d" % WAIT)]
    return Response(503, b"application/problem+json", json_bytes(members), headers)
