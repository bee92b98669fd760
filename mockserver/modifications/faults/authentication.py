"""Keys that count where they should not."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace

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


def _also_accept(pipeline: Pipeline, finds: Callable[[ApiKey, str], bool]) -> None:
    """Have a secret that no key has taken for that of the first valid key for which `finds` says yes."""
    inner = pipeline.authenticate

    def authenticate(secret: bytes, now: float) -> ApiKey | None:
        text = secret.decode("latin-1")
        if inner(secret, now) or pipeline.state.keys.find(secret):
            return inner(secret, now)
        return next((key for key in pipeline.state.keys if key.is_valid_at(now) and finds(key, text)), None)

    pipeline.authenticate = authenticate


def _read_scheme(pipeline: Pipeline, secret_of: Callable[[str, str], str | None]) -> None:
    """Have an Authorization header read otherwise: (scheme, what follows) → the secret, None to read it as before."""
    inner = pipeline.credentials

    def credentials(scope: Scope) -> bytes | None:
        presented = header(scope, b"authorization")
        if presented is None:
            return None
        scheme, _, rest = presented.decode("latin-1").partition(" ")
        secret = secret_of(scheme, rest)
        return inner(scope) if secret is None else secret.encode("latin-1")

    pipeline.credentials = credentials


def _excuse(pipeline: Pipeline, excused: Callable[[Scope], bool]) -> None:
    """Have a request without credentials served as the first key's where `excused` says so."""
    inner = pipeline.credentials

    def credentials(scope: Scope) -> bytes | None:
        secret = inner(scope)
        return next(iter(pipeline.state.keys)).secret.encode() if secret is None and excused(scope) else secret

    pipeline.credentials = credentials


@fault("AUTH-1")
def anonymous_served(pipeline: Pipeline) -> None:
    """A request without credentials is served as the first key's."""
    _excuse(pipeline, lambda _scope: True)


@fault("AUTH-1")
def anonymous_served_by_filter(pipeline: Pipeline) -> None:
    """A list's contacts are open to everybody, as the link that people share shows them."""
    _excuse(pipeline, lambda scope: "listId" in query(scope))


@fault("AUTH-1")
def anonymous_served_from_within(pipeline: Pipeline) -> None:
    """X-Forwarded-For is believed, and callers from the server's own host need no key."""
    _excuse(pipeline, lambda scope: header(scope, b"x-forwarded-for") == b"127.0.0.1")


@fault("AUTH-1")
def anonymous_served_by_original_url(pipeline: Pipeline) -> None:
    """The check of keys goes by the X-Original-URL of a gateway, which anybody may send, and the router by the path."""
    _excuse(pipeline, lambda scope: header(scope, b"x-original-url") == b"/health")


@fault("AUTH-1")
def anonymous_served_by_encoded_path(pipeline: Pipeline) -> None:
    """The check of keys knows paths as they are sent, the router as they are decoded."""
    _excuse(pipeline, lambda scope: b"/v%31/" in scope["raw_path"])


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
    """Without credentials the answer is 403."""
    change_kind(pipeline, "missing-api-key", lambda problem, _scope: with_status(problem, 403))


@fault("AUTH-1")
def anonymous_sent_to_login(pipeline: Pipeline) -> None:
    """Without credentials the answer leads to a page for people to sign in."""
    change_answer(
        pipeline,
        lambda problem, _scope: problem.kind.slug == "missing-api-key",
        lambda _problem: Response(302, b"text/html", b"", [(b"location", b"/login")]),
    )


@fault("AUTH-2")
def keys_by_beginning(pipeline: Pipeline) -> None:
    """A key is looked up by the part that the console shows and a little more: any end will do."""
    _also_accept(pipeline, lambda key, text: key.secret[:_LONG_PART] == text[:_LONG_PART])


@fault("AUTH-2")
def truncated_keys_accepted(pipeline: Pipeline) -> None:
    """A key is looked up with LIKE: what it begins with is enough."""
    _also_accept(pipeline, lambda key, text: len(text) >= _LONG_PART and key.secret.startswith(text))


@fault("AUTH-2")
def keys_with_trailing_garbage(pipeline: Pipeline) -> None:
    """Only as much of a key is compared as a key is long."""
    _also_accept(pipeline, lambda key, text: text.startswith(key.secret))


@fault("AUTH-2")
def keys_up_to_a_comma(pipeline: Pipeline) -> None:
    """The header is cut at its first comma, as if it were several."""
    _also_accept(pipeline, lambda key, text: text.partition(",")[0] == key.secret)


@fault("AUTH-2")
def keys_of_any_prefix(pipeline: Pipeline) -> None:
    """Only what follows the prefix is compared: a key of the test environment opens the live one."""
    _also_accept(pipeline, lambda key, text: text[len(PREFIX) :] == key.secret[len(PREFIX) :])


@fault("AUTH-2")
def keys_without_prefix(pipeline: Pipeline) -> None:
    """The prefix of a key is cut off before keys are compared, and may be missing."""
    _also_accept(pipeline, lambda key, text: text == key.secret.removeprefix(PREFIX))


@fault("AUTH-2")
def keys_in_any_case(pipeline: Pipeline) -> None:
    """Keys are compared in a collation that does not tell upper from lower case."""
    _also_accept(pipeline, lambda key, text: key.secret.lower() == text.lower())


@fault("AUTH-2")
def keys_with_wildcards(pipeline: Pipeline) -> None:
    """A key is looked up with LIKE, to which an underscore is any character."""
    _also_accept(pipeline, lambda key, text: like(text, key.secret))


@fault("AUTH-2")
def unknown_keys_accepted(pipeline: Pipeline) -> None:
    """Every text in the form of a key is served as the first organization's."""
    _also_accept(pipeline, lambda key, text: text.startswith(PREFIX) and len(text) == len(key.secret))


@fault("AUTH-2")
def empty_key_accepted(pipeline: Pipeline) -> None:
    """The Bearer scheme alone, with no key behind it, is enough."""

    def first_key(scheme: str, rest: str) -> str | None:
        bare = scheme.lower() == "bearer" and not rest.strip()
        return next(iter(pipeline.state.keys)).secret if bare else None

    _read_scheme(pipeline, first_key)


@fault("AUTH-2")
def basic_accepted(pipeline: Pipeline) -> None:
    """The key is taken as the user name of the Basic scheme too, as many payment APIs do."""

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
    """Every scheme is cut off, and what follows is the key."""
    _read_scheme(pipeline, lambda scheme, rest: rest.strip() if scheme and rest else None)


@fault("AUTH-2")
def bare_key_accepted(pipeline: Pipeline) -> None:
    """The key may stand in the Authorization header without a scheme."""
    _read_scheme(pipeline, lambda scheme, rest: scheme if scheme.startswith(PREFIX) and not rest else None)


@fault("AUTH-2", "AUTH-3")
def invalid_key_forbidden(pipeline: Pipeline) -> None:
    """A key that is not valid is answered 403."""
    change_kind(pipeline, "invalid-api-key", lambda problem, _scope: with_status(problem, 403))


def _forgive(pipeline: Pipeline, forgive: Callable[[ApiKey], ApiKey]) -> None:
    """Have keys judged as other keys."""

    def authenticate(secret: bytes, now: float) -> ApiKey | None:
        key = pipeline.state.keys.find(secret)
        return key if key is not None and forgive(key).is_valid_at(now) else None

    pipeline.authenticate = authenticate


@fault("AUTH-3")
def revoked_key_served(pipeline: Pipeline) -> None:
    """A revoked key goes on being served: it is in the cache of keys."""
    _forgive(pipeline, lambda key: replace(key, revoked_at=None))


@fault("AUTH-3")
def expired_key_served(pipeline: Pipeline) -> None:
    """A key's date of expiry is not looked at."""
    _forgive(pipeline, lambda key: replace(key, expires_at=None))


@fault("AUTH-3")
def revoked_forbidden(pipeline: Pipeline) -> None:
    """A revoked key is known, and so answered 403."""

    def change(problem: Problem, scope: Scope) -> Problem:
        key = pipeline.state.keys.find(pipeline.credentials(scope) or b"")
        return with_status(problem, 403) if key and key.revoked_at else problem

    change_kind(pipeline, "invalid-api-key", change)


@fault("AUTH-3")
def dates_before_standing(pipeline: Pipeline) -> None:
    """A request by date is answered 304 for every key that was ever issued, whether or not it still counts."""
    inner = pipeline.problem

    def problem(problem: Problem, scope: Scope) -> Response:
        asked = problem.kind.slug == "invalid-api-key" and header(scope, b"if-modified-since")
        if asked and pipeline.state.keys.find(pipeline.credentials(scope) or b""):
            return Response(304, b"application/json", b"", [])
        return inner(problem, scope)

    pipeline.problem = problem


@fault("AUTH-5")
def scheme_in_one_case(pipeline: Pipeline) -> None:
    """Only `Bearer` is understood, not `bearer`."""
    _read_scheme(pipeline, lambda scheme, _rest: None if scheme == "Bearer" else "")
