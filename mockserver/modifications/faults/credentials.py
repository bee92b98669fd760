"""Keys that are accepted in a wrong place, and refusals that tell too much or too little."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from http.cookies import SimpleCookie

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api.body import TRAILERS, whole_body
from mockserver.api.keys import PREFIX, ApiKey
from mockserver.api.pipeline import Pipeline
from mockserver.api.problems import Problem, not_found
from mockserver.api.response import Header, Response
from mockserver.modifications.helpers.requests import header, query, resource_asked
from mockserver.modifications.helpers.responses import (
    change_problems,
    problem_of,
    rewriting,
    with_header,
    without_challenge,
)
from mockserver.modifications.registry import fault

_LONGEST_BODY = 65_536
_LONGEST_STATUS = len("pending_review")


def _also_from(pipeline: Pipeline, secret_of: Callable[[Scope], bytes | None]) -> None:
    """Take the secret from another place if there is no Authorization header."""
    inner = pipeline.credentials

    def credentials(scope: Scope) -> bytes | None:
        secret = inner(scope)
        return secret_of(scope) if secret is None else secret

    pipeline.credentials = credentials


@fault("AUTH-3")
def standing_by_scheme(pipeline: Pipeline) -> None:
    """Whether a key is still valid is checked where the header begins with `Bearer`, and `bearer` bypasses that check."""
    inner, spelled = pipeline.credentials, [b""]

    def credentials(scope: Scope) -> bytes | None:
        spelled[:] = [(header(scope, b"authorization") or b"")[:7]]
        return inner(scope)

    def authenticate(secret: bytes, now: float) -> ApiKey | None:
        key = pipeline.state.keys.find(secret)
        return key if key and (spelled[0] != b"Bearer " or key.is_valid_at(now)) else None

    pipeline.credentials, pipeline.authenticate = credentials, authenticate


@fault("AUTH-4")
def key_in_query(pipeline: Pipeline) -> None:
    """A key is accepted in the query string, which every log on the way keeps."""
    names = ("api_key", "apiKey", "access_token", "key", "token")

    def secret_of(scope: Scope) -> bytes | None:
        given = query(scope)
        return next((given[name].encode() for name in names if name in given), None)

    _also_from(pipeline, secret_of)


@fault("AUTH-4")
def key_in_cookie(pipeline: Pipeline) -> None:
    """A key is accepted in a cookie, which browsers also send with requests from other sites."""

    def secret_of(scope: Scope) -> bytes | None:
        cookies = SimpleCookie((header(scope, b"cookie") or b"").decode("latin-1"))
        return next((each.value.encode() for each in cookies.values() if each.value.startswith(PREFIX)), None)

    _also_from(pipeline, secret_of)


@fault("AUTH-4")
def key_in_own_header(pipeline: Pipeline) -> None:
    """A key is accepted in X-API-Key."""
    _also_from(pipeline, lambda scope: header(scope, b"x-api-key"))


@fault("AUTH-4")
def key_behind_scheme_in_other_headers(pipeline: Pipeline) -> None:
    """A key is accepted behind the scheme's name in X-API-Key, and among the protocols of a WebSocket."""

    def secret_of(scope: Scope) -> bytes | None:
        values = (header(scope, name) or b"" for name in (b"x-api-key", b"sec-websocket-protocol"))
        return next((value.split()[-1] for value in values if value.lower().startswith(b"bearer")), None)

    _also_from(pipeline, secret_of)


@fault("AUTH-4")
def key_in_query_after_failure(pipeline: Pipeline) -> None:
    """Where the key in the Authorization header is not valid, the one in the query string is tried."""
    inner = pipeline.credentials

    def credentials(scope: Scope) -> bytes | None:
        secret, given = inner(scope), query(scope).get("access_token", "").encode()
        return given if secret and given and not pipeline.state.keys.find(secret) else secret

    pipeline.credentials = credentials


@fault("AUTH-1", "AUTH-4")
def key_in_trailer(pipeline: Pipeline) -> None:
    """Trailers are read as headers, so a key after a chunked body is accepted."""

    def merging(app: ASGIApp) -> ASGIApp:
        async def merged(scope: Scope, receive: Receive, send: Send) -> None:
            if header(scope, b"transfer-encoding") is not None:
                await whole_body(receive, _LONGEST_BODY)
                scope = {**scope, "headers": [*scope["headers"], *scope.get(TRAILERS, ())]}
            await app(scope, receive, send)

        return merged

    pipeline.outer.append(merging)


@fault("AUTH-1")
def long_values_before_keys(pipeline: Pipeline) -> None:
    """A status that is too long for its column is answered 400 before the key is looked for."""

    def change(problem: Problem, scope: Scope) -> Problem:
        refused = problem.kind.slug == "missing-api-key" and len(query(scope).get("status", "")) > _LONGEST_STATUS
        return problem_of("invalid-parameter", "status is too long.") if refused else problem

    change_problems(pipeline, change)


@fault("AUTH-5")
def challenge_missing(pipeline: Pipeline) -> None:
    """A 401 has no WWW-Authenticate."""
    without_challenge(pipeline)


def is_known(pipeline: Pipeline, scope: Scope) -> bool:
    """Whether any organization has the id that a request names; True if it names none."""
    collection, resource_id = resource_asked(scope) or ("", "")
    stores = (getattr(tenant, collection, None) for tenant in pipeline.state.tenants.values())
    return not collection or any(store is not None and store.get(resource_id) is not None for store in stores)


@fault("AUTH-6")
def unknown_id_before_key(pipeline: Pipeline) -> None:
    """Without a valid key, an id that exists is answered 401, and an unknown one 404."""
    change_problems(
        pipeline,
        lambda problem, scope: not_found() if problem.kind.status == 401 and not is_known(pipeline, scope) else problem,
    )


@fault("AUTH-6")
def refusal_tells_of_resource(pipeline: Pipeline) -> None:
    """A 401 says whether the resource exists."""

    def change(problem: Problem, scope: Scope) -> Problem:
        if problem.kind.status != 401 or not resource_asked(scope) or not is_known(pipeline, scope):
            return problem
        return replace(problem, detail="Present a valid API key to see this resource.")

    change_problems(pipeline, change)


def _also_as(pipeline: Pipeline, secret_of: Callable[[bytes], bytes | None]) -> None:
    """Take the secret from an Authorization header of another form, too."""
    inner = pipeline.credentials
    pipeline.credentials = lambda scope: secret_of(header(scope, b"authorization") or b"") or inner(scope)


@fault("AUTH-2")
def token_accepted(pipeline: Pipeline) -> None:
    """The scheme Token is accepted, as in an older version of the API."""
    _also_as(pipeline, lambda value: value[6:] if value.startswith(b"Token ") else None)


@fault("AUTH-2")
def scheme_by_beginning(pipeline: Pipeline) -> None:
    """The header only has to begin with the scheme's name: a key that follows it without a space is accepted."""
    _also_as(pipeline, lambda value: value[6:].strip() if value.lower().startswith(b"bearer") else None)


@fault("AUTH-2")
def scheme_with_colon(pipeline: Pipeline) -> None:
    """A colon behind the scheme's name is ignored, as if it were a header within the header."""
    _also_as(pipeline, lambda value: value[7:].strip() if value.lower().startswith(b"bearer:") else None)


@fault("AUTH-2")
def scheme_by_prefix(pipeline: Pipeline) -> None:
    """The scheme's name only has to begin with Bearer."""
    _also_as(pipeline, lambda value: value.partition(b" ")[2] if value.startswith(b"Bearer") else None)


@fault("AUTH-2")
def basic_password_accepted(pipeline: Pipeline) -> None:
    """A key is accepted as the password of Basic credentials, with any user name."""

    def secret_of(value: bytes) -> bytes | None:
        if not value.startswith(b"Basic "):
            return None
        try:
            return b64decode(value[6:]).partition(b":")[2]
        except ValueError:
            return None

    _also_as(pipeline, secret_of)


@fault("AUTH-2")
def unknown_key_served(pipeline: Pipeline) -> None:
    """The server checks only that there is a key: an unknown key is served as the first one."""
    inner = pipeline.credentials

    def credentials(scope: Scope) -> bytes | None:
        secret = inner(scope)
        known = not secret or pipeline.state.keys.find(secret)
        return secret if known else next(iter(pipeline.state.keys)).secret.encode()

    pipeline.credentials = credentials


@fault("AUTH-6")
def refusal_carries_validator(pipeline: Pipeline) -> None:
    """A 401 carries the ETag of the resource that it hides; for an unknown id it has none."""
    _tell_of_hidden(pipeline, lambda found: (b"etag", b'"%b"' % sha256(found).hexdigest()[:20].encode()))


@fault("AUTH-6")
def refusal_carries_length(pipeline: Pipeline) -> None:
    """A 401 to HEAD has the Content-Length of the resource that it hides."""
    _tell_of_hidden(pipeline, lambda found: (b"content-length", b"%d" % len(found)), "HEAD")


def _tell_of_hidden(pipeline: Pipeline, told: Callable[[bytes], Header], *methods: str) -> None:
    """Add a header to a 401, made from the resource that the request names, for these methods or for all."""

    def change(scope: Scope, answer: Response) -> None:
        asked = resource_asked(scope)
        if answer.status != 401 or not asked or (methods and scope["method"] not in methods):
            return
        stores = (getattr(tenant, asked[0], None) for tenant in pipeline.state.tenants.values())
        found = next(filter(None, (store.get(asked[1]) for store in stores if store is not None)), None)
        if found:
            answer.headers = with_header(answer.headers, *told(found))

    pipeline.outer.append(rewriting(change))


@fault("AUTH-1")
def parameters_before_key(pipeline: Pipeline) -> None:
    """Parameters are checked before the key: a bad limit is answered 400 even without a key."""
    _read_parameters_first(pipeline, "missing-api-key", "invalid-api-key")


@fault("AUTH-2", "AUTH-3")
def parameters_before_look_up(pipeline: Pipeline) -> None:
    """Parameters are checked before the key is looked up: with an invalid key, a bad limit is answered 400."""
    _read_parameters_first(pipeline, "invalid-api-key")


def _read_parameters_first(pipeline: Pipeline, *before: str) -> None:
    """Report a bad limit instead of these kinds of problems."""

    def change(problem: Problem, scope: Scope) -> Problem:
        limit = query(scope).get("limit", "1")
        if problem.kind.slug not in before or limit.isdecimal():
            return problem
        return problem_of("invalid-parameter", "limit has to be a number.")

    change_problems(pipeline, change)
