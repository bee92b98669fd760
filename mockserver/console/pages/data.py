"""The data browser: pages and searches an organization's contacts, lists, drafts and events, and edits each as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

from mockserver.console.notices import Notice
from mockserver.console.rendering import json_text
from mockserver.console.visit import Gone, Route, Visit, objection
from mockserver.tenants import cursor
from mockserver.tenants.resource_types import Resource
from spec import contract

if TYPE_CHECKING:
    from mockserver.tenants.collection import Collection

PATH = "/data"

KINDS: Mapping[str, tuple[str, ...]] = {
    "contacts": ("name", "email", "qualificationStatus", "createdAt", "id"),
    "lists": ("name", "contactCount", "archivedAt", "createdAt", "id"),
    "drafts": ("subject", "status", "contactId", "createdAt", "id"),
    "events": ("eventType", "resource", "createdAt", "id"),
}
"""The collections, and the members that the browser shows of each resource. The first one is its name."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    "contacts": ("firstName", "lastName", "email", "title", "companyName", "qualificationStatus"),
    "lists": ("name", "description"),
    "drafts": ("contactId", "subject", "body", "status"),
    "events": (),
}
"""The members that have a field of their own in the form."""

EXAMPLES: Mapping[str, Resource] = {
    "contacts": {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.com", "companyName": "Analytical"},
    "lists": {"name": "Key accounts", "description": None},
    "drafts": {"contactId": "", "subject": "Hello", "body": "Hello,\n\n…"},
    "events": {"eventType": "contact.created", "resource": {"type": "contact", "id": ""}, "data": {}},
}
"""The members with which the form of a new resource begins."""


async def _first(visit: Visit) -> Response:
    return visit.redirect(f"{PATH}/contacts", organization=visit.query["organization"])


async def _list(visit: Visit) -> Response:
    kind, collection = _collection(visit)
    operation = contract().operations[_operation(kind)]
    filters = {name: visit.query.text(name) for name in operation.filters}
    try:
        after = cursor.decode(visit.query["cursor"]) if visit.query["cursor"] else None
    except ValueError:
        after = None
    asked = {name: value for name, value in filters.items() if value}
    page = collection.page(asked, after, contract().page_size.default)
    return visit.page(
        "data.html",
        tenant=visit.tenant,
        kind=kind,
        kinds=KINDS,
        columns=KINDS[kind],
        rows=[_row(kind, msgspec.json.decode(item)) for item in page.items],
        total=len(collection),
        parameters=[each for each in operation.parameters if each.name in operation.filters],
        filters=filters,
        known=_known(operation.filters),
        following=cursor.encode(page.next) if page.next else None,
        beyond_first=after is not None,
    )


async def _detail(visit: Visit) -> Response:
    return _resource_page(visit)


async def _new(visit: Visit) -> Response:
    return _resource_page(visit, new=True)


async def _add(visit: Visit) -> Response:
    kind, _ = _collection(visit)
    try:
        members = _given(visit, {})
    except ValueError as error:
        return _resource_page(visit, str(error), new=True)
    status, answer = await visit.call("POST", _control_path(visit, kind), members)
    if status >= 400:
        return _resource_page(visit, objection(answer), new=True)
    return visit.redirect(f"{PATH}/{kind}/{answer['id']}", Notice("Added."), organization=_own(visit))


async def _edit(visit: Visit) -> Response:
    kind, _ = _collection(visit)
    before = _resource(visit)
    try:
        members = _given(visit, before)
    except ValueError as error:
        return _resource_page(visit, str(error))
    changed = {name: value for name, value in members.items() if name not in before or before[name] != value}
    changed |= {name: None for name in before if name not in members}
    status, answer = await visit.call("PATCH", _control_path(visit, kind, before["id"]), changed)
    if status >= 400:
        return _resource_page(visit, objection(answer))
    return visit.redirect(f"{PATH}/{kind}/{before['id']}", Notice("Saved."), organization=_own(visit))


async def _delete(visit: Visit) -> Response:
    kind, _ = _collection(visit)
    path = _control_path(visit, kind, visit.parameters["id"])
    return await visit.change("DELETE", path, None, f"{PATH}/{kind}", "Deleted.", organization=_own(visit))


def _resource_page(visit: Visit, error: str | None = None, *, new: bool = False) -> Response:
    kind, _ = _collection(visit)
    resource = EXAMPLES[kind] if new else _resource(visit)
    return visit.page(
        "resource.html",
        400 if error else 200,
        tenant=visit.tenant,
        kind=kind,
        new=new,
        resource=resource,
        title=f"New {kind[:-1]}" if new else _title(kind, resource),
        text=visit.form["json"] or json_text(resource),
        research=None if new or kind != "contacts" else visit.tenant.research.get(resource["id"]),
        about=None if new or kind != "events" else _about(resource),
        error=error,
        fields=() if kind == "events" and not new else FIELDS[kind],
        known=_known(FIELDS[kind]),
    )


def _collection(visit: Visit) -> tuple[str, Collection]:
    """The kind that the path names, and the organization's collection of it. Raises Gone."""
    kind = visit.parameters["kind"]
    if kind not in KINDS:
        raise Gone("There is no such kind of data.")
    found: Collection = getattr(visit.tenant, kind)
    return kind, found


def _resource(visit: Visit) -> Resource:
    found = _collection(visit)[1].read(visit.parameters["id"])
    if found is None:
        raise Gone("This organization holds nothing of that id, or not any more.")
    return found


def _given(visit: Visit, before: Resource) -> Resource:
    """The members that were typed: a resource as JSON, or its common fields together with the members that it already has.

    An empty field means null; in a new resource it is left out. Raises ValueError, in one line.
    """
    fields = visit.form.starting("field.")
    if not fields:
        return _members(visit.form["json"])
    typed = {name: text.replace("\r\n", "\n") for name, text in fields.items() if text or before.get(name)}
    return {**before, **{name: text or None for name, text in typed.items()}}


def _members(text: str) -> Resource:
    """The JSON object that was typed. Raises ValueError, in one line."""
    try:
        return msgspec.json.decode(text, type=Resource)
    except RecursionError:
        raise ValueError("This is nested too deeply.") from None
    except ValueError as error:
        raise ValueError(f"This is no JSON object: {error}.") from None


def _row(kind: str, resource: Resource) -> list[tuple[str, object]]:
    return [(column, _cell(kind, column, resource)) for column in KINDS[kind]]


def _cell(kind: str, column: str, resource: Resource) -> object:
    if column == KINDS[kind][0]:
        return _title(kind, resource)
    if column == "resource":
        return resource["resource"].get("id")
    return resource.get(column)


def _title(kind: str, resource: Resource) -> str:
    if kind == "contacts":
        return " ".join(resource[name] for name in ("firstName", "lastName") if resource.get(name)) or "No name"
    member = {"lists": "name", "drafts": "subject", "events": "eventType"}[kind]
    return str(resource.get(member) or resource["id"])


def _about(event: Resource) -> str | None:
    """The path of the resource that an event is about, below that of the data; None for a type that is not shown here."""
    about = event.get("resource") or {}
    kind = f"{about.get('type')}s"
    return f"{kind}/{about.get('id')}" if kind in KINDS else None


def _known(filters: tuple[str, ...]) -> Mapping[str, list[str]]:
    """The documented values of filters that have some."""
    schemas = {"qualificationStatus": "Contact", "status": "DraftSummary", "eventType": "Event"}
    return {
        name: contract().schema(schemas[name])["properties"][name].get("x-known-values", [])
        for name in filters
        if name in schemas
    }


def _operation(kind: str) -> str:
    return f"list{kind.capitalize()}"


def _own(visit: Visit) -> str:
    return visit.tenant.organization.id


def _control_path(visit: Visit, kind: str, resource_id: str = "") -> str:
    return f"/_mock/organizations/{_own(visit)}/{kind}" + (f"/{resource_id}" if resource_id else "")


ROUTES = (
    Route("GET", PATH, _first),
    Route("GET", f"{PATH}/{{kind}}", _list),
    Route("POST", f"{PATH}/{{kind}}", _add),
    Route("GET", f"{PATH}/{{kind}}/new", _new),
    Route("GET", f"{PATH}/{{kind}}/{{id}}", _detail),
    Route("POST", f"{PATH}/{{kind}}/{{id}}", _edit),
    Route("POST", f"{PATH}/{{kind}}/{{id}}/delete", _delete),
)
