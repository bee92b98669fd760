"""Errors that are no problems, that contradict themselves or tell too much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from starlette.types import Scope

from mockserver.api.authentication import presented_secret
from mockserver.api.pipeline import Parts
from mockserver.api.problems import Problem
from mockserver.api.response import Response
from mockserver.modifications.helpers.requests import header, resource_asked
from mockserver.modifications.helpers.responses import change_members, change_problems, rewriting, with_header


def _change_answer(
    parts: Parts, applies: Callable[[Problem, Scope], bool], answer: Callable[[Problem], Response]
) -> None:
    """Have some problems answered without being told as a problem document."""
    healthy = parts.problem

    def problem(problem: Problem, scope: Scope) -> Response:
        return answer(problem) if applies(problem, scope) else healthy(problem, scope)

    parts.problem = problem


def _is_unknown_path(problem: Problem, scope: Scope) -> bool:
    collection, _ = resource_asked(scope) or ("", "")
    return problem.kind.slug == "not-found" and collection not in ("contacts", "lists", "drafts", "research")


@dataclass(frozen=True)
class ProblemsAsJson:
    """Problems are served as application/json."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-1",)

    def install(self, parts: Parts) -> None:
        def change(_scope: Scope, answer: Response) -> None:
            if answer.status >= 400:
                answer.headers = [(name, value.replace(b"problem+json", b"json")) for name, value in answer.headers]

        parts.outer.append(rewriting(change))


@dataclass(frozen=True)
class ProblemsAsJsonOnDemand:
    """Who accepts application/json is told of a problem as application/json."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-1",)

    def install(self, parts: Parts) -> None:
        def change(scope: Scope, answer: Response) -> None:
            if answer.status >= 400 and header(scope, b"accept") == b"application/json":
                answer.headers = with_header(answer.headers, b"content-type", b"application/json")

        parts.outer.append(rewriting(change))


@dataclass(frozen=True)
class UnknownPathsAsHtml:
    """An unknown path is answered by the framework's page."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-1",)

    def install(self, parts: Parts) -> None:
        html = b"<!doctype html><title>404</title><h1>Not Found</h1>"
        _change_answer(parts, _is_unknown_path, lambda _problem: Response(404, b"text/html; charset=utf-8", html))


@dataclass(frozen=True)
class WritesRefusedAsText:
    """A 405 is answered by the framework, in plain text."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-1",)

    def install(self, parts: Parts) -> None:
        _change_answer(
            parts,
            lambda problem, _scope: problem.kind.status == 405,
            lambda problem: Response(405, b"text/plain", b"Method Not Allowed", problem.headers),
        )


@dataclass(frozen=True)
class UnauthorizedWithoutBody:
    """A 401 has no body."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-1",)

    def install(self, parts: Parts) -> None:
        _change_answer(
            parts,
            lambda problem, _scope: problem.kind.status == 401,
            lambda problem: Response(401, b"text/plain", b"", problem.headers),
        )


@dataclass(frozen=True)
class BadParametersAsErrorsOnly:
    """A 400 is an object of the validator's own, under the right content type."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-2", "ERROR-3")

    def install(self, parts: Parts) -> None:
        def change(members: dict[str, Any]) -> dict[str, Any]:
            return {"message": members["detail"], "code": "BAD_REQUEST"} if members["status"] == 400 else members

        change_members(parts, change)


def _leave_out(parts: Parts, name: str) -> None:
    change_members(parts, lambda members: {member: value for member, value in members.items() if member != name})


@dataclass(frozen=True)
class ProblemWithoutTitle:
    """Problems have no title."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-2",)

    def install(self, parts: Parts) -> None:
        _leave_out(parts, "title")


@dataclass(frozen=True)
class ProblemWithoutDetail:
    """Problems have no detail."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-2",)

    def install(self, parts: Parts) -> None:
        _leave_out(parts, "detail")


@dataclass(frozen=True)
class TypeIsNoUri:
    """A problem's type is a phrase."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-2", "ERROR-4")

    def install(self, parts: Parts) -> None:
        change_members(parts, lambda members: {**members, "type": f"error: {members['title']} <{members['status']}>"})


@dataclass(frozen=True)
class StatusAsString:
    """A problem's status is a string."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-2", "ERROR-3")

    def install(self, parts: Parts) -> None:
        change_members(parts, lambda members: {**members, "status": str(members["status"])})


@dataclass(frozen=True)
class DetailAsList:
    """A problem's detail is a list of messages."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-2",)

    def install(self, parts: Parts) -> None:
        change_members(parts, lambda members: {**members, "detail": [members["detail"]]})


@dataclass(frozen=True)
class ForbiddenSays401:
    """The body of a 403 says 401."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-3",)

    def install(self, parts: Parts) -> None:
        _say(parts, 403, 401)


@dataclass(frozen=True)
class NotFoundSays400:
    """The body of a 404 says 400."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-3",)

    def install(self, parts: Parts) -> None:
        _say(parts, 404, 400)


def _say(parts: Parts, status: int, said: int) -> None:
    change_members(
        parts, lambda members: {**members, "status": said if members["status"] == status else members["status"]}
    )


@dataclass(frozen=True)
class ProblemsAboutBlank:
    """All problems have the type about:blank."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-4",)

    def install(self, parts: Parts) -> None:
        change_members(parts, lambda members: {**members, "type": "about:blank"})


@dataclass(frozen=True)
class TitlesVary:
    """A problem's title tells of the occurrence, not of the kind."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-4",)

    def install(self, parts: Parts) -> None:
        change_members(parts, lambda members: {**members, "title": f"{members['title']} at {members.get('instance')}"})


def _append_detail(parts: Parts, said: Callable[[Problem, Scope], str]) -> None:
    change_problems(parts, lambda problem, scope: replace(problem, detail=f"{problem.detail}{said(problem, scope)}"))


@dataclass(frozen=True)
class TraceShown:
    """A 400 shows the stack trace of the exception that it came from."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-6",)

    def install(self, parts: Parts) -> None:
        trace = '\nTraceback (most recent call last):\n  File "api/paging.py", line 41, in page\nValueError: limit'
        _append_detail(parts, lambda problem, _scope: trace if problem.kind.status == 400 else "")


@dataclass(frozen=True)
class QueryShown:
    """A 404 shows the query that found nothing."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-6",)

    def install(self, parts: Parts) -> None:
        sql = " (SELECT * FROM contacts WHERE organization_id = $1 AND id = $2)"
        _append_detail(parts, lambda problem, _scope: sql if problem.kind.slug == "not-found" else "")


@dataclass(frozen=True)
class FilePathShown:
    """A problem with a cursor says in which file of the server it was found."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-6",)

    def install(self, parts: Parts) -> None:
        path = " (/usr/src/app/dist/pagination/cursor.js)"
        _append_detail(parts, lambda problem, _scope: path if problem.kind.slug == "invalid-cursor" else "")


def _echo_key(parts: Parts, status: int) -> None:
    def said(problem: Problem, scope: Scope) -> str:
        secret = (presented_secret(scope) or b"").decode("latin-1")
        return f" ({secret})" if problem.kind.status == status else ""

    _append_detail(parts, said)


@dataclass(frozen=True)
class InvalidKeyRepeated:
    """A 401 repeats the key that was presented."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-6",)

    def install(self, parts: Parts) -> None:
        _echo_key(parts, 401)


@dataclass(frozen=True)
class QueryRepeated:
    """A 401 tells the whole address, with a key that somebody put into its query."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-6",)

    def install(self, parts: Parts) -> None:
        def said(problem: Problem, scope: Scope) -> str:
            return f" ({scope['path']}?{scope['query_string'].decode('latin-1')})" if problem.kind.status == 401 else ""

        _append_detail(parts, said)


@dataclass(frozen=True)
class ForbiddenKeyRepeated:
    """A 403 repeats the key that was presented."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-6",)

    def install(self, parts: Parts) -> None:
        _echo_key(parts, 403)
