"""Keys that are accepted although they should not be."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from urllib.parse import unquote

from starlette.types import Scope

from mockserver.api.keys import PREFIX, ApiKey
from mockserver.api.pipeline import Pipeline
from mockserver.api.problems import Problem
from mockserver.api.response import Response
from mockserver.modifications.helpers.filters import like
from mockserver.modifications.helpers.requests import header, query
from mockserver.modifications.helpers.responses import change_answer, change_kind, with_status
from mockserver.modifications.registry import fault

_LONG_PART = len(PREFIX) + 16


def also_accept(pipeline: Pipeline, finds: Callable[[ApiKey, str], bool]) -> None:
    """Take a secret that no key has for that of the first valid key for which `finds` returns True."""
    inner = pipeline.authenticate

    def authenticate(secret: bytes, now: float) -> ApiKey | None:
        text = secret.decode("latin-1")
        if inner(secret, now) or pipeline.state.keys.find(secret):
            return inner(secret, now)
        return next((key for key in pipeline.state.keys if key.is_valid_at(now) and finds(key, text)), None)

    pipeline.authenticate = authenticate


def _read_scheme(pipeline: Pipeline, secret_of: Callable[[str, str], str | None]) -> None:
    """Read the Authorization header in another way: (scheme, text after it) → the secret, None to read it as before."""
    inner = pipeline.credentials

    def credentials(scope: Scope) -> bytes | None:
        presented = header(scope, b"authorization")
        if presented is None:
            return None
        scheme, _, rest = presented.decode("latin-1").partition(" ")
        secret = secret_of(scheme, rest)
        return inner(scope) if secret is None else secret.encode("latin-1")

    pipeline.credentials = credentials


def excuse(pipeline: Pipeline, excused: Callable[[Scope], bool]) -> None:
    """Serve a request without credentials as the first key's if `excused` returns True."""
    inner = pipeline.credentials

    def credentials(scope: Scope) -> bytes | None:
        secret = inner(scope)
        return next(iter(pipeline.state.keys)).secret.encode() if secret is None and excused(scope) else secret

    pipeline.credentials = credentials


@fault("AUTH-1")
def anonymous_served(pipeline: Pipeline) -> None:
    """A request without credentials is served as the first key's."""
    excuse(pipeline, lambda _scope: True)


@fault("AUTH-1")
def anonymous_served_by_filter(pipeline: Pipeline) -> None:
    """The contacts of a list are served without a key, because people share links to lists."""
    excuse(pipeline, lambda scope: "listId" in query(scope))


@fault("AUTH-1")
def anonymous_served_from_within(pipeline: Pipeline) -> None:
    """The server trusts X-Forwarded-For, and callers from its own host need no key."""
    excuse(pipeline, lambda scope: header(scope, b"x-forwarded-for") == b"127.0.0.1")


@fault("AUTH-1")
def anonymous_served_by_original_url(pipeline: Pipeline) -> None:
    """The key check reads a gateway's X-Original-URL, which any client can send; the router reads the path."""
    excuse(pipeline, lambda scope: header(scope, b"x-original-url") == b"/health")


@fault("AUTH-1")
def anonymous_served_by_encoded_path(pipeline: Pipeline) -> None:
    """The key check compares the path as it was sent; the router decodes it first."""
    excuse(pipeline, lambda scope: b"/v%31/" in scope["raw_path"])


@fault("AUTH-1")
def validators_before_keys(pipeline: Pipeline) -> None:
    """A conditional request is answered 304 before its key is looked at."""
    inner = pipeline.problem

    def problem(problem: Problem, scope: Scope) -> Response:
        if problem.kind.status == 401 and header(scope, b"if-none-match"):
            return Response(304, b"application/json", b"", [])
        return inner(problem, scope)

    pipeline.problem = problem


@fault("AUTH-1")
def anonymous_forbidden(pipeline: Pipeline) -> None:
    """A request without credentials is answered 403."""
    change_kind(pipeline, "missing-api-key", lambda problem, _scope: with_status(problem, 403))


@fault("AUTH-1")
def anonymous_sent_to_login(pipeline: Pipeline) -> None:
    """A request without credentials is redirected to a page where people sign in."""
    change_answer(
        pipeline,
        lambda problem, _scope: problem.kind.slug == "missing-api-key",
        lambda _problem: Response(302, b"text/html", b"", [(b"location", b"/login")]),
    )


@fault("AUTH-2")
def keys_by_beginning(pipeline: Pipeline) -> None:
    """Only the first characters of a key are compared, so it may have any end."""
    also_accept(pipeline, lambda key, text: key.secret[:_LONG_PART] == text[:_LONG_PART])


@fault("AUTH-2")
def truncated_keys_accepted(pipeline: Pipeline) -> None:
    """A key is looked up with LIKE, so the beginning of a key is enough."""
    also_accept(pipeline, lambda key, text: len(text) >= _LONG_PART and key.secret.startswith(text))


@fault("AUTH-2")
def keys_with_trailing_garbage(pipeline: Pipeline) -> None:
    """Characters after the end of a key are ignored."""
    also_accept(pipeline, lambda key, text: text.startswith(key.secret))


@fault("AUTH-2")
def keys_up_to_a_comma(pipeline: Pipeline) -> None:
    """The header is cut at its first comma, as if it were several headers."""
    also_accept(pipeline, lambda key, text: text.partition(",")[0] == key.secret)


@fault("AUTH-2")
def keys_of_any_prefix(pipeline: Pipeline) -> None:
    """Only the part after the prefix is compared, so a key of the test environment works in the live one."""
    also_accept(pipeline, lambda key, text: text[len(PREFIX) :] == key.secret[len(PREFIX) :])


@fault("AUTH-2")
def keys_by_end(pipeline: Pipeline) -> None:
    """The first character of a key is not compared, because a loop begins at 1."""
    also_accept(pipeline, lambda key, text: text[1:] == key.secret[1:])


@fault("AUTH-2")
def keys_without_spaces(pipeline: Pipeline) -> None:
    """Spaces are removed from a key, as if it had been copied from a page."""
    also_accept(pipeline, lambda key, text: text.replace(" ", "") == key.secret)


@fault("AUTH-2")
def keys_without_prefix(pipeline: Pipeline) -> None:
    """The prefix of a key is removed before keys are compared, so a key without it is accepted."""
    also_accept(pipeline, lambda key, text: text == key.secret.removeprefix(PREFIX))


@fault("AUTH-2")
def keys_in_any_case(pipeline: Pipeline) -> None:
    """Keys are compared without regard to upper and lower case, as in some database collations."""
    also_accept(pipeline, lambda key, text: key.secret.lower() == text.lower())


@fault("AUTH-2")
def keys_with_wildcards(pipeline: Pipeline) -> None:
    """A key is looked up with LIKE, so an underscore stands for any character."""
    also_accept(pipeline, lambda key, text: like(text, key.secret))


@fault("AUTH-2")
def keys_by_pattern(pipeline: Pipeline) -> None:
    """A key is looked up with GLOB, so an asterisk stands for any text."""
    also_accept(pipeline, lambda key, text: fnmatchcase(key.secret, text))


@fault("AUTH-2")
def keys_percent_decoded(pipeline: Pipeline) -> None:
    """A key is percent-decoded before it is looked up, as if it came from an address."""
    also_accept(pipeline, lambda key, text: key.secret == unquote(text))


@fault("AUTH-2")
def unknown_keys_accepted(pipeline: Pipeline) -> None:
    """Every text that has the form of a key is accepted as a key of the first organization."""
    also_accept(pipeline, lambda key, text: text.startswith(PREFIX) and len(text) == len(key.secret))


@fault("AUTH-2")
def empty_key_accepted(pipeline: Pipeline) -> None:
    """The Bearer scheme without a key after it is accepted."""

    def first_key(scheme: str, rest: str) -> str | None:
        bare = scheme.lower() == "bearer" and not rest.strip()
        return next(iter(pipeline.state.keys)).secret if bare else None

    _read_scheme(pipeline, first_key)


@fault("AUTH-2")
def basic_accepted(pipeline: Pipeline) -> None:
    """The key is also accepted as the user name of the Basic scheme, as in many payment APIs."""

    def user(scheme: str, rest: str) -> str | None:
        if scheme.lower() != "basic":
            return None
        try:
            name, _, password = base64.b64decode(rest).decode("latin-1").partition(":")
        except binascii.Error:
            return ""
        return name or password

    _read_scheme(pipeline, user)


@fault("AUTH-2")
def any_scheme_accepted(pipeline: Pipeline) -> None:
    """Any scheme is accepted: the text after it is read as the key."""
    _read_scheme(pipeline, lambda scheme, rest: rest.strip() if scheme and rest else None)


@fault("AUTH-2")
def bare_key_accepted(pipeline: Pipeline) -> None:
    """A key without a scheme is accepted in the Authorization header."""
    _read_scheme(pipeline, lambda scheme, rest: scheme if scheme.startswith(PREFIX) and not rest else None)


@fault("AUTH-2", "AUTH-3")
def invalid_key_forbidden(pipeline: Pipeline) -> None:
    """A key that is not valid is answered 403."""
    change_kind(pipeline, "invalid-api-key", lambda problem, _scope: with_status(problem, 403))


def _forgive(pipeline: Pipeline, forgive: Callable[[ApiKey], ApiKey]) -> None:
    """Judge each key as the key that `forgive` returns for it."""

    def authenticate(secret: bytes, now: float) -> ApiKey | None:
        key = pipeline.state.keys.find(secret)
        return key if key is not None and forgive(key).is_valid_at(now) else None

    pipeline.authenticate = authenticate


@fault("AUTH-3")
def revoked_key_served(pipeline: Pipeline) -> None:
    """A revoked key is still served, because it is in the cache of keys."""
    _forgive(pipeline, lambda key: replace(key, revoked_at=None))


@fault("AUTH-3")
def expired_key_served(pipeline: Pipeline) -> None:
    """The expiry date of a key is not checked."""
    _forgive(pipeline, lambda key: replace(key, expires_at=None))


@fault("AUTH-3")
def revoked_forbidden(pipeline: Pipeline) -> None:
    """A revoked key is answered 403, because the server knows it."""

    def change(problem: Problem, scope: Scope) -> Problem:
        key = pipeline.state.keys.find(pipeline.credentials(scope) or b"")
        return with_status(problem, 403) if key and key.revoked_at else problem

    change_kind(pipeline, "invalid-api-key", change)


@fault("AUTH-3")
def dates_before_standing(pipeline: Pipeline) -> None:
    """A request with If-Modified-Since is answered 304 for every key that was ever issued, even if it is not valid any more."""
    inner = pipeline.problem

    def problem(problem: Problem, scope: Scope) -> Response:
        asked = problem.kind.slug == "invalid-api-key" and header(scope, b"if-modified-since")
        if asked and pipeline.state.keys.find(pipeline.credentials(scope) or b""):
            return Response(304, b"application/json", b"", [])
        return inner(problem, scope)

    pipeline.problem = problem


@fault("AUTH-5")
def scheme_in_one_case(pipeline: Pipeline) -> None:
    """Only `Bearer` is accepted, not `bearer`."""
    _read_scheme(pipeline, lambda scheme, _rest: None if scheme == "Bearer" else "")
