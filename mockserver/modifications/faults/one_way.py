"""Data of the first organization that all others get, while nothing of theirs is shown to it: it began as the only one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from starlette.types import Scope

from mockserver.api.authentication import Caller
from mockserver.api.pipeline import Pipeline
from mockserver.modifications.faults.isolation import change_caller, owner_of
from mockserver.modifications.helpers.requests import header, position_asked, query, resource_asked
from mockserver.modifications.registry import fault
from mockserver.tenants.collection import Page
from mockserver.tenants.cursor import Position
from mockserver.tenants.tenant import Tenant


def _first(pipeline: Pipeline) -> Tenant:
    return next(iter(pipeline.state.tenants.values()))


def _lead_to_the_first(pipeline: Pipeline, leads: Callable[[Scope], bool]) -> None:
    """Serve requests for which `leads` returns True with the first organization's data, whoever asks."""
    change_caller(pipeline, lambda scope, _caller: _first(pipeline) if leads(scope) else None)


@fault("TENANT-2")
def ids_of_the_first_shown(pipeline: Pipeline) -> None:
    """A resource of the first organization is served to keys of every other one."""

    def named(scope: Scope) -> bool:
        asked = resource_asked(scope)
        return asked is not None and owner_of(pipeline, *asked) is _first(pipeline)

    _lead_to_the_first(pipeline, named)


@fault("TENANT-3")
def list_ids_of_the_first_lead_there(pipeline: Pipeline) -> None:
    """The contacts on a list of the first organization are served to every key that names the list."""
    _lead_to_the_first(pipeline, lambda scope: bool(_first(pipeline).lists.get(query(scope).get("listId", ""))))


@fault("TENANT-3")
def contact_ids_of_the_first_lead_there(pipeline: Pipeline) -> None:
    """The drafts to a contact of the first organization are served to every key that names the contact."""
    _lead_to_the_first(pipeline, lambda scope: bool(_first(pipeline).contacts.get(query(scope).get("contactId", ""))))


@fault("TENANT-4")
def cursors_of_the_first_lead_there(pipeline: Pipeline) -> None:
    """A cursor that the first organization was given leads every key on in that organization's list."""

    def leads(scope: Scope) -> bool:
        after, first = position_asked(scope), _first(pipeline)
        stores = (first.contacts, first.lists, first.drafts, first.events)
        return after is not None and any(store.get(after.id) for store in stores)

    _lead_to_the_first(pipeline, leads)


@fault("TENANT-4")
def unreadable_cursors_lead_to_the_first(pipeline: Pipeline) -> None:
    """A cursor that cannot be read begins a new walk, in the organization that was there first."""
    decode, inner = pipeline.decode_cursor, pipeline.page
    beginning = Position(2**53, "")

    def decoded(text: str, caller: Caller) -> Position:
        try:
            return decode(text, caller)
        except ValueError:
            if caller.tenant is _first(pipeline):
                raise
            return beginning

    def page(caller: Caller, collection: str, filters: Mapping[str, str], after: Position | None, limit: int) -> Page:
        lost = after == beginning
        return inner(replace(caller, tenant=_first(pipeline)) if lost else caller, collection, filters, after, limit)

    pipeline.decode_cursor, pipeline.page = decoded, page


@fault("TENANT-5")
def header_leads_to_the_first(pipeline: Pipeline) -> None:
    """X-Organization-Id is honoured where it names the first organization."""
    _lead_to_the_first(
        pipeline, lambda scope: header(scope, b"x-organization-id") == _first(pipeline).organization.id.encode()
    )
