"""An organization's contacts, lists, drafts and events: read as the API serves them, added, changed and removed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from mockserver.control.bodies import Choice
from mockserver.control.call import Call, Handler, bad_input, chosen, missing
from mockserver.control.organizations import named_in_path
from mockserver.control.queries import PageQuery
from mockserver.tenants import cursor
from mockserver.tenants.collection import Page
from mockserver.tenants.resource_types import Resource
from mockserver.tenants.tenant import Tenant
from mockserver.webhooks.events import reported

COLLECTIONS: Mapping[str, str] = {"contacts": "contact", "lists": "list", "drafts": "draft", "events": "event"}
"""The collections, and what one of their resources is called."""


def _browse(collection: str, call: Call) -> bytes:
    asked = call.asked(PageQuery)
    filters = {name: str(value) for name, value in call.query.items() if name not in ("limit", "cursor")}
    try:
        after = None if asked.cursor is None else cursor.decode(asked.cursor)
    except ValueError:
        raise bad_input("cursor is malformed: pass a nextCursor as it was received.") from None
    page: Page = getattr(named_in_path(call), collection).page(filters, after, asked.limit)
    return call.world.pipeline.envelope(page.items, None if page.next is None else cursor.encode(page.next))


def _read(collection: str, call: Call) -> bytes:
    found = named_in_path(call).single(collection, call.path["resourceId"])
    if found is None:
        raise missing(COLLECTIONS[collection])
    return found


def _add(collection: str, call: Call) -> Mapping[str, object]:
    tenant = named_in_path(call)
    try:
        added = tenant.add(collection, call.body, call.now)
    except ValueError as error:
        raise bad_input(f"{error}.") from error
    _report(call, tenant, collection, None, added)
    return added


def _patch(collection: str, call: Call) -> Mapping[str, object]:
    tenant = named_in_path(call)
    before = getattr(tenant, collection).read(call.path["resourceId"])
    try:
        found = tenant.patch(collection, call.path["resourceId"], call.body, call.now)
    except ValueError as error:
        raise bad_input(f"{error}.") from error
    if found is None:
        raise missing(COLLECTIONS[collection])
    if collection != "events":
        _report(call, tenant, collection, before, found)
    return found


def _delete(collection: str, call: Call) -> None:
    if not named_in_path(call).delete(collection, call.path["resourceId"]):
        raise missing(COLLECTIONS[collection])


def _make_up_contact(call: Call) -> Mapping[str, object]:
    tenant = chosen(call, call.read(Choice).organization)
    number = len(tenant.contacts) + 1
    members = {
        "firstName": "Added",
        "lastName": f"Number {number}",
        "email": f"added.{number}@example.com",
        "companyName": "Control & Co.",
    }
    added = tenant.add("contacts", members, call.now)
    _report(call, tenant, "contacts", None, added)
    return added


def _report(call: Call, tenant: Tenant, collection: str, before: Resource | None, after: Resource) -> None:
    """Log and deliver the events of a change. An event that was added is delivered itself."""
    events = [after] if collection == "events" else reported(tenant, collection, before, after, call.now)
    for event in events:
        call.state.webhooks.publish(tenant.organization.id, event)


HANDLERS: Mapping[str, Handler] = {
    "makeUpContact": _make_up_contact,
    **{f"browse{collection.capitalize()}": partial(_browse, collection) for collection in COLLECTIONS},
    **{
        f"{verb}{one.capitalize()}": partial(handler, collection)
        for collection, one in COLLECTIONS.items()
        for verb, handler in (("read", _read), ("add", _add), ("patch", _patch), ("delete", _delete))
    },
}
