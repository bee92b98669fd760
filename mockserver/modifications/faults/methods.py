"""Methods other than GET that do something, or are refused in the wrong way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api.authentication import CALLER, Caller
from mockserver.api.pipeline import Pipeline
from mockserver.api.response import Response, json_answer
from mockserver.clock import utc
from mockserver.modifications.helpers.layers import around
from mockserver.modifications.helpers.requests import operation_path, resource_asked
from mockserver.modifications.helpers.responses import (
    change_problems,
    without_header,
)
from mockserver.modifications.registry import fault

_WRITES = ("POST", "PUT", "PATCH", "DELETE")


Answering = Callable[[Scope, Caller], Response | None]
"""(scope, caller) → the answer to a write, None to answer it as before."""


def answer_writes(pipeline: Pipeline, answer: Answering) -> None:
    """Answer writes with a valid key by `answer`."""

    async def answered(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        caller = scope.get(CALLER)
        response = None
        if scope["method"] in _WRITES and isinstance(caller, Caller):
            response = answer(scope, caller)
        await (response or app)(scope, receive, send)

    pipeline.inner.append(around(answered))


@fault("OP-6")
def writes_pretended(pipeline: Pipeline) -> None:
    """Writes are answered 200 and change nothing."""
    answer_writes(pipeline, lambda _scope, _caller: json_answer({"ok": True}))


@fault("OP-6")
def writes_accepted(pipeline: Pipeline) -> None:
    """Writes are answered 202, but are never performed."""
    answer_writes(pipeline, lambda _scope, _caller: json_answer({"ok": True}, 202))


@fault("OP-6")
def writes_without_content(pipeline: Pipeline) -> None:
    """Writes are answered 204, and change nothing."""
    answer_writes(pipeline, lambda _scope, _caller: Response(204, b"application/json", b""))


@fault("OP-6")
def post_taken_for_get(pipeline: Pipeline) -> None:
    """The router looks at paths alone: a POST is answered as a GET."""

    async def as_get(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "method": "GET"} if scope["method"] == "POST" else scope, receive, send)

    pipeline.inner.append(around(as_get))


@fault("OP-6")
def refused_delete_deletes(pipeline: Pipeline) -> None:
    """A DELETE of a contact is answered 405, but the contact is deleted."""

    def delete(scope: Scope, caller: Caller) -> None:
        collection, resource_id = resource_asked(scope) or ("", "")
        if scope["method"] == "DELETE" and collection == "contacts":
            caller.tenant.contacts.remove(resource_id)

    answer_writes(pipeline, delete)


@fault("OP-6")
def refused_patch_changes(pipeline: Pipeline) -> None:
    """A PATCH of a single contact, list or draft is answered 405, but changes its updatedAt."""

    def touch(scope: Scope, caller: Caller) -> None:
        collection, resource_id = resource_asked(scope) or ("", "")
        if scope["method"] == "PATCH" and collection in ("contacts", "lists", "drafts"):
            store = getattr(caller.tenant, collection)
            if resource := store.read(resource_id):
                store.put({**resource, "updatedAt": utc(int(pipeline.state.clock.now() * 1_000))})

    answer_writes(pipeline, touch)


@fault("OP-6")
def refused_patch_approves(pipeline: Pipeline) -> None:
    """A PATCH of a single draft is answered 405, but approves it; a second PATCH changes nothing more."""

    def approve(scope: Scope, caller: Caller) -> None:
        collection, resource_id = resource_asked(scope) or ("", "")
        draft = caller.tenant.drafts.read(resource_id) if collection == "drafts" else None
        if scope["method"] == "PATCH" and draft:
            caller.tenant.drafts.put({**draft, "status": "approved"})

    answer_writes(pipeline, approve)


@fault("OP-6")
def refused_post_adds(pipeline: Pipeline) -> None:
    """A POST of a contact is answered 405, but the contact is added."""

    def add(scope: Scope, caller: Caller) -> None:
        if scope["method"] == "POST" and operation_path(scope) == "/contacts":
            caller.tenant.add_contact(pipeline.state.clock.now())

    answer_writes(pipeline, add)


@fault("OP-6")
def post_adds_contact(pipeline: Pipeline) -> None:
    """A POST of a contact is answered 201, and the contact is added."""

    def add(scope: Scope, caller: Caller) -> Response | None:
        if scope["method"] != "POST" or operation_path(scope) != "/contacts":
            return None
        return json_answer(caller.tenant.add_contact(pipeline.state.clock.now()), 201)

    answer_writes(pipeline, add)


@fault("OP-7")
def head_refused(pipeline: Pipeline) -> None:
    """HEAD is answered 405."""

    async def unknown(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "method": "PURGE"} if scope["method"] == "HEAD" else scope, receive, send)

    pipeline.inner.append(around(unknown))


@fault("OP-7")
def head_with_body(pipeline: Pipeline) -> None:
    """HEAD is answered like GET, with the body: the client takes the body for the next answer on that connection."""

    async def as_get(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            scope["method"] = "GET"  # in place, because the server must take it for a GET, too
        await app(scope, receive, send)

    pipeline.outer.append(around(as_get))


@fault("OP-7")
def allow_missing(pipeline: Pipeline) -> None:
    """A 405 does not say which methods are allowed."""
    change_problems(
        pipeline, lambda problem, _scope: replace(problem, headers=tuple(without_header(problem.headers, b"allow")))
    )
