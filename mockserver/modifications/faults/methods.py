"""Methods other than GET that do something, or are refused in the wrong way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.api.authentication import CALLER, Caller
from mockserver.api.pipeline import Parts
from mockserver.api.response import Response, json_answer
from mockserver.clock import utc
from mockserver.modifications.helpers.requests import operation_path, resource_asked
from mockserver.modifications.helpers.responses import (
    change_problems,
    without_header,
)

_WRITES = ("POST", "PUT", "PATCH", "DELETE")


def _answer_writes(parts: Parts, answer: Any) -> None:
    """Have writes of valid keys answered by `answer`: (scope, caller) → Response, None for the healthy one."""

    def layer(app: ASGIApp) -> ASGIApp:
        async def answered(scope: Scope, receive: Receive, send: Send) -> None:
            written = scope["method"] in _WRITES and isinstance(scope.get(CALLER), Caller)
            await ((answer(scope, scope[CALLER]) if written else None) or app)(scope, receive, send)

        return answered

    parts.inner.append(layer)


@dataclass(frozen=True)
class WritesPretended:
    """Writes are answered 200 and change nothing."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-6",)

    def install(self, parts: Parts) -> None:
        _answer_writes(parts, lambda _scope, _caller: json_answer({"ok": True}))


@dataclass(frozen=True)
class PostTakenForGet:
    """The router looks at paths alone: a POST is answered as a GET."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-6",)

    def install(self, parts: Parts) -> None:
        def layer(app: ASGIApp) -> ASGIApp:
            async def as_get(scope: Scope, receive: Receive, send: Send) -> None:
                await app({**scope, "method": "GET"} if scope["method"] == "POST" else scope, receive, send)

            return as_get

        parts.inner.append(layer)


@dataclass(frozen=True)
class RefusedDeleteDeletes:
    """A DELETE of a contact is answered 405, when it is done."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-6",)

    def install(self, parts: Parts) -> None:
        def delete(scope: Scope, caller: Caller) -> None:
            collection, resource_id = resource_asked(scope) or ("", "")
            if scope["method"] == "DELETE" and collection == "contacts":
                caller.tenant.contacts.remove(resource_id)

        _answer_writes(parts, delete)


@dataclass(frozen=True)
class RefusedPatchChanges:
    """A PATCH of a single contact, list or draft is answered 405, and sets its updatedAt all the same."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-6",)

    def install(self, parts: Parts) -> None:
        def touch(scope: Scope, caller: Caller) -> None:
            collection, resource_id = resource_asked(scope) or ("", "")
            if scope["method"] == "PATCH" and collection in ("contacts", "lists", "drafts"):
                store = getattr(caller.tenant, collection)
                if resource := store.read(resource_id):
                    store.put({**resource, "updatedAt": utc(int(parts.clock.now() * 1_000))})

        _answer_writes(parts, touch)


@dataclass(frozen=True)
class RefusedPatchApproves:
    """A PATCH of a single draft is answered 405, and approves it all the same: a second one changes nothing more."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-6",)

    def install(self, parts: Parts) -> None:
        def approve(scope: Scope, caller: Caller) -> None:
            collection, resource_id = resource_asked(scope) or ("", "")
            draft = caller.tenant.drafts.read(resource_id) if collection == "drafts" else None
            if scope["method"] == "PATCH" and draft:
                caller.tenant.drafts.put({**draft, "status": "approved"})

        _answer_writes(parts, approve)


@dataclass(frozen=True)
class RefusedPostAdds:
    """A POST of a contact is answered 405, when it has been added."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-6",)

    def install(self, parts: Parts) -> None:
        def add(scope: Scope, caller: Caller) -> None:
            if scope["method"] == "POST" and operation_path(scope) == "/contacts":
                caller.tenant.add_contact(parts.clock.now())

        _answer_writes(parts, add)


@dataclass(frozen=True)
class PostAddsContact:
    """A POST of a contact is answered 201, and there it is."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-6",)

    def install(self, parts: Parts) -> None:
        def add(scope: Scope, caller: Caller) -> Response | None:
            if scope["method"] != "POST" or operation_path(scope) != "/contacts":
                return None
            return json_answer(caller.tenant.add_contact(parts.clock.now()), 201)

        _answer_writes(parts, add)


@dataclass(frozen=True)
class HeadRefused:
    """HEAD is answered 405."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-7",)

    def install(self, parts: Parts) -> None:
        def layer(app: ASGIApp) -> ASGIApp:
            async def unknown(scope: Scope, receive: Receive, send: Send) -> None:
                await app({**scope, "method": "PURGE"} if scope["method"] == "HEAD" else scope, receive, send)

            return unknown

        parts.inner.append(layer)


@dataclass(frozen=True)
class HeadWithBody:
    """HEAD is answered as GET is, the body included: the next answer on that connection begins in the midst of it."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-7",)

    def install(self, parts: Parts) -> None:
        def layer(app: ASGIApp) -> ASGIApp:
            async def as_get(scope: Scope, receive: Receive, send: Send) -> None:
                if scope["method"] == "HEAD":
                    scope["method"] = "GET"  # in place: the server too is to take it for one
                await app(scope, receive, send)

            return as_get

        parts.outer.append(layer)


@dataclass(frozen=True)
class AllowMissing:
    """A 405 does not say which methods are allowed."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-7",)

    def install(self, parts: Parts) -> None:
        change_problems(
            parts, lambda problem, _scope: replace(problem, headers=tuple(without_header(problem.headers, b"allow")))
        )


def _accept_posts(parts: Parts, ending: str) -> None:
    """Have a POST answered 202 where the path ends so."""

    def accepted(scope: Scope, _caller: Caller) -> Response | None:
        posted = scope["method"] == "POST" and operation_path(scope).endswith(ending)
        return json_answer({"ok": True}, 202) if posted else None

    _answer_writes(parts, accepted)


@dataclass(frozen=True)
class PostedListsAccepted:
    """A list may be posted."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-6",)

    def install(self, parts: Parts) -> None:
        _accept_posts(parts, "/lists")


@dataclass(frozen=True)
class PostedDraftsAccepted:
    """A draft may be posted."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-6",)

    def install(self, parts: Parts) -> None:
        _accept_posts(parts, "/drafts")


@dataclass(frozen=True)
class PostedEventsAccepted:
    """An event may be posted, as the platform's own services do."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-6",)

    def install(self, parts: Parts) -> None:
        _accept_posts(parts, "/events")


@dataclass(frozen=True)
class ResearchOnDemand:
    """A POST to a contact's dossier has it made anew."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-6",)

    def install(self, parts: Parts) -> None:
        _accept_posts(parts, "/research")
