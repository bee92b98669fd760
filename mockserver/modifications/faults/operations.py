"""Operations that answer something else than the document says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from starlette.types import Scope

from mockserver.api.authentication import Caller
from mockserver.api.operations import get_me
from mockserver.api.parameters import Parameters
from mockserver.api.pipeline import Parts
from mockserver.api.problems import Problem
from mockserver.api.response import Response, json_bytes
from mockserver.modifications.helpers.requests import resource_asked
from mockserver.modifications.helpers.responses import (
    change_items,
    change_problems,
    change_single,
    edited,
    with_status,
)
from spec import contract


def _without(*members: str) -> Any:
    return lambda resource: {name: value for name, value in resource.items() if name not in members}


@dataclass(frozen=True)
class ContactsWithoutStatus:
    """Contacts lack a required member."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-1",)

    def install(self, parts: Parts) -> None:
        change_items(parts, "contacts", _without("qualificationStatus"))
        change_single(parts, "contacts", _without("qualificationStatus"))


@dataclass(frozen=True)
class EmptyListIdsAreNull:
    """A contact on no list has null for its lists."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-1",)

    def install(self, parts: Parts) -> None:
        for change in (change_items, change_single):
            change(parts, "contacts", lambda contact: {**contact, "listIds": contact["listIds"] or None})


@dataclass(frozen=True)
class SuccessAsText:
    """JSON is served as text/plain."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-1",)

    def install(self, parts: Parts) -> None:
        parts.success = lambda body: Response(200, b"text/plain; charset=utf-8", body)


@dataclass(frozen=True)
class MeOfFirstKey:
    """`/me` reports the organization's first key, whichever was presented."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-2",)

    def install(self, parts: Parts) -> None:
        def me(parts: Parts, caller: Caller, parameters: Parameters) -> bytes:
            first = next(key for key in parts.keys if key.organization_id == caller.key.organization_id)
            return get_me(parts, replace(caller, key=first), parameters)

        parts.handlers["getMe"] = me


@dataclass(frozen=True)
class MeOfKeysOwnOrganization:
    """`/me` reports an organization of each key's own: two keys of one do not seem to belong together."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-2",)

    def install(self, parts: Parts) -> None:
        healthy = parts.handlers["getMe"]

        def me(parts: Parts, caller: Caller, parameters: Parameters) -> bytes:
            def of_key(found: dict[str, Any]) -> dict[str, Any]:
                return {**found, "organization": {**found["organization"], "id": f"org_{caller.key.id}"}}

            return edited(healthy(parts, caller, parameters), of_key)

        parts.handlers["getMe"] = me


@dataclass(frozen=True)
class SingleContactStale:
    """A single contact comes from a replica that lags behind the list."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-3",)

    def install(self, parts: Parts) -> None:
        change_single(parts, "contacts", lambda contact: {**contact, "updatedAt": contact["createdAt"]})


@dataclass(frozen=True)
class SingleListCountsNobody:
    """A single list counts no contacts."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-3",)

    def install(self, parts: Parts) -> None:
        change_single(parts, "lists", lambda contact_list: {**contact_list, "contactCount": 0})


@dataclass(frozen=True)
class ListedSubjectsCut:
    """Subjects are cut to twenty characters in the list of drafts."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-3",)

    def install(self, parts: Parts) -> None:
        change_items(parts, "drafts", lambda draft: {**draft, "subject": draft["subject"][:20]})


@dataclass(frozen=True)
class SingleContactLosesNulls:
    """A single contact shows an empty string where the list has null."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-3",)

    def install(self, parts: Parts) -> None:
        change_single(
            parts,
            "contacts",
            lambda contact: {**contact, **{name: contact[name] or "" for name in ("title", "location", "lastName")}},
        )


@dataclass(frozen=True)
class DraftWithoutBody:
    """A single draft is what the list shows of it, and its timeline."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-4", "OP-1")

    def install(self, parts: Parts) -> None:
        change_single(parts, "drafts", _without("body"))


@dataclass(frozen=True)
class DraftWithoutTimeline:
    """A single draft has no engagement timeline."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-4", "OP-1")

    def install(self, parts: Parts) -> None:
        change_single(parts, "drafts", _without("engagement"))


@dataclass(frozen=True)
class EngagementNewestFirst:
    """The engagement timeline begins with the newest."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-4",)

    def install(self, parts: Parts) -> None:
        change_single(parts, "drafts", lambda draft: {**draft, "engagement": draft["engagement"][::-1]})


@dataclass(frozen=True)
class DraftBodyEmpty:
    """The body of a single draft is an empty string, whatever its snippet says."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-4",)

    def install(self, parts: Parts) -> None:
        change_single(parts, "drafts", lambda draft: {**draft, "body": ""})


@dataclass(frozen=True)
class ResearchOfAnotherContact:
    """A contact that has a dossier is answered another one's."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-5",)

    def install(self, parts: Parts) -> None:
        healthy = parts.single

        def single(caller: Caller, collection: str, resource_id: str) -> bytes | None:
            found = healthy(caller, collection, resource_id)
            if collection != "research" or found is None:
                return found
            others = (row.id for row in caller.tenant.contacts.rows({}) if row.id != resource_id)
            return next(filter(None, (healthy(caller, collection, other) for other in others)), found)

        parts.single = single


@dataclass(frozen=True)
class ResearchOfFirstAsked:
    """The dossier is cached by organization, not by contact: whoever has one gets the one that was asked for first."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-5",)

    def install(self, parts: Parts) -> None:
        healthy = parts.single
        kept: dict[str, bytes] = {}

        def single(caller: Caller, collection: str, resource_id: str) -> bytes | None:
            found = healthy(caller, collection, resource_id)
            if collection != "research" or not found:
                return found
            return kept.setdefault(caller.tenant.organization.id, found)

        parts.single = single


@dataclass(frozen=True)
class MissingResearchIsEmpty:
    """A contact without a dossier is answered an empty one."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-5",)

    def install(self, parts: Parts) -> None:
        healthy = parts.single

        def single(caller: Caller, collection: str, resource_id: str) -> bytes | None:
            found = healthy(caller, collection, resource_id)
            if collection != "research" or found or not healthy(caller, "contacts", resource_id):
                return found
            dossier = {"contactId": resource_id, "level": "L4", "summary": "", "sections": []}
            return json_bytes({**dossier, "generatedAt": "2026-05-23T10:00:00.000Z", "expiresAt": None})

        parts.single = single


@dataclass(frozen=True)
class UnknownIdIsEmpty:
    """An id that nothing has is answered 200 and an empty object."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-10", "OP-1")

    def install(self, parts: Parts) -> None:
        healthy = parts.single

        def single(caller: Caller, collection: str, resource_id: str) -> bytes | None:
            found = healthy(caller, collection, resource_id)
            return b"{}" if found is None and collection != "research" else found

        parts.single = single


@dataclass(frozen=True)
class UnknownIdIs400:
    """An id that nothing has is answered 400, as a malformed one."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-10",)

    def install(self, parts: Parts) -> None:
        def change(problem: Problem, scope: Scope) -> Problem:
            found = problem.kind.slug == "not-found" and resource_asked(scope)
            return with_status(problem, 400) if found and found[0] != "research" else problem

        change_problems(parts, change)


@dataclass(frozen=True)
class UnknownIdGetsAnother:
    """An id that nothing has is answered the newest contact, as the nearest match."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-10",)

    def install(self, parts: Parts) -> None:
        healthy = parts.single

        def single(caller: Caller, collection: str, resource_id: str) -> bytes | None:
            found = healthy(caller, collection, resource_id)
            if found or collection != "contacts":
                return found
            newest = parts.page(caller, collection, {}, None, 1).items
            return newest[0] if newest else None

        parts.single = single


@dataclass(frozen=True)
class MeOfAllScopes:
    """`/me` shows every key as one that holds all scopes."""

    breaks: ClassVar[tuple[str, ...]] = ("OP-2",)

    def install(self, parts: Parts) -> None:
        def me(parts: Parts, caller: Caller, parameters: Parameters) -> bytes:
            return get_me(parts, replace(caller, key=replace(caller.key, scopes=tuple(contract().scopes))), parameters)

        parts.handlers["getMe"] = me
