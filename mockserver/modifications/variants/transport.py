"""Other ways to send the same answer."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.api import problems
from mockserver.api.authentication import CALLER, Caller
from mockserver.api.pipeline import Pipeline
from mockserver.api.response import Response
from mockserver.modifications.helpers.layers import around
from mockserver.modifications.helpers.requests import header
from mockserver.modifications.helpers.responses import rewriting, with_header
from mockserver.modifications.registry import variant
from mockserver.tenants.ids import stream


@variant()
def upper_case_headers(pipeline: Pipeline) -> None:
    """Header names are in upper case (RFC 9110 5.1: field names are case-insensitive)."""

    async def shouted(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        async def loud(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [(name.upper(), value) for name, value in message["headers"]]
            await send(message)

        await app(scope, receive, loud)

    pipeline.outer.append(around(shouted))


@variant()
def headers_beyond_ascii(pipeline: Pipeline) -> None:
    """Headers have bytes beyond ASCII, as UTF-8 and Latin-1 (RFC 9110 5.5: a recipient treats them as opaque)."""

    def change(_scope: Scope, answer: Response) -> None:
        challenged = answer.status == 401
        answer.headers = with_header(
            answer.headers, b"x-served-by", "Zürich-3".encode("latin-1" if challenged else "utf-8")
        )
        if challenged:
            answer.headers = with_header(answer.headers, b"www-authenticate", 'Bearer realm="Schlüssel"'.encode())

    pipeline.outer.append(rewriting(change))


@variant()
def content_type_parameters(pipeline: Pipeline) -> None:
    """A Content-Type has parameters: a quoted one with a semicolon, an unknown one, and an empty one (RFC 9110 5.6.6)."""

    def change(_scope: Scope, answer: Response) -> None:
        declared = dict(answer.headers).get(b"content-type", b"")
        if b"json" in declared:
            parameters = b' ; profile="a;b=\\"c";; Charset="UTF-8"'
            answer.headers = with_header(answer.headers, b"content-type", declared.partition(b";")[0] + parameters)

    pipeline.outer.append(rewriting(change))


@variant()
def gzip_answers(pipeline: Pipeline) -> None:
    """Answers are compressed for clients that accept it (RFC 9110 8.4)."""

    def change(scope: Scope, answer: Response) -> None:
        if b"gzip" in (header(scope, b"accept-encoding") or b"") and answer.body:
            answer.body = gzip.compress(answer.body, 1)
            answer.headers.append((b"content-encoding", b"gzip"))

    pipeline.outer.append(rewriting(change))


@variant()
def close_after_each_answer(pipeline: Pipeline) -> None:
    """Every connection serves one request (RFC 9112 9.6)."""

    def change(_scope: Scope, answer: Response) -> None:
        answer.headers = with_header(answer.headers, b"connection", b"close")

    pipeline.outer.append(rewriting(change))


@variant()
def slow_answers(pipeline: Pipeline) -> None:
    """An answer takes 150 ms, give or take a third: the documentation promises no speed."""
    random = stream("slow-answers")

    async def late(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(random.uniform(0.1, 0.2))
        await app(scope, receive, send)

    pipeline.outer.append(around(late))


@variant()
def indented_json(pipeline: Pipeline) -> None:
    """JSON is indented and escaped to ASCII, and its members are sorted (RFC 8259: neither changes the meaning)."""

    def change(_scope: Scope, answer: Response) -> None:
        if b"json" in dict(answer.headers).get(b"content-type", b"") and answer.body:
            answer.body = json.dumps(json.loads(answer.body), indent=2, sort_keys=True).encode()

    pipeline.outer.append(rewriting(change))


@variant()
def session_cookies(pipeline: Pipeline) -> None:
    """Every answer sets a session cookie, which is refused together with another key: clients need not keep cookies."""

    def change(scope: Scope, answer: Response) -> Response | None:
        caller = scope.get(CALLER)
        own = caller.key.id.encode() if isinstance(caller, Caller) else b"nobody"
        sent = header(scope, b"cookie") or b""
        if b"outbound-session=" in sent and b"outbound-session=" + own not in sent:
            return pipeline.problem(problems.invalid_api_key(), scope)
        answer.headers.append((b"set-cookie", b"outbound-session=%b; Path=/; HttpOnly" % own))
        return None

    pipeline.outer.append(rewriting(change))


@variant()
def etags_of_own(pipeline: Pipeline) -> None:
    """Answers have an ETag made from body and organization, and a client that sends it gets 304 (TENANT-7: never another's)."""

    def change(scope: Scope, answer: Response) -> None:
        caller = scope.get(CALLER)
        if answer.status != 200 or scope["method"] != "GET" or not isinstance(caller, Caller):
            return
        digest = hashlib.sha256(caller.tenant.organization.id.encode() + answer.body).hexdigest()
        tag = b'"%b"' % digest[:20].encode()
        answer.headers.append((b"etag", tag))
        if header(scope, b"if-none-match") == tag:
            answer.status, answer.body = 304, b""

    pipeline.outer.append(rewriting(change))
