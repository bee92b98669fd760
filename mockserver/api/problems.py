"""Problem documents (RFC 9457, successor of RFC 7807), one function for each kind in `spec`.

No detail repeats a part of the request, because it may hold a key in the wrong place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mockserver.api.response import Header, Response, json_bytes
from spec import ProblemKind, contract

Members = dict[str, object]
"""The members of a problem document."""

REALM = b'Bearer realm="outbound"'


@dataclass(frozen=True, slots=True)
class ParameterError:
    """What is wrong with one parameter of a request."""

    parameter: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One occurrence of a kind of error, with the headers that belong to it."""

    kind: ProblemKind
    detail: str
    errors: tuple[ParameterError, ...] = ()
    headers: tuple[Header, ...] = ()


class Refused(Exception):
    """Ends the processing of a request with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def members(problem: Problem, instance: str | None) -> Members:
    """The members of the problem document. `instance` is the request's path, None to leave it out."""
    kind = problem.kind
    document: Members = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
    }
    if instance is not None:
        document["instance"] = instance
    if problem.errors:
        document["errors"] = [{"parameter": error.parameter, "detail": error.detail} for error in problem.errors]
    return document


def answer(problem: Problem, document: Members) -> Response:
    """The problem as `application/problem+json`; `document` has its members."""
    return Response(problem.kind.status, b"application/problem+json", json_bytes(document), problem.headers)


def missing_api_key() -> Problem:
    """401: no credentials. The challenge names no error, as RFC 6750 3.1 asks."""
    detail = "Present an API key in the Authorization header: Bearer, a space, the key."
    return Problem(_kind("missing-api-key"), detail, headers=((b"www-authenticate", REALM),))


def invalid_api_key() -> Problem:
    """401: a key that is unknown, malformed, revoked or expired. The answer does not say which."""
    challenge = REALM + b', error="invalid_token"'
    return Problem(
        _kind("invalid-api-key"), "The presented API key is not valid.", headers=((b"www-authenticate", challenge),)
    )


def insufficient_scope(scopes: Sequence[str]) -> Problem:
    """403: the key lacks one of `scopes`, which detail and challenge name (RFC 6750 3.1)."""
    wanted = " ".join(scopes)
    challenge = REALM + b', error="insufficient_scope", scope="%s"' % wanted.encode()
    return Problem(
        _kind("insufficient-scope"), f"This needs the scope {wanted}.", headers=((b"www-authenticate", challenge),)
    )


def not_found(detail: str = "There is nothing at this path.") -> Problem:
    """404: an unknown path or id."""
    return Problem(_kind("not-found"), detail)


def method_not_allowed(allowed: str) -> Problem:
    """405: `allowed` are the methods that the path has, comma-separated."""
    return Problem(
        _kind("method-not-allowed"),
        f"The API is read-only. This path allows {allowed}.",
        headers=((b"allow", allowed.encode()),),
    )


def invalid_parameter(errors: Sequence[ParameterError]) -> Problem:
    """400: parameters that their schemas do not accept."""
    names = ", ".join(dict.fromkeys(error.parameter for error in errors))
    return Problem(_kind("invalid-parameter"), f"Invalid: {names}.", tuple(errors))


def invalid_cursor() -> Problem:
    """400: a cursor that was not in any page."""
    return Problem(
        _kind("invalid-cursor"),
        "The cursor is malformed: pass a nextCursor as it was received.",
        (ParameterError("cursor", "is malformed"),),
    )


def rate_limit_exceeded(retry_after: bytes | None) -> Problem:
    """429. `retry_after` is the value of that header (RFC 9110 10.2.3), None for none."""
    headers = () if retry_after is None else ((b"retry-after", retry_after),)
    return Problem(_kind("rate-limit-exceeded"), "This API key has no request left for now.", headers=headers)


def internal_error() -> Problem:
    """500: a defect of the server. The answer does not say which."""
    return Problem(_kind("internal-error"), "The server failed to answer this request.")


def _kind(slug: str) -> ProblemKind:
    return contract().problems[slug]
