"""Refusals for pace that are no 429, or that tell the wrong time to come back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from starlette.types import Scope

from mockserver.api.pipeline import Parts
from mockserver.api.problems import Problem
from mockserver.api.response import Response
from mockserver.modifications.helpers.responses import change_problems, with_status
from spec import contract

_LIMITS = contract().rate_limits


def _change_wait(parts: Parts, wait: Callable[[float], float]) -> None:
    """Have Retry-After name another number of seconds than the one that is right."""
    parts.retry_after = lambda admission, _now: b"%d" % math.ceil(wait(admission.retry_after))


@dataclass(frozen=True)
class RetryAfterMissing:
    """A 429 does not say when to come back."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-5",)

    def install(self, parts: Parts) -> None:
        parts.retry_after = lambda _admission, _now: None


def _change_refusal(parts: Parts, change: Callable[[Problem], Problem]) -> None:
    change_problems(
        parts, lambda problem, _scope: change(problem) if problem.kind.slug == "rate-limit-exceeded" else problem
    )


@dataclass(frozen=True)
class RefusedWith503:
    """What goes beyond the limit is answered 503."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-5", "ERROR-5")

    def install(self, parts: Parts) -> None:
        _change_refusal(parts, lambda problem: with_status(problem, 503))


@dataclass(frozen=True)
class RefusedWith403:
    """What goes beyond the limit is answered 403."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-5",)

    def install(self, parts: Parts) -> None:
        _change_refusal(parts, lambda problem: with_status(problem, 403))


@dataclass(frozen=True)
class RefusedInPlainText:
    """A 429 comes from the gateway, in plain text."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-5", "ERROR-1")

    def install(self, parts: Parts) -> None:
        healthy = parts.problem

        def problem(problem: Problem, scope: Scope) -> Response:
            if problem.kind.slug != "rate-limit-exceeded":
                return healthy(problem, scope)
            return Response(429, b"text/plain", b"Too Many Requests", problem.headers)

        parts.problem = problem


@dataclass(frozen=True)
class RetryAfterTooShort:
    """Retry-After is half of what it takes."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-6",)

    def install(self, parts: Parts) -> None:
        _change_wait(parts, lambda seconds: seconds / 2)


@dataclass(frozen=True)
class RetryAfterAlwaysOne:
    """Retry-After is always 1."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-6",)

    def install(self, parts: Parts) -> None:
        _change_wait(parts, lambda _seconds: 1)


@dataclass(frozen=True)
class RetryAfterTooLong:
    """Retry-After is always two minutes."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-6",)

    def install(self, parts: Parts) -> None:
        _change_wait(parts, lambda _seconds: 120)


@dataclass(frozen=True)
class RetryAfterInMilliseconds:
    """Retry-After is in milliseconds."""

    breaks: ClassVar[tuple[str, ...]] = ("RATE-6",)

    def install(self, parts: Parts) -> None:
        _change_wait(parts, lambda seconds: seconds * 1_000)
