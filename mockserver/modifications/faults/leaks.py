"""Errors that tell of the server what only its makers should read, in other words than in `errors`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from starlette.types import Scope

from mockserver.api.authentication import presented_secret
from mockserver.api.pipeline import Parts
from mockserver.api.response import Response
from mockserver.modifications.helpers.responses import change_members, change_problems, rewriting, with_header


def _say_where_missing(parts: Parts, said: str) -> None:
    change_problems(
        parts,
        lambda problem, _scope: (
            replace(problem, detail=f"{problem.detail} {said}") if problem.kind.status == 404 else problem
        ),
    )


@dataclass(frozen=True)
class ChallengeRepeatsKey:
    """The challenge of a 401 repeats the key that was presented."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-6",)

    def install(self, parts: Parts) -> None:
        def change(scope: Scope, answer: Response) -> None:
            secret = presented_secret(scope)
            if answer.status == 401 and secret:
                challenge = b'Bearer error="invalid_token", error_description="no key %b"' % secret
                answer.headers = with_header(answer.headers, b"www-authenticate", challenge)

        parts.outer.append(rewriting(change))


@dataclass(frozen=True)
class TraceOfDotNetShown:
    """A 404 shows the frames of the exception, without their files."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-6",)

    def install(self, parts: Parts) -> None:
        frames = ("System.Linq.ThrowHelper.ThrowNoElementsException()", "Outbound.ContactsController.Get(String id)")
        _say_where_missing(parts, "".join(("no elements", *(f"\r\n   at {frame}" for frame in frames))))


@dataclass(frozen=True)
class TraceOfKotlinShown:
    """A 404 shows the frames of the exception, indented by tabs."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-6",)

    def install(self, parts: Parts) -> None:
        _say_where_missing(
            parts, "no such row\n\tat outbound.Contacts.get(Contacts.kt:42)\n\tat outbound.Routes(Routes.kt:7)"
        )


@dataclass(frozen=True)
class TraceAsListShown:
    """A problem has the frames of the exception as a list."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-6",)

    def install(self, parts: Parts) -> None:
        frames = ["at async Contacts.get (file:///code/contacts.js:42:7)", "at new Promise (<anonymous>)"]
        change_members(parts, lambda members: {**members, "stack": frames})


@dataclass(frozen=True)
class WindowsPathShown:
    """A 404 shows a path of a server that runs on Windows."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-6",)

    def install(self, parts: Parts) -> None:
        _say_where_missing(parts, "D:\\inetpub\\outbound\\data has no such file.")


@dataclass(frozen=True)
class QueryInLowerCaseShown:
    """A 404 shows the query that found nothing, as a query builder writes it."""

    breaks: ClassVar[tuple[str, ...]] = ("ERROR-6",)

    def install(self, parts: Parts) -> None:
        _say_where_missing(parts, 'select "contacts".* from "contacts" where "id" = $1 limit $2')
