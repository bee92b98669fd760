"""Errors that are not problem documents, contradict themselves, or tell too much."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable
from dataclasses import replace

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api import paths
from mockserver.api.authentication import presented_secret
from mockserver.api.body import whole_body
from mockserver.api.pipeline import Pipeline
from mockserver.api.problems import Members, Problem
from mockserver.api.response import Response
from mockserver.modifications.helpers.layers import around
from mockserver.modifications.helpers.requests import header, resource_asked
from mockserver.modifications.helpers.responses import (
    change_answer,
    change_members,
    change_problems,
    rewriting,
    with_header,
)
from mockserver.modifications.registry import fault

_LONGEST_BODY = 65_536


def _is_unknown_path(problem: Problem, scope: Scope) -> bool:
    collection, _ = resource_asked(scope) or ("", "")
    return problem.kind.slug == "not-found" and collection not in ("contacts", "lists", "drafts", "research")


@fault("ERROR-2")
def problems_begin_with_mark(pipeline: Pipeline) -> None:
    """A problem begins with a byte order mark, which JSON must not have."""

    def change(_scope: Scope, answer: Response) -> None:
        if answer.status >= 400:
            answer.body = BOM_UTF8 + answer.body

    pipeline.outer.append(rewriting(change))


@fault("ERROR-1")
def problems_as_json(pipeline: Pipeline) -> None:
    """Problems are served as application/json."""

    def change(_scope: Scope, answer: Response) -> None:
        if answer.status >= 400:
            answer.headers = [(name, value.replace(b"problem+json", b"json")) for name, value in answer.headers]

    pipeline.outer.append(rewriting(change))


@fault("ERROR-1")
def problems_as_json_on_demand(pipeline: Pipeline) -> None:
    """A client that accepts application/json gets problems as application/json."""

    def change(scope: Scope, answer: Response) -> None:
        if answer.status >= 400 and header(scope, b"accept") == b"application/json":
            answer.headers = with_header(answer.headers, b"content-type", b"application/json")

    pipeline.outer.append(rewriting(change))


@fault("ERROR-1")
def unknown_paths_as_html(pipeline: Pipeline) -> None:
    """An unknown path is answered with the framework's HTML page."""
    html = b"<!doctype html><title>404</title><h1>Not Found</h1>"
    change_answer(pipeline, _is_unknown_path, lambda _problem: Response(404, b"text/html; charset=utf-8", html))


@fault("ERROR-1")
def root_as_text(pipeline: Pipeline) -> None:
    """The root of the API is answered in plain text by the server in front of it, as it answers its own unknown paths."""

    def change(scope: Scope, answer: Response) -> None:
        if scope["path"].removesuffix("/") == paths.API:
            answer.headers = with_header(answer.headers, b"content-type", b"text/plain")

    pipeline.outer.append(rewriting(change))


@fault("ERROR-1")
def unknown_posts_as_text(pipeline: Pipeline) -> None:
    """A POST to an unknown path is answered by the framework, in plain text."""

    change_answer(
        pipeline,
        lambda problem, scope: scope["method"] == "POST" and _is_unknown_path(problem, scope),
        lambda _problem: Response(404, b"text/plain", b"Not Found"),
    )


@fault("ERROR-1", "ERROR-6")
def unreadable_bodies_as_html(pipeline: Pipeline) -> None:
    """A body that is no JSON is answered by the framework, before the key is looked at, with a page that shows a stack trace."""
    page = (
        b"<!doctype html><pre>SyntaxError: JSON<br> at parse (/srv/app/node_modules/body-parser/index.js:92:19)</pre>"
    )

    async def parsed(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        announced = scope["path"].startswith(paths.API) and header(scope, b"content-type") == b"application/json"
        unreadable = announced and not (await whole_body(receive, _LONGEST_BODY) or b"").endswith(b"}")
        await (Response(400, b"text/html", page) if unreadable else app)(scope, receive, send)

    pipeline.outer.append(around(parsed))


@fault("ERROR-1")
def other_types_refused_as_text(pipeline: Pipeline) -> None:
    """A request that accepts no JSON is answered 406 by the framework, in plain text."""

    async def negotiated(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        foreign = scope["path"].startswith(paths.API) and b"text/html" in (header(scope, b"accept") or b"")
        await (Response(406, b"text/plain", b"Not Acceptable") if foreign else app)(scope, receive, send)

    pipeline.outer.append(around(negotiated))


@fault("ERROR-1")
def writes_refused_as_text(pipeline: Pipeline) -> None:
    """A 405 is answered by the framework, in plain text."""
    change_answer(
        pipeline,
        lambda problem, _scope: problem.kind.status == 405,
        lambda problem: Response(405, b"text/plain", b"Method Not Allowed", problem.headers),
    )


@fault("ERROR-1")
def unauthorized_without_body(pipeline: Pipeline) -> None:
    """A 401 has no body."""
    change_answer(
        pipeline,
        lambda problem, _scope: problem.kind.status == 401,
        lambda problem: Response(401, b"text/plain", b"", problem.headers),
    )


@fault("ERROR-2", "ERROR-3")
def bad_parameters_as_errors_only(pipeline: Pipeline) -> None:
    """The body of a 400 is the validator's own object, with the content type of a problem."""

    def change(members: Members) -> Members:
        return {"message": members["detail"], "code": "BAD_REQUEST"} if members["status"] == 400 else members

    change_members(pipeline, change)


def _leave_out(pipeline: Pipeline, name: str) -> None:
    change_members(pipeline, lambda members: {member: value for member, value in members.items() if member != name})


@fault("ERROR-2")
def problem_without_title(pipeline: Pipeline) -> None:
    """Problems have no title."""
    _leave_out(pipeline, "title")


@fault("ERROR-2")
def problem_without_detail(pipeline: Pipeline) -> None:
    """Problems have no detail."""
    _leave_out(pipeline, "detail")


@fault("ERROR-2", "ERROR-4")
def type_is_no_uri(pipeline: Pipeline) -> None:
    """A problem's type is a phrase, not a URI."""
    change_members(pipeline, lambda members: {**members, "type": f"error: {members['title']} <{members['status']}>"})


@fault("ERROR-2", "ERROR-3")
def status_as_string(pipeline: Pipeline) -> None:
    """A problem's status is a string."""
    change_members(pipeline, lambda members: {**members, "status": str(members["status"])})


@fault("ERROR-2")
def detail_as_list(pipeline: Pipeline) -> None:
    """A problem's detail is a list of messages."""
    change_members(pipeline, lambda members: {**members, "detail": [members["detail"]]})


@fault("ERROR-3")
def forbidden_says_401(pipeline: Pipeline) -> None:
    """The body of a 403 says 401."""
    _say(pipeline, 403, 401)


@fault("ERROR-3")
def not_found_says_400(pipeline: Pipeline) -> None:
    """The body of a 404 says 400."""
    _say(pipeline, 404, 400)


def _say(pipeline: Pipeline, status: int, said: int) -> None:
    change_members(
        pipeline, lambda members: {**members, "status": said if members["status"] == status else members["status"]}
    )


@fault("ERROR-4")
def problems_about_blank(pipeline: Pipeline) -> None:
    """All problems have the type about:blank."""
    change_members(pipeline, lambda members: {**members, "type": "about:blank"})


@fault("ERROR-4")
def titles_vary(pipeline: Pipeline) -> None:
    """A problem's title describes the occurrence, not the kind."""
    change_members(pipeline, lambda members: {**members, "title": f"{members['title']} at {members.get('instance')}"})


def _append_detail(pipeline: Pipeline, said: Callable[[Problem, Scope], str]) -> None:
    change_problems(pipeline, lambda problem, scope: replace(problem, detail=f"{problem.detail}{said(problem, scope)}"))


@fault("ERROR-6")
def trace_shown(pipeline: Pipeline) -> None:
    """A 400 shows the stack trace of the exception that it came from."""
    trace = '\nTraceback (most recent call last):\n  File "api/paging.py", line 41, in page\nValueError: limit'
    _append_detail(pipeline, lambda problem, _scope: trace if problem.kind.status == 400 else "")


@fault("ERROR-6")
def query_shown(pipeline: Pipeline) -> None:
    """A 404 shows the query that found nothing."""
    sql = " (SELECT * FROM contacts WHERE organization_id = $1 AND id = $2)"
    _append_detail(pipeline, lambda problem, _scope: sql if problem.kind.slug == "not-found" else "")


@fault("ERROR-6")
def search_shown(pipeline: Pipeline) -> None:
    """A 400 shows the query of the search engine that refused it."""
    query = ' ({"query":{"bool":{"filter":[{"term":{"organizationId":"x"}}]}}})'
    _append_detail(pipeline, lambda problem, _scope: query if problem.kind.status == 400 else "")


@fault("ERROR-6")
def file_path_shown(pipeline: Pipeline) -> None:
    """A problem about a cursor names the server's source file that raised it."""
    path = " (/usr/src/app/dist/pagination/cursor.js)"
    _append_detail(pipeline, lambda problem, _scope: path if problem.kind.slug == "invalid-cursor" else "")


def _echo_key(pipeline: Pipeline, status: int) -> None:
    def said(problem: Problem, scope: Scope) -> str:
        secret = (presented_secret(scope) or b"").decode("latin-1")
        return f" ({secret})" if problem.kind.status == status else ""

    _append_detail(pipeline, said)


@fault("ERROR-6")
def invalid_key_repeated(pipeline: Pipeline) -> None:
    """A 401 repeats the key that was presented."""
    _echo_key(pipeline, 401)


@fault("ERROR-6")
def query_repeated(pipeline: Pipeline) -> None:
    """A 401 repeats the whole address, with a key that the client put into its query."""

    def said(problem: Problem, scope: Scope) -> str:
        return f" ({scope['path']}?{scope['query_string'].decode('latin-1')})" if problem.kind.status == 401 else ""

    _append_detail(pipeline, said)


@fault("ERROR-6")
def unknown_address_repeated(pipeline: Pipeline) -> None:
    """A problem about an unknown path repeats the whole address, with a key that the client put into its query."""

    def said(problem: Problem, scope: Scope) -> str:
        return f" (?{scope['query_string'].decode('latin-1')})" if _is_unknown_path(problem, scope) else ""

    _append_detail(pipeline, said)


@fault("ERROR-6")
def forbidden_key_repeated(pipeline: Pipeline) -> None:
    """A 403 repeats the key that was presented."""
    _echo_key(pipeline, 403)
