"""Scopes that are not checked, that are too wide, or that are required although none is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api.authentication import CALLER, Caller, presented_secret
from mockserver.api.keys import ApiKey
from mockserver.api.pipeline import Pipeline
from mockserver.api.problems import Problem, not_found
from mockserver.api.response import Response
from mockserver.modifications.faults.isolation import owner_of
from mockserver.modifications.helpers.layers import around
from mockserver.modifications.helpers.requests import header, operation_path, query, resource_asked
from mockserver.modifications.helpers.responses import change_kind, problem_of, rewriting, with_status
from mockserver.modifications.registry import fault
from spec import contract

_MISSING = "insufficient-scope"


def change_check(pipeline: Pipeline, decide: Callable[[ApiKey, Sequence[str], str, bool], bool]) -> None:
    """Check scopes in another way: (key, required scopes, operation id, result of the inner check) → whether to serve."""
    inner = pipeline.authorize
    pipeline.authorize = lambda key, required, operation: decide(
        key, required, operation, inner(key, required, operation)
    )


@fault("SCOPE-1")
def no_scope_needed(pipeline: Pipeline) -> None:
    """Scopes are not checked."""
    change_check(pipeline, lambda _key, _required, _operation, _held: True)


@fault("SCOPE-1")
def contacts_scope_reads_lists(pipeline: Pipeline) -> None:
    """A key that may read contacts may also read lists."""
    change_check(
        pipeline,
        lambda key, required, _operation, held: held or ("lists.read" in required and "contacts.read" in key.scopes),
    )


@fault("SCOPE-1")
def scopes_by_verb(pipeline: Pipeline) -> None:
    """Only the part of a scope after the dot is compared: a key that may read one thing may read everything."""

    def decide(key: ApiKey, required: Sequence[str], _operation: str, _held: bool) -> bool:
        verbs = {scope.rpartition(".")[2] for scope in key.scopes}
        return all(scope.rpartition(".")[2] in verbs for scope in required)

    change_check(pipeline, decide)


@fault("SCOPE-1")
def no_scope_means_all(pipeline: Pipeline) -> None:
    """A key without scopes is taken for an old key, and may read everything."""
    change_check(pipeline, lambda key, _required, _operation, held: held or not key.scopes)


@fault("SCOPE-1")
def missing_scope_is_empty(pipeline: Pipeline) -> None:
    """A list that the key may not read is answered 200, but empty."""
    inner = pipeline.problem

    def problem(problem: Problem, scope: Scope) -> Response:
        if problem.kind.slug == _MISSING and not resource_asked(scope):
            return pipeline.success(pipeline.envelope([], None))
        return inner(problem, scope)

    pipeline.problem = problem


def grant_all(pipeline: Pipeline, granted: Callable[[Scope], bool]) -> None:
    """Give a key every scope for the requests for which `granted` returns True."""

    async def served(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        caller = scope.get(CALLER)
        if isinstance(caller, Caller) and granted(scope):
            scope[CALLER] = replace(caller, key=replace(caller.key, scopes=tuple(contract().scopes)))
        await app(scope, receive, send)

    pipeline.inner.append(around(served))


@fault("SCOPE-1")
def filters_skip_scope(pipeline: Pipeline) -> None:
    """A list with a filter is served by another query, which does not check the scope."""
    grant_all(pipeline, lambda scope: bool({"listId", "contactId"} & query(scope).keys()))


@fault("SCOPE-1")
def event_types_skip_scope(pipeline: Pipeline) -> None:
    """The events of a resource are served to every key that may read the resource."""

    async def served(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        caller, kind = scope.get(CALLER), query(scope).get("eventType", "").partition(".")[0]
        if isinstance(caller, Caller) and f"{kind}s.read" in caller.key.scopes:
            scope[CALLER] = replace(caller, key=replace(caller.key, scopes=("events.read",)))
        await app(scope, receive, send)

    pipeline.inner.append(around(served))


@fault("SCOPE-1")
def conditions_skip_scope(pipeline: Pipeline) -> None:
    """A conditional request is answered by a cache, which does not check the scope."""
    grant_all(pipeline, lambda scope: header(scope, b"if-none-match") is not None)


@fault("SCOPE-1")
def ranges_skip_scope(pipeline: Pipeline) -> None:
    """A range request is answered from a cache that all keys share, which does not check the scope."""
    grant_all(pipeline, lambda scope: header(scope, b"range") is not None)


@fault("SCOPE-1", "SCOPE-4")
def missing_scope_unauthorized(pipeline: Pipeline) -> None:
    """A missing scope is answered 401."""
    change_kind(pipeline, _MISSING, lambda problem, _scope: with_status(problem, 401))


@fault("SCOPE-1", "SCOPE-4")
def missing_scope_hidden(pipeline: Pipeline) -> None:
    """A missing scope is answered 404."""
    change_kind(pipeline, _MISSING, lambda _problem, _scope: not_found())


@fault("SCOPE-2")
def single_draft_needs_contacts_too(pipeline: Pipeline) -> None:
    """A single draft also requires the scope of its contact."""
    change_check(
        pipeline,
        lambda key, _required, operation, held: held and (operation != "getDraft" or "contacts.read" in key.scopes),
    )


@fault("SCOPE-2")
def research_has_its_own_scope(pipeline: Pipeline) -> None:
    """Dossiers require a scope of their own, which no key has."""
    change_check(pipeline, lambda _key, _required, operation, held: held and operation != "getContactResearch")


@fault("SCOPE-2")
def all_scopes_or_none(pipeline: Pipeline) -> None:
    """Only a key with every scope is served."""
    change_check(pipeline, lambda key, required, _operation, held: held and (not required or len(key.scopes) > 1))


@fault("SCOPE-2")
def filters_by_id_need_its_scope(pipeline: Pipeline) -> None:
    """A filter by the id of another resource also requires the scope of that resource."""

    async def served(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        caller, filters = scope.get(CALLER), query(scope)
        needed = [
            needs for name, needs in (("listId", "lists.read"), ("contactId", "contacts.read")) if name in filters
        ]
        if isinstance(caller, Caller) and not set(needed) <= set(caller.key.scopes):
            scope[CALLER] = replace(caller, key=replace(caller.key, scopes=()))
        await app(scope, receive, send)

    pipeline.inner.append(around(served))


@fault("SCOPE-2")
def next_pages_want_all_scopes(pipeline: Pipeline) -> None:
    """A page behind a cursor is served only to a key that has further scopes."""

    async def served(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        caller = scope.get(CALLER)
        if "cursor" in query(scope) and isinstance(caller, Caller) and len(caller.key.scopes) == 1:
            scope[CALLER] = replace(caller, key=replace(caller.key, scopes=()))
        await app(scope, receive, send)

    pipeline.inner.append(around(served))


@fault("SCOPE-1")
def encoded_paths_skip_scope(pipeline: Pipeline) -> None:
    """The scope is looked up by the path as it was sent; the router decodes it first, and needs none for an unknown path."""
    grant_all(pipeline, lambda scope: b"%" in scope["raw_path"])


@fault("SCOPE-1")
def repeated_limits_skip_scope(pipeline: Pipeline) -> None:
    """A query with a parameter twice is read by an older reader, behind which no scope is checked."""
    grant_all(pipeline, lambda scope: scope["query_string"].count(b"limit=") > 1)


@fault("SCOPE-3")
def me_needs_some_scope(pipeline: Pipeline) -> None:
    """`/me` refuses a key that has no scope."""
    _close_me(pipeline, lambda key: bool(key.scopes))


@fault("SCOPE-3")
def head_of_me_needs_some_scope(pipeline: Pipeline) -> None:
    """HEAD of `/me` is checked by a rule for methods, which refuses a key that has no scope."""

    def change(scope: Scope, answer: Response) -> None:
        key = pipeline.state.keys.find(presented_secret(scope) or b"")
        asked = scope["method"] == "HEAD" and operation_path(scope) == "/me" and answer.status == 200
        if asked and key and not key.scopes:
            answer.status = 403

    pipeline.outer.append(rewriting(change))


def _close_me(pipeline: Pipeline, serves: Callable[[ApiKey], bool]) -> None:
    change_check(pipeline, lambda key, _required, operation, held: held and (operation != "getMe" or serves(key)))


@fault("SCOPE-4")
def unknown_id_before_scope(pipeline: Pipeline) -> None:
    """The id is looked up before the scope is checked: a key without the scope learns whether the id exists."""

    def change(problem: Problem, scope: Scope) -> Problem:
        asked, caller = resource_asked(scope), scope[CALLER]
        return not_found() if asked and pipeline.single(caller, *asked) is None else problem

    change_kind(pipeline, _MISSING, change)


@fault("SCOPE-4")
def foreign_id_before_scope(pipeline: Pipeline) -> None:
    """Whose resource an id names is found out before the scope is checked: a foreign one is answered 404."""

    def change(problem: Problem, scope: Scope) -> Problem:
        owner = owner_of(pipeline, *(resource_asked(scope) or ("", "")))
        return not_found() if owner and owner is not scope[CALLER].tenant else problem

    change_kind(pipeline, _MISSING, change)


@fault("SCOPE-5")
def scope_not_named(pipeline: Pipeline) -> None:
    """A 403 does not say which scope is missing."""
    change_kind(pipeline, _MISSING, lambda problem, _scope: replace(problem, detail="This is not allowed.", headers=()))


@fault("SCOPE-1")
def parameters_before_scope(pipeline: Pipeline) -> None:
    """Parameters are checked before the scope: a bad limit is answered 400 even without the scope."""
    _read_limits_first(pipeline, lambda limit: not limit.isdecimal())


@fault("SCOPE-1")
def sizes_before_scope(pipeline: Pipeline) -> None:
    """A page of no items is refused before the scope is checked: a limit of 0 is answered 400 even without the scope."""
    _read_limits_first(pipeline, lambda limit: limit == "0")


def _read_limits_first(pipeline: Pipeline, refuses: Callable[[str], bool]) -> None:
    def change(problem: Problem, scope: Scope) -> Problem:
        if not refuses(query(scope).get("limit", "1")):
            return problem
        return problem_of("invalid-parameter", "limit has to be a number from 1 to 200.")

    change_kind(pipeline, _MISSING, change)
