"""Requests that only a served caller can make, behind a cursor or for an archived list, are not checked like others."""

from __future__ import annotations

import json
from collections.abc import Callable

from starlette.types import Scope

from mockserver.api.keys import ApiKey
from mockserver.api.pipeline import Pipeline
from mockserver.modifications.faults.scopes import grant_all
from mockserver.modifications.helpers.requests import position_asked, resource_asked
from mockserver.modifications.registry import fault


def _trust(pipeline: Pipeline, trusted: Callable[[Scope, bytes | None, ApiKey | None], bool]) -> None:
    """Serve a request as the first key's if (scope, secret, key of that secret, valid or not) → True."""
    inner = pipeline.credentials

    def credentials(scope: Scope) -> bytes | None:
        secret = inner(scope)
        excused = trusted(scope, secret, pipeline.state.keys.find(secret) if secret else None)
        return next(iter(pipeline.state.keys)).secret.encode() if excused else secret

    pipeline.credentials = credentials


def _archived(pipeline: Pipeline, scope: Scope) -> bool:
    """Whether the path names a list of the first organization that is archived."""
    collection, list_id = resource_asked(scope) or ("", "")
    row = next(iter(pipeline.state.tenants.values())).lists.get(list_id) if collection == "lists" else None
    return row is not None and json.loads(row)["archivedAt"] is not None


@fault("AUTH-1")
def cursors_excuse_strangers(pipeline: Pipeline) -> None:
    """A cursor is taken as a proof that a key was served: the page behind it needs none."""
    _trust(pipeline, lambda scope, secret, _key: secret is None and position_asked(scope) is not None)


@fault("AUTH-2")
def cursors_excuse_unknown_keys(pipeline: Pipeline) -> None:
    """A key is only looked up for the first page of a list."""
    _trust(pipeline, lambda scope, secret, key: bool(secret) and key is None and position_asked(scope) is not None)


@fault("AUTH-3")
def cursors_outlive_keys(pipeline: Pipeline) -> None:
    """A walk that has begun is served to its end, though its key is revoked."""
    _trust(pipeline, lambda scope, _secret, key: _dead(key) and position_asked(scope) is not None)


@fault("AUTH-3")
def archived_lists_outlive_keys(pipeline: Pipeline) -> None:
    """Archived lists come from an archive, which does not ask whether a key is still valid."""
    _trust(pipeline, lambda scope, _secret, key: _dead(key) and _archived(pipeline, scope))


def _dead(key: ApiKey | None) -> bool:
    return key is not None and key.kind in ("revoked", "expired")


@fault("SCOPE-1")
def cursors_skip_scope(pipeline: Pipeline) -> None:
    """The scope is only checked for the first page of a list."""
    grant_all(pipeline, lambda scope: position_asked(scope) is not None)


@fault("SCOPE-1")
def archived_lists_skip_scope(pipeline: Pipeline) -> None:
    """Archived lists come from an archive, which does not check the scope."""
    grant_all(pipeline, lambda scope: _archived(pipeline, scope))
