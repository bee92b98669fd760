"""Research dossiers of the wrong contact, or where there is none."""

from __future__ import annotations

from collections.abc import Callable

from mockserver.api.authentication import Caller
from mockserver.api.pipeline import Pipeline
from mockserver.api.response import json_bytes
from mockserver.modifications.registry import fault


@fault("OP-5")
def research_of_another_contact(pipeline: Pipeline) -> None:
    """A contact that has a dossier gets another contact's dossier."""
    inner = pipeline.single

    def single(caller: Caller, collection: str, resource_id: str) -> bytes | None:
        found = inner(caller, collection, resource_id)
        if collection != "research" or found is None:
            return found
        others = (row.id for row in caller.tenant.contacts.rows({}) if row.id != resource_id)
        return next(filter(None, (inner(caller, collection, other) for other in others)), found)

    pipeline.single = single


@fault("OP-5")
def research_of_first_asked(pipeline: Pipeline) -> None:
    """The dossier is cached by organization, not by contact: every contact that has one gets the first one that was read."""
    inner = pipeline.single
    kept: dict[str, bytes] = {}

    def single(caller: Caller, collection: str, resource_id: str) -> bytes | None:
        found = inner(caller, collection, resource_id)
        if collection != "research" or not found:
            return found
        return kept.setdefault(caller.tenant.organization.id, found)

    pipeline.single = single


def _instead_of_nothing(pipeline: Pipeline, made: Callable[[str], dict[str, object]]) -> None:
    """Answer 200 where a contact has no dossier: its id → the body."""
    inner = pipeline.single

    def single(caller: Caller, collection: str, resource_id: str) -> bytes | None:
        found = inner(caller, collection, resource_id)
        if collection != "research" or found or not inner(caller, "contacts", resource_id):
            return found
        return json_bytes(made(resource_id))

    pipeline.single = single


@fault("OP-5")
def missing_research_is_empty(pipeline: Pipeline) -> None:
    """A contact without a dossier gets an empty one."""
    dated = {"generatedAt": "2026-05-23T10:00:00.000Z", "expiresAt": None}
    _instead_of_nothing(pipeline, lambda id_: {"contactId": id_, "level": "L4", "summary": "", "sections": [], **dated})


@fault("OP-5", "OP-1")
def missing_research_is_nothing(pipeline: Pipeline) -> None:
    """A contact without a dossier gets an object without members."""
    _instead_of_nothing(pipeline, lambda _id: {})
