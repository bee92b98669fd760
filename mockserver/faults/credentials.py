"""Keys found where they do not count, and refusals that tell too much or too little."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from http.cookies import SimpleCookie
from typing import ClassVar

from starlette.types import Scope

from mockserver.access.keys import PREFIX
from mockserver.access.problems import Problem, not_found
from mockserver.changes.answers import change_problems, without_header
from mockserver.changes.requests import header, query, resource_asked
from mockserver.parts import Parts


def _also_from(parts: Parts, secret_of: Callable[[Scope], bytes | None]) -> None:
    """Have the secret taken from elsewhere where there is no Authorization header."""
    healthy = parts.credentials

    def credentials(scope: Scope) -> bytes | None:
        secret = healthy(scope)
        return secret_of(scope) if secret is None else secret

    parts.credentials = credentials


@dataclass(frozen=True)
class KeyInQuery:
    """A key counts in the query string, where every log on the way keeps it."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-4",)

    def install(self, parts: Parts) -> None:
        names = ("api_key", "apiKey", "access_token", "key", "token")

        def secret_of(scope: Scope) -> bytes | None:
            given = query(scope)
            return next((given[name].encode() for name in names if name in given), None)

        _also_from(parts, secret_of)


@dataclass(frozen=True)
class KeyInCookie:
    """A key counts in a cookie, which browsers send along for other sites."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-4",)

    def install(self, parts: Parts) -> None:
        def secret_of(scope: Scope) -> bytes | None:
            cookies = SimpleCookie((header(scope, b"cookie") or b"").decode("latin-1"))
            return next((each.value.encode() for each in cookies.values() if each.value.startswith(PREFIX)), None)

        _also_from(parts, secret_of)


@dataclass(frozen=True)
class KeyInOwnHeader:
    """A key counts in X-API-Key."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-4",)

    def install(self, parts: Parts) -> None:
        _also_from(parts, lambda scope: header(scope, b"x-api-key"))


@dataclass(frozen=True)
class ChallengeMissing:
    """A 401 has no WWW-Authenticate."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-5",)

    def install(self, parts: Parts) -> None:
        def change(problem: Problem, _scope: Scope) -> Problem:
            challenged = problem.kind.status == 401
            return (
                replace(problem, headers=tuple(without_header(problem.headers, b"www-authenticate")))
                if challenged
                else problem
            )

        change_problems(parts, change)


def _is_known(parts: Parts, scope: Scope) -> bool:
    """Whether the id that a request names is one of anybody's; yes where it names none."""
    collection, resource_id = resource_asked(scope) or ("", "")
    stores = (getattr(tenant, collection, None) for tenant in parts.tenants.values())
    return not collection or any(store is not None and store.get(resource_id) is not None for store in stores)


@dataclass(frozen=True)
class UnknownIdBeforeKey:
    """Without a valid key an id that exists is answered 401, one that does not 404."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-6",)

    def install(self, parts: Parts) -> None:
        change_problems(
            parts,
            lambda problem, scope: (
                not_found() if problem.kind.status == 401 and not _is_known(parts, scope) else problem
            ),
        )


@dataclass(frozen=True)
class RefusalTellsOfResource:
    """A 401 says whether there is anything to be seen."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-6",)

    def install(self, parts: Parts) -> None:
        def change(problem: Problem, scope: Scope) -> Problem:
            if problem.kind.status != 401 or not resource_asked(scope) or not _is_known(parts, scope):
                return problem
            return replace(problem, detail="Present a valid API key to see this resource.")

        change_problems(parts, change)
