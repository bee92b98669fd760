"""Changing answers on their way out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mockserver.api.authentication import CALLER, Caller
from mockserver.api.problems import Members, Problem
from mockserver.api.response import Header, Response, json_bytes
from mockserver.modifications.helpers.layers import around
from mockserver.modifications.helpers.requests import header
from mockserver.tenants.resource_types import Resource
from spec import contract

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mockserver.api.pipeline import Layer, Pipeline
    from mockserver.tenants.collection import Page
    from mockserver.tenants.cursor import Position

Change = Callable[["Scope", Response], Response | None]
"""(scope, answer) → the answer to send instead, None for the same, which may have been changed in place."""


def rewriting(change: Change) -> Layer:
    """A layer that hands every answer, collected, to `change`. An answer to HEAD has no body, and keeps its length."""

    async def rewritten(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await collected(app, scope, receive)
        changed = change(scope, answer) or answer
        if scope["method"] != "HEAD":
            changed.headers = with_header(changed.headers, b"content-length", b"%d" % len(changed.body))
        await changed(scope, receive, send)

    return around(rewritten)


async def collected(app: ASGIApp, scope: Scope, receive: Receive) -> Response:
    """The whole answer of an application to a request."""
    answer = Response(500, b"", b"")

    async def collect(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message["headers"])
        else:
            answer.body += message.get("body", b"")

    await app(scope, receive, collect)
    return answer


def without_header(headers: Iterable[Header], *names: bytes) -> list[Header]:
    """The headers without those of these names (in lower case)."""
    return [(name, value) for name, value in headers if name.lower() not in names]


def with_header(headers: Iterable[Header], name: bytes, value: bytes) -> list[Header]:
    """The headers with this one in place of any of the same name (in lower case)."""
    return [*without_header(headers, name), (name, value)]


def validate(pipeline: Pipeline, tag_of: Callable[[Scope, Response], str], *left_out: bytes) -> None:
    """Add an ETag to answers, and answer 304, with some headers left out, if the client sends the same one."""

    def change(scope: Scope, answer: Response) -> None:
        if answer.status != 200 or not isinstance(scope.get(CALLER), Caller):
            return
        tag = b'"%b"' % hashlib.sha256(tag_of(scope, answer).encode()).hexdigest()[:16].encode()
        if header(scope, b"if-none-match") == tag:
            answer.status, answer.body = 304, b""
            answer.headers = without_header(answer.headers, *left_out)
        answer.headers.append((b"etag", tag))

    pipeline.outer.append(rewriting(change))


def change_problems(pipeline: Pipeline, change: Callable[[Problem, Scope], Problem]) -> None:
    """Replace every problem: `change` gets it with the ASGI scope of its request."""
    inner = pipeline.problem
    pipeline.problem = lambda problem, scope: inner(change(problem, scope), scope)


def change_kind(pipeline: Pipeline, slug: str, change: Callable[[Problem, Scope], Problem]) -> None:
    """Replace the problems of one kind: `change` gets each with the ASGI scope of its request."""
    change_problems(pipeline, lambda problem, scope: change(problem, scope) if problem.kind.slug == slug else problem)


def without_challenge(pipeline: Pipeline) -> None:
    """Leave WWW-Authenticate out of every 401."""

    def change(problem: Problem, _scope: Scope) -> Problem:
        if problem.kind.status != 401:
            return problem
        return replace(problem, headers=tuple(without_header(problem.headers, b"www-authenticate")))

    change_problems(pipeline, change)


def change_answer(
    pipeline: Pipeline, applies: Callable[[Problem, Scope], bool], answer: Callable[[Problem], Response]
) -> None:
    """Answer some problems without a problem document."""
    inner = pipeline.problem

    def problem(problem: Problem, scope: Scope) -> Response:
        return answer(problem) if applies(problem, scope) else inner(problem, scope)

    pipeline.problem = problem


def change_members(pipeline: Pipeline, change: Callable[[Members], Members]) -> None:
    """Change the members of every problem document."""
    inner = pipeline.problem_members
    pipeline.problem_members = lambda problem, instance: change(inner(problem, instance))


def change_items(pipeline: Pipeline, collection: str, change: Callable[[Resource], Resource]) -> None:
    """Change the items of a collection's pages."""
    inner = pipeline.page

    def page(caller: Caller, asked: str, filters: Mapping[str, str], after: Position | None, limit: int) -> Page:
        found = inner(caller, asked, filters, after, limit)
        return found._replace(items=[edited(item, change) for item in found.items]) if asked == collection else found

    pipeline.page = page


def change_single(pipeline: Pipeline, collection: str, change: Callable[[Resource], Resource]) -> None:
    """Change the single resources of a collection."""
    inner = pipeline.single

    def single(caller: Caller, asked: str, resource_id: str) -> bytes | None:
        found = inner(caller, asked, resource_id)
        return edited(found, change) if found and asked == collection else found

    pipeline.single = single


def edited(item: bytes, change: Callable[[Resource], Resource]) -> bytes:
    """A JSON object, changed."""
    return json_bytes(change(json.loads(item)))


def problem_of(slug: str, detail: str) -> Problem:
    """A problem of that kind. Raises KeyError for an unknown slug."""
    return Problem(contract().problems[slug], detail)


def with_status(problem: Problem, status: int) -> Problem:
    """The problem under another HTTP status."""
    return replace(problem, kind=replace(problem.kind, status=status))
