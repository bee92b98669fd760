"""Keys that count where they should not."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from starlette.types import Scope

from mockserver.api.keys import PREFIX, ApiKey
from mockserver.api.pipeline import Parts
from mockserver.api.problems import Problem
from mockserver.api.response import Response
from mockserver.modifications.helpers.requests import header, operation_path
from mockserver.modifications.helpers.responses import change_problems, with_status

_LONG_PART = len(PREFIX) + 16


def _change_problem(parts: Parts, slug: str, change: Callable[[Problem, Scope], Problem]) -> None:
    """Have one kind of problem told as another."""
    change_problems(parts, lambda problem, scope: change(problem, scope) if problem.kind.slug == slug else problem)


def _serve_anonymous(parts: Parts, applies: Callable[[Scope], bool]) -> None:
    """Have requests without credentials served as the first key's."""
    healthy = parts.credentials

    def credentials(scope: Scope) -> bytes | None:
        secret = healthy(scope)
        return next(iter(parts.keys)).secret.encode() if secret is None and applies(scope) else secret

    parts.credentials = credentials


def _also_accept(parts: Parts, finds: Callable[[ApiKey, str], bool]) -> None:
    """Have a secret that no key has taken for that of the first valid key for which `finds` says yes."""
    healthy = parts.authenticate

    def authenticate(secret: bytes, now: float) -> ApiKey | None:
        text = secret.decode("latin-1")
        if healthy(secret, now) or parts.keys.find(secret):
            return healthy(secret, now)
        return next((key for key in parts.keys if key.is_valid_at(now) and finds(key, text)), None)

    parts.authenticate = authenticate


def _read_scheme(parts: Parts, secret_of: Callable[[str, str], str | None]) -> None:
    """Have an Authorization header read otherwise: (scheme, what follows) → the secret, None to read it as ever."""
    healthy = parts.credentials

    def credentials(scope: Scope) -> bytes | None:
        presented = header(scope, b"authorization")
        if presented is None:
            return None
        scheme, _, rest = presented.decode("latin-1").partition(" ")
        secret = secret_of(scheme, rest)
        return healthy(scope) if secret is None else secret.encode("latin-1")

    parts.credentials = credentials


@dataclass(frozen=True)
class AnonymousMayListContacts:
    """Contacts are listed without credentials: the first organization's."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-1",)

    def install(self, parts: Parts) -> None:
        _serve_anonymous(parts, lambda scope: operation_path(scope) == "/contacts")


@dataclass(frozen=True)
class AnonymousMayReadResearch:
    """The nested route of research was registered without the check of keys."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-1",)

    def install(self, parts: Parts) -> None:
        _serve_anonymous(parts, lambda scope: operation_path(scope).endswith("/research"))


@dataclass(frozen=True)
class AnonymousForbidden:
    """Without credentials the answer is 403."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-1",)

    def install(self, parts: Parts) -> None:
        _change_problem(parts, "missing-api-key", lambda problem, _scope: with_status(problem, 403))


@dataclass(frozen=True)
class AnonymousSentToLogin:
    """Without credentials the answer leads to a page for people to sign in."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-1",)

    def install(self, parts: Parts) -> None:
        healthy = parts.problem

        def problem(problem: Problem, scope: Scope) -> Response:
            if problem.kind.slug != "missing-api-key":
                return healthy(problem, scope)
            return Response(302, b"text/html", b"", [(b"location", b"/login")])

        parts.problem = problem


@dataclass(frozen=True)
class KeysByBeginning:
    """A key is looked up by the part that the console shows and a little more: any end will do."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-2",)

    def install(self, parts: Parts) -> None:
        _also_accept(parts, lambda key, text: key.secret[:_LONG_PART] == text[:_LONG_PART])


@dataclass(frozen=True)
class TruncatedKeysAccepted:
    """A key is looked up with LIKE: what it begins with is enough."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-2",)

    def install(self, parts: Parts) -> None:
        _also_accept(parts, lambda key, text: len(text) >= _LONG_PART and key.secret.startswith(text))


@dataclass(frozen=True)
class KeysWithTrailingGarbage:
    """Only as much of a key is compared as a key is long."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-2",)

    def install(self, parts: Parts) -> None:
        _also_accept(parts, lambda key, text: text.startswith(key.secret))


@dataclass(frozen=True)
class KeysInAnyCase:
    """Keys are compared in a collation that does not tell upper from lower case."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-2",)

    def install(self, parts: Parts) -> None:
        _also_accept(parts, lambda key, text: key.secret.lower() == text.lower())


@dataclass(frozen=True)
class UnknownKeysAccepted:
    """Whatever looks like a key is served as the first organization's."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-2",)

    def install(self, parts: Parts) -> None:
        _also_accept(parts, lambda key, text: text.startswith(PREFIX) and len(text) == len(key.secret))


@dataclass(frozen=True)
class EmptyKeyAccepted:
    """The Bearer scheme alone, with no key behind it, is enough."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-2",)

    def install(self, parts: Parts) -> None:
        def first_key(scheme: str, rest: str) -> str | None:
            bare = scheme.lower() == "bearer" and not rest.strip()
            return next(iter(parts.keys)).secret if bare else None

        _read_scheme(parts, first_key)


@dataclass(frozen=True)
class BasicAccepted:
    """The key is taken as the user name of the Basic scheme too, as many payment APIs do."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-2",)

    def install(self, parts: Parts) -> None:
        def user(scheme: str, rest: str) -> str | None:
            if scheme.lower() != "basic":
                return None
            try:
                name, _, password = base64.b64decode(rest).decode("latin-1").partition(":")
            except binascii.Error:
                return ""
            return name or password

        _read_scheme(parts, user)


@dataclass(frozen=True)
class AnySchemeAccepted:
    """Whatever stands before the key is cut off."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-2",)

    def install(self, parts: Parts) -> None:
        _read_scheme(parts, lambda scheme, rest: rest.strip() if scheme and rest else None)


@dataclass(frozen=True)
class BareKeyAccepted:
    """The key may stand in the Authorization header without a scheme."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-2",)

    def install(self, parts: Parts) -> None:
        _read_scheme(parts, lambda scheme, rest: scheme if scheme.startswith(PREFIX) and not rest else None)


@dataclass(frozen=True)
class InvalidKeyForbidden:
    """A key that is not valid is answered 403."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-2", "AUTH-3")

    def install(self, parts: Parts) -> None:
        _change_problem(parts, "invalid-api-key", lambda problem, _scope: with_status(problem, 403))


def _forgive(parts: Parts, forgive: Callable[[ApiKey], ApiKey]) -> None:
    """Have keys judged as other keys."""

    def authenticate(secret: bytes, now: float) -> ApiKey | None:
        key = parts.keys.find(secret)
        return key if key is not None and forgive(key).is_valid_at(now) else None

    parts.authenticate = authenticate


@dataclass(frozen=True)
class RevokedAccepted:
    """A revoked key goes on being served: it is in the cache of keys."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-3",)

    def install(self, parts: Parts) -> None:
        _forgive(parts, lambda key: replace(key, revoked_at=None))


@dataclass(frozen=True)
class ExpiredAccepted:
    """Nobody looks at a key's date of expiry."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-3",)

    def install(self, parts: Parts) -> None:
        _forgive(parts, lambda key: replace(key, expires_at=None))


@dataclass(frozen=True)
class RevokedMayAskWhoTheyAre:
    """`/me` wants no scope, and so is not asked whether the key still counts: a revoked one is served as another key is."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-3",)

    def install(self, parts: Parts) -> None:
        healthy = parts.credentials

        def credentials(scope: Scope) -> bytes | None:
            secret = healthy(scope)
            key = parts.keys.find(secret) if secret and operation_path(scope) == "/me" else None
            forgiven = key and not key.is_valid_at(parts.clock.now())
            return next(iter(parts.keys)).secret.encode() if forgiven else secret

        parts.credentials = credentials


@dataclass(frozen=True)
class RevokedForbidden:
    """A revoked key is known, and so answered 403."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-3",)

    def install(self, parts: Parts) -> None:
        def change(problem: Problem, scope: Scope) -> Problem:
            key = parts.keys.find(parts.credentials(scope) or b"")
            return with_status(problem, 403) if key and key.revoked_at else problem

        _change_problem(parts, "invalid-api-key", change)


@dataclass(frozen=True)
class SchemeInOneCase:
    """Only `Bearer` is understood, not `bearer`."""

    breaks: ClassVar[tuple[str, ...]] = ("AUTH-5",)

    def install(self, parts: Parts) -> None:
        _read_scheme(parts, lambda scheme, _rest: None if scheme == "Bearer" else "")
