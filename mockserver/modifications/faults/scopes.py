"""Scopes that are not asked for, that are too wide, or that are asked for where none is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from starlette.types import Scope

from mockserver.api.authentication import CALLER
from mockserver.api.keys import ApiKey
from mockserver.api.pipeline import Parts
from mockserver.api.problems import Problem, not_found
from mockserver.api.response import Response
from mockserver.modifications.helpers.requests import query, resource_asked
from mockserver.modifications.helpers.responses import change_problems, problem_of, with_status


def change_check(parts: Parts, decide: Callable[[ApiKey, Sequence[str], str, bool], bool]) -> None:
    """Have scopes checked otherwise: (key, required scopes, operation id, what the healthy check says) → served."""
    healthy = parts.authorize
    parts.authorize = lambda key, required, operation: decide(
        key, required, operation, healthy(key, required, operation)
    )


def _open(parts: Parts, *operations: str) -> None:
    change_check(parts, lambda _key, _required, operation, healthy: healthy or operation in operations)


def change_refusal(parts: Parts, change: Callable[[Problem, Scope], Problem]) -> None:
    """Have a missing scope told otherwise."""
    change_problems(
        parts,
        lambda problem, scope: change(problem, scope) if problem.kind.slug == "insufficient-scope" else problem,
    )


@dataclass(frozen=True)
class ResearchNeedsNoScope:
    """The nested route of research asks for no scope."""

    breaks: ClassVar[tuple[str, ...]] = ("SCOPE-1",)

    def install(self, parts: Parts) -> None:
        _open(parts, "getContactResearch")


@dataclass(frozen=True)
class SingleDraftNeedsNoScope:
    """A single draft needs no scope: the check was put on the list alone."""

    breaks: ClassVar[tuple[str, ...]] = ("SCOPE-1",)

    def install(self, parts: Parts) -> None:
        _open(parts, "getDraft")


@dataclass(frozen=True)
class ContactsScopeReadsLists:
    """Whoever may read contacts may read lists."""

    breaks: ClassVar[tuple[str, ...]] = ("SCOPE-1",)

    def install(self, parts: Parts) -> None:
        change_check(
            parts,
            lambda key, required, _operation, healthy: (
                healthy or ("lists.read" in required and "contacts.read" in key.scopes)
            ),
        )


@dataclass(frozen=True)
class ScopesByVerb:
    """Only the part behind the dot is compared: whoever may read something may read everything."""

    breaks: ClassVar[tuple[str, ...]] = ("SCOPE-1",)

    def install(self, parts: Parts) -> None:
        def decide(key: ApiKey, required: Sequence[str], _operation: str, _healthy: bool) -> bool:
            verbs = {scope.rpartition(".")[2] for scope in key.scopes}
            return all(scope.rpartition(".")[2] in verbs for scope in required)

        change_check(parts, decide)


@dataclass(frozen=True)
class NoScopeMeansAll:
    """A key without any scope is an old one, and may read everything."""

    breaks: ClassVar[tuple[str, ...]] = ("SCOPE-1",)

    def install(self, parts: Parts) -> None:
        change_check(parts, lambda key, _required, _operation, healthy: healthy or not key.scopes)


@dataclass(frozen=True)
class MissingScopeIsEmpty:
    """A list that the key may not read is served, and empty."""

    breaks: ClassVar[tuple[str, ...]] = ("SCOPE-1",)

    def install(self, parts: Parts) -> None:
        healthy = parts.problem

        def problem(problem: Problem, scope: Scope) -> Response:
            if problem.kind.slug == "insufficient-scope" and not resource_asked(scope):
                return parts.success(parts.envelope([], None))
            return healthy(problem, scope)

        parts.problem = problem


@dataclass(frozen=True)
class MissingScopeUnauthorized:
    """A missing scope is answered 401."""

    breaks: ClassVar[tuple[str, ...]] = ("SCOPE-1", "SCOPE-4")

    def install(self, parts: Parts) -> None:
        change_refusal(parts, lambda problem, _scope: with_status(problem, 401))


@dataclass(frozen=True)
class MissingScopeHidden:
    """A missing scope is answered 404."""

    breaks: ClassVar[tuple[str, ...]] = ("SCOPE-1", "SCOPE-4")

    def install(self, parts: Parts) -> None:
        change_refusal(parts, lambda _problem, _scope: not_found())


@dataclass(frozen=True)
class SingleDraftNeedsContactsToo:
    """A single draft asks for the scope of its contact too."""

    breaks: ClassVar[tuple[str, ...]] = ("SCOPE-2",)

    def install(self, parts: Parts) -> None:
        change_check(
            parts,
            lambda key, _required, operation, healthy: (
                healthy and (operation != "getDraft" or "contacts.read" in key.scopes)
            ),
        )


@dataclass(frozen=True)
class AllScopesOrNone:
    """Only a key with every scope is served."""

    breaks: ClassVar[tuple[str, ...]] = ("SCOPE-2",)

    def install(self, parts: Parts) -> None:
        change_check(
            parts, lambda key, required, _operation, healthy: healthy and (not required or len(key.scopes) > 1)
        )


@dataclass(frozen=True)
class MeNeedsSomeScope:
    """`/me` refuses a key that has no scope."""

    breaks: ClassVar[tuple[str, ...]] = ("SCOPE-3",)

    def install(self, parts: Parts) -> None:
        _close_me(parts, lambda key: bool(key.scopes))


def _close_me(parts: Parts, serves: Callable[[ApiKey], bool]) -> None:
    change_check(parts, lambda key, _required, operation, healthy: healthy and (operation != "getMe" or serves(key)))


@dataclass(frozen=True)
class UnknownIdBeforeScope:
    """The id is looked up before the scope: who may not read it learns whether it exists."""

    breaks: ClassVar[tuple[str, ...]] = ("SCOPE-4",)

    def install(self, parts: Parts) -> None:
        def change(problem: Problem, scope: Scope) -> Problem:
            asked, caller = resource_asked(scope), scope[CALLER]
            return not_found() if asked and parts.single(caller, *asked) is None else problem

        change_refusal(parts, change)


@dataclass(frozen=True)
class ScopeNotNamed:
    """A 403 does not say which scope is missing."""

    breaks: ClassVar[tuple[str, ...]] = ("SCOPE-5",)

    def install(self, parts: Parts) -> None:
        change_refusal(parts, lambda problem, _scope: replace(problem, detail="This is not allowed.", headers=()))


@dataclass(frozen=True)
class ParametersBeforeScope:
    """Parameters are read before the scope is looked at: a bad limit is answered 400, whatever the key may read."""

    breaks: ClassVar[tuple[str, ...]] = ("SCOPE-1",)

    def install(self, parts: Parts) -> None:
        def change(problem: Problem, scope: Scope) -> Problem:
            if query(scope).get("limit", "1").isdecimal():
                return problem
            return problem_of("invalid-parameter", "limit has to be a number.")

        change_refusal(parts, change)
