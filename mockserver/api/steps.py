"""The default steps of the pipeline, which keep the contract."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from starlette.types import Scope

from mockserver.api import paths, problems
from mockserver.api.authentication import Caller, presented_secret
from mockserver.api.keys import PREFIX, ApiKey
from mockserver.api.limits import Admission
from mockserver.api.operations import OPERATIONS
from mockserver.api.parameters import read_parameters
from mockserver.api.pipeline import Pipeline, State
from mockserver.api.problems import Problem
from mockserver.api.request_notes import note_problem
from mockserver.api.response import Header, Response, json_bytes
from mockserver.tenants import cursor
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.webhooks.steps import default_steps
from spec import contract


def default_pipeline(state: State) -> Pipeline:
    """The pipeline with its default steps over `state`."""

    def authenticate(secret: bytes, now: float) -> ApiKey | None:
        key = state.keys.find(secret)
        return key if key is not None and key.is_valid_at(now) else None

    def problem(problem: Problem, scope: Scope) -> Response:
        note_problem(scope, problem)
        return pipeline.problem_response(problem, pipeline.problem_members(problem, _instance(scope)))

    pipeline = Pipeline(
        state=state,
        document=contract().document,
        credentials=presented_secret,
        authenticate=authenticate,
        tenant_of=lambda key: state.tenants[key.organization_id],
        admit=lambda key, now: state.limiter.admit(key.id, now, key.limits),
        authorize=_authorize,
        read_parameters=read_parameters,
        decode_cursor=lambda text, _caller: cursor.decode(text),
        encode_cursor=lambda position, _caller: cursor.encode(position),
        page=_page,
        single=_single,
        envelope=_envelope,
        handlers=dict(OPERATIONS),
        success=_success,
        rate_headers=_rate_headers,
        retry_after=_retry_after,
        problem=problem,
        problem_members=problems.members,
        problem_response=problems.answer,
        deliveries=default_steps(state.webhooks.sender, state.webhooks.ahead),
    )
    return pipeline


def _authorize(key: ApiKey, required: Sequence[str], _operation: str) -> bool:
    return not required or set(required).issubset(key.scopes)


def _page(caller: Caller, collection: str, filters: Mapping[str, str], after: Position | None, limit: int) -> Page:
    page: Page = getattr(caller.tenant, collection).page(filters, after, limit)
    return page


def _single(caller: Caller, collection: str, resource_id: str) -> bytes | None:
    found: bytes | None = getattr(caller.tenant, collection).get(resource_id)
    return found


def _envelope(items: Sequence[bytes], next_cursor: str | None) -> bytes:
    following = b"null" if next_cursor is None else json_bytes(next_cursor)
    return b'{"data":[%b],"nextCursor":%b}' % (b",".join(items), following)


def _success(body: bytes) -> Response:
    return Response(200, b"application/json", body)


def _rate_headers(admission: Admission, _now: float) -> list[Header]:
    return [
        (b"x-ratelimit-limit", b"%d" % admission.limit),
        (b"x-ratelimit-reset", b"%d" % math.ceil(admission.reset)),
    ]


def _retry_after(admission: Admission, _now: float) -> bytes | None:
    return b"%d" % max(1, math.ceil(admission.retry_after))


def _instance(scope: Scope) -> str | None:
    """The request's path as it was sent; None if it may hold a secret, which an error must not repeat."""
    raw = paths.raw_path(scope)
    secret = presented_secret(scope)
    if PREFIX in scope["path"] or (secret and secret in raw):
        return None
    return raw.decode("latin-1")
