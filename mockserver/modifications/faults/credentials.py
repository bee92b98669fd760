"""Keys found where they do not count, and refusals that tell too much or too little."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.cookies import SimpleCookie
from typing import ClassVar

from starlette.types import Scope

from mockserver.api.keys import PREFIX, ApiKey
from mockserver.api.pipeline import Parts
from mockserver.api.problems import Problem, not_found
from mockserver.modifications.helpers.requests import header, operation_path, query, resource_asked
from mockserver.modifications.helpers.responses import change_problems, problem_of, without_header


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


def _also_as(parts: Parts, secret_of: Callable[[bytes], bytes | None]) -> None:
    """Have the secret also taken from an Authorization header of another form."""
    healthy = parts.credentials
    parts.credentials = lambda scope: secret_of(header(scope, b"authorization") or b"") or healthy(scope)


@dataclass(frozen=True)
class TokenAccepted:
    """The scheme Token is accepted, as an older version of the API had it."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-2",)

    def install(self, parts: Parts) -> None:
        _also_as(parts, lambda value: value[6:] if value.startswith(b"Token ") else None)


@dataclass(frozen=True)
class BasicPasswordAccepted:
    """A key counts as the password of Basic credentials, whatever the name."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-2",)

    def install(self, parts: Parts) -> None:
        def secret_of(value: bytes) -> bytes | None:
            if not value.startswith(b"Basic "):
                return None
            try:
                return b64decode(value[6:]).partition(b":")[2]
            except ValueError:
                return None

        _also_as(parts, secret_of)


def _let_in(parts: Parts, applies: Callable[[ApiKey | None, str], bool]) -> None:
    """Have keys that are not in force, or unknown, served as a full one is where `applies` says yes to key and path."""
    healthy = parts.credentials

    def credentials(scope: Scope) -> bytes | None:
        secret = healthy(scope)
        key = parts.keys.find(secret) if secret else None
        refused = secret and not (key and key.is_valid_at(parts.clock.now()))
        return next(iter(parts.keys)).secret.encode() if refused and applies(key, operation_path(scope)) else secret

    parts.credentials = credentials


@dataclass(frozen=True)
class UnknownKeysReadEvents:
    """The feed of events looks whether there is a key, not whose it is."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-2",)

    def install(self, parts: Parts) -> None:
        _let_in(parts, lambda key, path: key is None and path == "/events")


@dataclass(frozen=True)
class RevokedKeysReadResearch:
    """Dossiers come from a cache in front of the API, which knows revoked keys still."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-3",)

    def install(self, parts: Parts) -> None:
        _let_in(parts, lambda key, path: key is not None and bool(key.revoked_at) and path.endswith("/research"))


@dataclass(frozen=True)
class ExpiredKeysReadLists:
    """One route was written before keys had an end: it lists contact lists to expired ones."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-3",)

    def install(self, parts: Parts) -> None:
        _let_in(parts, lambda key, path: key is not None and not key.revoked_at and path == "/lists")


@dataclass(frozen=True)
class ParametersBeforeKey:
    """Parameters are read before anybody asks for a key: a bad limit is answered 400, whoever sends it."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-1",)

    def install(self, parts: Parts) -> None:
        def change(problem: Problem, scope: Scope) -> Problem:
            limit = query(scope).get("limit", "1")
            if problem.kind.status != 401 or limit.isdecimal():
                return problem
            return problem_of("invalid-parameter", "limit has to be a number.")

        change_problems(parts, change)
