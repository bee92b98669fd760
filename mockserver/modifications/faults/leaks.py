"""Errors that show internals of the server, in other forms than those in `errors`."""

from __future__ import annotations

from dataclasses import replace

from starlette.types import Scope

from mockserver.api.authentication import presented_secret
from mockserver.api.pipeline import Pipeline
from mockserver.api.response import Response
from mockserver.modifications.helpers.responses import change_members, change_problems, rewriting, with_header
from mockserver.modifications.registry import fault


def _say_where_missing(pipeline: Pipeline, said: str) -> None:
    change_problems(
        pipeline,
        lambda problem, _scope: (
            replace(problem, detail=f"{problem.detail} {said}") if problem.kind.status == 404 else problem
        ),
    )


@fault("ERROR-6")
def challenge_repeats_key(pipeline: Pipeline) -> None:
    """The challenge of a 401 repeats the key that was presented."""

    def change(scope: Scope, answer: Response) -> None:
        secret = presented_secret(scope)
        if answer.status == 401 and secret:
            challenge = b'Bearer error="invalid_token", error_description="no key %b"' % secret
            answer.headers = with_header(answer.headers, b"www-authenticate", challenge)

    pipeline.outer.append(rewriting(change))


@fault("ERROR-6")
def trace_of_dot_net_shown(pipeline: Pipeline) -> None:
    """A 404 shows the frames of the exception, without their files."""
    frames = ("System.Linq.ThrowHelper.ThrowNoElementsException()", "Outbound.ContactsController.Get(String id)")
    _say_where_missing(pipeline, "".join(("no elements", *(f"\r\n   at {frame}" for frame in frames))))


@fault("ERROR-6")
def trace_of_kotlin_shown(pipeline: Pipeline) -> None:
    """A 404 shows the frames of the exception, indented by tabs."""
    _say_where_missing(
        pipeline, "no such row\n\tat outbound.Contacts.get(Contacts.kt:42)\n\tat outbound.Routes(Routes.kt:7)"
    )


@fault("ERROR-6")
def trace_as_list_shown(pipeline: Pipeline) -> None:
    """A problem has the frames of the exception as a list."""
    frames = ["at async Contacts.get (file:///code/contacts.js:42:7)", "at new Promise (<anonymous>)"]
    change_members(pipeline, lambda members: {**members, "stack": frames})


@fault("ERROR-6")
def windows_path_shown(pipeline: Pipeline) -> None:
    """A 404 shows a path of a server that runs on Windows."""
    _say_where_missing(pipeline, "D:\\inetpub\\outbound\\data has no such file.")


@fault("ERROR-6")
def query_in_lower_case_shown(pipeline: Pipeline) -> None:
    """A 404 shows the query that found nothing, as a query builder writes it."""
    _say_where_missing(pipeline, 'select "contacts".* from "contacts" where "id" = $1 limit $2')
