"""Writes that are let through without a right, without content, or on resources in a certain state."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api.authentication import Caller, presented_secret
from mockserver.api.pipeline import Pipeline
from mockserver.api.response import Response
from mockserver.modifications.faults.methods import answer_writes
from mockserver.modifications.helpers.layers import around
from mockserver.modifications.helpers.requests import header, operation_path, resource_asked
from mockserver.modifications.registry import fault

_DONE = Response(204, b"application/json", b"")


def _let_through(pipeline: Pipeline, method: str, lets: Callable[[Scope, Caller], bool]) -> None:
    """Answer a method's requests with a valid key 204 where `lets` returns True."""
    answer_writes(pipeline, lambda scope, caller: _DONE if scope["method"] == method and lets(scope, caller) else None)


@fault("OP-6")
def put_without_key_accepted(pipeline: Pipeline) -> None:
    """The check of keys leaves out PUT: without a key it is answered 204."""

    async def put(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        open_ = scope["method"] == "PUT" and presented_secret(scope) is None
        await (_DONE if open_ else app)(scope, receive, send)

    pipeline.outer.append(around(put))


@fault("OP-6")
def refused_caller_deletes(pipeline: Pipeline) -> None:
    """The key is checked after the work: a DELETE of a draft without a key is answered 401, but the draft is deleted."""

    async def delete(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        collection, resource_id = resource_asked(scope) or ("", "")
        if (scope["method"], collection, presented_secret(scope)) == ("DELETE", "drafts", None):
            for tenant in pipeline.state.tenants.values():
                tenant.drafts.remove(resource_id)
        await app(scope, receive, send)

    pipeline.outer.append(around(delete))


@fault("OP-6")
def foreign_delete_deletes(pipeline: Pipeline) -> None:
    """A DELETE of another organization's resource is refused, but its owner has lost the resource."""

    def delete(scope: Scope, caller: Caller) -> None:
        collection, resource_id = resource_asked(scope) or ("", "")
        for tenant in pipeline.state.tenants.values():
            if (
                scope["method"] == "DELETE"
                and collection in ("contacts", "lists", "drafts")
                and tenant is not caller.tenant
            ):
                getattr(tenant, collection).remove(resource_id)

    answer_writes(pipeline, delete)


@fault("OP-6")
def collection_delete_deletes(pipeline: Pipeline) -> None:
    """A DELETE of all drafts is answered 405, but the oldest draft is deleted."""

    def delete(scope: Scope, caller: Caller) -> None:
        if scope["method"] == "DELETE" and operation_path(scope) == "/drafts":
            caller.tenant.drafts.remove(caller.tenant.drafts.rows({})[-1].id)

    answer_writes(pipeline, delete)


@fault("OP-6")
def delete_without_scope_accepted(pipeline: Pipeline) -> None:
    """A DELETE by a key that has no scope is answered 204."""
    _let_through(pipeline, "DELETE", lambda _scope, caller: not caller.key.scopes)


@fault("OP-6")
def empty_post_accepted(pipeline: Pipeline) -> None:
    """A POST without a body is answered 204: only a body is refused."""
    _let_through(pipeline, "POST", lambda scope, _caller: header(scope, b"content-length") in (None, b"0"))


@fault("OP-6")
def merge_patch_accepted(pipeline: Pipeline) -> None:
    """A PATCH of the media type of patches (RFC 7396) is answered 204, and any other is refused."""
    _let_through(pipeline, "PATCH", lambda scope, _caller: b"merge-patch" in (header(scope, b"content-type") or b""))


@fault("OP-6")
def archived_list_deleted(pipeline: Pipeline) -> None:
    """A DELETE of an archived list is answered 204."""

    def archived(scope: Scope, caller: Caller) -> bool:
        collection, resource_id = resource_asked(scope) or ("", "")
        found = caller.tenant.lists.read(resource_id) if collection == "lists" else None
        return bool(found and found["archivedAt"])

    _let_through(pipeline, "DELETE", archived)


@fault("OP-6")
def dossier_ordered(pipeline: Pipeline) -> None:
    """A POST to the research of a contact without a dossier is answered 204, as if it ordered one."""

    def missing(scope: Scope, caller: Caller) -> bool:
        collection, contact_id = resource_asked(scope) or ("", "")
        return collection == "research" and caller.tenant.research.get(contact_id) is None

    _let_through(pipeline, "POST", missing)
