"""The edge: the ASGI middleware that every request passes before Connexion, and every answer on its way out.

It identifies the caller once, asks the limiter, and adds the headers of each answer: Date by the clock, the rate limit, and
Cache-Control. A request without a valid key goes on, because only Connexion knows whether its path exists.
"""

from __future__ import annotations

import logging
from email.utils import formatdate
from typing import TYPE_CHECKING

from mockserver.api import paths, problems
from mockserver.api.authentication import CALLER, Caller
from mockserver.api.limits import Unreachable
from mockserver.api.problems import Problem
from mockserver.api.request_notes import note_key
from mockserver.api.response import Header, unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mockserver.api.pipeline import Pipeline

logger = logging.getLogger("outbound.mock")

_SERVER: Header = (b"server", b"outbound-mock")
_PRIVATE: tuple[Header, ...] = ((b"cache-control", b"private, no-store"), (b"vary", b"Authorization"))


class Edge:
    """Wraps `api`, which answers paths of the API, and `rest`, which answers all others. Answers a refusal and a crash itself."""

    def __init__(self, pipeline: Pipeline, api: ASGIApp, rest: ASGIApp) -> None:
        self._pipeline = pipeline
        self._api = api
        self._rest = rest
        self._date_of = 0
        self._date: Header = (b"date", b"")

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request (ASGI)."""
        now = self._pipeline.state.clock.now()
        headers = [self._date_header(int(now)), _SERVER]
        started, without_body = False, scope["method"] == "HEAD"

        def out(message: Message) -> Awaitable[None]:
            """Add the headers to the answer, and drop its body if the request is a HEAD."""
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], *headers]
            elif without_body:
                message = {**message, "body": b""}
            return send(message)

        try:
            if paths.is_api(scope["path"]):
                headers += _PRIVATE
                app = self._admitted(scope, now, headers) or self._api
            else:
                app = self._rest
            await app(scope, receive, out)
        except Unreachable as error:
            await unavailable(str(error))(scope, receive, out)
        except Exception:
            logger.exception("A request failed")
            if started:
                raise
            await self._pipeline.problem(problems.internal_error(), scope)(scope, receive, out)

    def _admitted(self, scope: Scope, now: float, headers: list[Header]) -> ASGIApp | None:
        """Put the caller into the scope and the rate limit into the headers. Returns the refusal if there is one."""
        pipeline = self._pipeline
        scope[CALLER] = caller = identify(pipeline, scope, now)
        if not isinstance(caller, Caller):
            return None
        note_key(scope, caller.key)
        admission = pipeline.admit(caller.key, now)
        headers += pipeline.rate_headers(admission, now)
        if admission.admitted:
            return None
        return pipeline.problem(problems.rate_limit_exceeded(pipeline.retry_after(admission, now)), scope)

    def _date_header(self, second: int) -> Header:
        if self._date_of != second:
            self._date_of, self._date = second, (b"date", formatdate(second, usegmt=True).encode())
        return self._date


def identify(pipeline: Pipeline, scope: Scope, now: float) -> Caller | Problem:
    """The caller of a request by its credentials at `now` (unix seconds), or the problem with them."""
    secret = pipeline.credentials(scope)
    if secret is None:
        return problems.missing_api_key()
    key = pipeline.authenticate(secret, now)
    return problems.invalid_api_key() if key is None else Caller(key, pipeline.tenant_of(key))
