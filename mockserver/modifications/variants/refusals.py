"""Other ways to say no."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any, ClassVar

from starlette.types import Scope

from mockserver.api.authentication import CALLER, Caller
from mockserver.api.limits import Admission
from mockserver.api.parameters import Parameters, Rules
from mockserver.api.pipeline import Parts
from mockserver.api.problems import ParameterError, Problem, Refused, invalid_parameter, not_found
from mockserver.api.response import Header, Response
from mockserver.modifications.helpers.requests import query
from mockserver.modifications.helpers.responses import (
    change_members,
    change_problems,
    rewriting,
    with_header,
    with_status,
    without_header,
)

_TYPE = b"content-type"


def _change_kind(parts: Parts, slug: str, change: Callable[[Problem], Problem]) -> None:
    change_problems(parts, lambda problem, _scope: change(problem) if problem.kind.slug == slug else problem)


@dataclass(frozen=True)
class WritesNotFound:
    """Only GET is routed: a write is answered 404 (OP-6: 405, or 404/501)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        _change_kind(parts, "method-not-allowed", lambda _problem: not_found())


@dataclass(frozen=True)
class WritesNotImplemented:
    """A write is answered 501 (OP-6: 405, or 404/501)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        _change_kind(parts, "method-not-allowed", lambda problem: with_status(problem, 501))


@dataclass(frozen=True)
class ProblemsWithCharset:
    """Problems name their charset (ERROR-1: a charset is allowed)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        healthy = parts.problem_response

        def answer(problem: Problem, members: dict[str, Any]) -> Response:
            told = healthy(problem, members)
            told.headers = with_header(told.headers, _TYPE, b"application/problem+json; charset=utf-8")
            return told

        parts.problem_response = answer


@dataclass(frozen=True)
class UnauthorizedSaysHow:
    """A 401 says how a key is presented, the scheme by its name: no secret, though a request may have held nothing else."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        def change(problem: Problem, _scope: Scope) -> Problem:
            said = f"{problem.detail} Send Authorization: Bearer <key>, where Basic and Token are not accepted."
            return replace(problem, detail=said) if problem.kind.status == 401 else problem

        change_problems(parts, change)


@dataclass(frozen=True)
class ProblemsOfOwnForm:
    """Problems have no instance, and members of their own, `errors` in another form among them (RFC 9457 3.2)."""

    bends: ClassVar[tuple[str, ...]] = ("OP-9",)  # its document does not say so

    def install(self, parts: Parts) -> None:
        def change(members: dict[str, Any]) -> dict[str, Any]:
            kept = {name: value for name, value in members.items() if name != "instance"}
            return {**kept, "traceId": "0af7651916cd43dd", "errors": {"limit": ["is out of range"]}}

        change_members(parts, change)


@dataclass(frozen=True)
class OwnErrorBase:
    """Types of problems lie under a base of the server's own (ERROR-4 is a should)."""

    bends: ClassVar[tuple[str, ...]] = ("ERROR-4",)

    def install(self, parts: Parts) -> None:
        def change(members: dict[str, Any]) -> dict[str, Any]:
            return {**members, "type": f"urn:outbound:{members['type'].rpartition('/')[2]}"}

        change_members(parts, change)


@dataclass(frozen=True)
class ChallengeAbsent:
    """A 401 has no WWW-Authenticate (AUTH-5 is a should)."""

    bends: ClassVar[tuple[str, ...]] = ("AUTH-5",)

    def install(self, parts: Parts) -> None:
        def change(problem: Problem, _scope: Scope) -> Problem:
            if problem.kind.status != 401:
                return problem
            return replace(problem, headers=tuple(without_header(problem.headers, b"www-authenticate")))

        change_problems(parts, change)


@dataclass(frozen=True)
class UnknownParametersRefused:
    """A query parameter that the documentation does not name is answered 400 (FILTER, reading: a 400 is accepted too)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        healthy = parts.read_parameters

        def read(rules: Rules, scope: Scope) -> Parameters:
            unknown = [ParameterError(name[:50], "is unknown") for name in query(scope) if name not in rules.query]
            if unknown:
                raise Refused(replace(invalid_parameter(unknown), detail="There is no such parameter."))
            return healthy(rules, scope)

        parts.read_parameters = read


def _refuse_values(parts: Parts, refusal: Callable[[str], Problem], *names: str) -> None:
    """Have a filter value that nothing of one's own has refused."""
    healthy = parts.page

    def page(caller: Caller, collection: str, filters: Any, *rest: Any) -> Any:
        for name in names:
            if name in filters and not healthy(caller, collection, {name: filters[name]}, None, 1).items:
                raise Refused(refusal(name))
        return healthy(caller, collection, filters, *rest)

    parts.page = page


@dataclass(frozen=True)
class UnknownFilterIdsNotFound:
    """A list or contact that is not one's own, as a filter, is answered 404 (FILTER-9, TENANT-3)."""

    bends: ClassVar[tuple[str, ...]] = ("OP-9",)  # its document does not say so

    def install(self, parts: Parts) -> None:
        healthy = parts.page
        stores = {"listId": "lists", "contactId": "contacts"}

        def page(caller: Caller, collection: str, filters: Any, *rest: Any) -> Any:
            for name, store in stores.items():
                if name in filters and getattr(caller.tenant, store).get(filters[name]) is None:
                    raise Refused(not_found("What the filter names does not exist."))
            return healthy(caller, collection, filters, *rest)

        parts.page = page


@dataclass(frozen=True)
class UnknownValuesRefused:
    """A status or type that nothing has is answered 400 (FILTER-9: an empty page, or a 400/404)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        def refusal(name: str) -> Problem:
            return invalid_parameter([ParameterError(name, "is no value that this filter knows")])

        _refuse_values(parts, refusal, "qualificationStatus", "status", "eventType")


@dataclass(frozen=True)
class VaryInsteadOfPrivate:
    """Answers are not private, but vary with Authorization (TENANT-8: or)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        def change(scope: Scope, answer: Response) -> None:
            if isinstance(scope.get(CALLER), Caller):
                answer.headers = with_header(answer.headers, b"cache-control", b"max-age=0, must-revalidate")

        parts.outer.append(rewriting(change))


@dataclass(frozen=True)
class RetryAfterAsDate:
    """Retry-After is an HTTP date (RATE-5: seconds or an HTTP date)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        def date(admission: Admission, now: float) -> bytes:
            return formatdate(math.ceil(now + admission.retry_after), usegmt=True).encode()

        parts.retry_after = date


@dataclass(frozen=True)
class ResetFromNow:
    """X-RateLimit-Reset is in seconds from now (RATE, reading: epoch seconds or seconds from now)."""

    bends: ClassVar[tuple[str, ...]] = ()

    def install(self, parts: Parts) -> None:
        def headers(admission: Admission, now: float) -> list[Header]:
            return [
                (b"x-ratelimit-limit", b"%d" % admission.limit),
                (b"x-ratelimit-reset", b"%d" % math.ceil(max(0.0, admission.reset - now))),
            ]

        parts.rate_headers = headers
