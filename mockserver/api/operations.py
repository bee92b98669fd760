"""The nine operations: each a function of (pipeline, caller, parameters) that returns the body of a 200.

An operation is only ever handed the caller's own organization. It raises Refused for everything but a 200.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from mockserver.api.problems import Refused, invalid_cursor, not_found
from mockserver.api.response import json_bytes

if TYPE_CHECKING:
    from mockserver.api.authentication import Caller
    from mockserver.api.keys import ApiKey
    from mockserver.api.parameters import Parameters
    from mockserver.api.pipeline import Pipeline
    from mockserver.tenants.tenant import Organization


def get_me(_pipeline: Pipeline, caller: Caller, _parameters: Parameters) -> bytes:
    """The API key presented, without its secret, and the organization it belongs to."""
    return _me(caller.key, caller.tenant.organization)


def list_contacts(pipeline: Pipeline, caller: Caller, parameters: Parameters) -> bytes:
    """A page of contacts. Filters: listId, qualificationStatus, q."""
    return _page("contacts", pipeline, caller, parameters)


def get_contact(pipeline: Pipeline, caller: Caller, parameters: Parameters) -> bytes:
    """One contact."""
    return _single("contacts", pipeline, caller, parameters, "There is no contact with this id.")


def get_contact_research(pipeline: Pipeline, caller: Caller, parameters: Parameters) -> bytes:
    """The cached research dossier of a contact; 404 if none is cached."""
    return _single("research", pipeline, caller, parameters, "No research is cached for a contact with this id.")


def list_lists(pipeline: Pipeline, caller: Caller, parameters: Parameters) -> bytes:
    """A page of contact lists, archived ones only with includeArchived=1."""
    return _page("lists", pipeline, caller, parameters)


def get_list(pipeline: Pipeline, caller: Caller, parameters: Parameters) -> bytes:
    """One contact list, archived or not."""
    return _single("lists", pipeline, caller, parameters, "There is no list with this id.")


def list_drafts(pipeline: Pipeline, caller: Caller, parameters: Parameters) -> bytes:
    """A page of draft summaries. Filters: status, contactId."""
    return _page("drafts", pipeline, caller, parameters)


def get_draft(pipeline: Pipeline, caller: Caller, parameters: Parameters) -> bytes:
    """One draft with its full body and engagement timeline."""
    return _single("drafts", pipeline, caller, parameters, "There is no draft with this id.")


def list_events(pipeline: Pipeline, caller: Caller, parameters: Parameters) -> bytes:
    """A page of events. Filter: eventType, one or several separated by commas."""
    return _page("events", pipeline, caller, parameters)


OPERATIONS: Mapping[str, Callable[[Pipeline, Caller, Parameters], bytes]] = {
    "getMe": get_me,
    "listContacts": list_contacts,
    "getContact": get_contact,
    "getContactResearch": get_contact_research,
    "listLists": list_lists,
    "getList": get_list,
    "listDrafts": list_drafts,
    "getDraft": get_draft,
    "listEvents": list_events,
}
"""The handlers of the operations, by the operation ids of the OpenAPI document."""


def _page(collection: str, pipeline: Pipeline, caller: Caller, parameters: Parameters) -> bytes:
    """A page of the caller's contacts, lists, drafts or events (documentation, "Pagination")."""
    after = None
    if parameters.cursor is not None:
        try:
            after = pipeline.decode_cursor(parameters.cursor, caller)
        except ValueError as error:
            raise Refused(invalid_cursor()) from error
    page = pipeline.page(caller, collection, parameters.filters, after, parameters.limit)
    return pipeline.envelope(page.items, None if page.next is None else pipeline.encode_cursor(page.next, caller))


def _single(collection: str, pipeline: Pipeline, caller: Caller, parameters: Parameters, missing: str) -> bytes:
    """One resource of the caller. An id of another organization is refused like an unknown one, with `missing` as detail."""
    found = pipeline.single(caller, collection, parameters.path["id"])
    if found is None:
        raise Refused(not_found(missing))
    return found


@lru_cache(maxsize=1_024)
def _me(key: ApiKey, organization: Organization) -> bytes:
    """The body of `/me`. Keys and organizations are immutable: a key that is revoked is another object."""
    return json_bytes(
        {
            "apiKey": {
                "id": key.id,
                "name": key.name,
                "prefix": key.prefix,
                "scopes": key.scopes,
                "createdAt": _timestamp(key.created_at),
                "expiresAt": None if key.expires_at is None else _timestamp(key.expires_at),
            },
            "organization": {
                "id": organization.id,
                "name": organization.name,
                "createdAt": organization.created_at,
            },
        }
    )


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
