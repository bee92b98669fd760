"""Events on demand. The organization's data is changed first, so that it agrees with the event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mockserver.clock import milliseconds, utc
from mockserver.tenants.ids import stream
from mockserver.tenants.resource_types import Members, Resource
from mockserver.tenants.seed import names
from mockserver.tenants.seed.content import metadata_of, told
from mockserver.tenants.seed.organizations import SCORES, marker_of, person
from mockserver.tenants.tenant import Tenant
from spec import contract
from spec.misspelled import meant

EVENT_TYPES: tuple[str, ...] = tuple(contract().schema("Event")["properties"]["eventType"]["x-known-values"])

# Every other event has a body beyond ASCII. It exposes signatures that are not over the raw bytes.
_NOTES = ("Brought about by hand", "Zoë Łuczak: “où ça?” — 東京で 🚀, \u202bשלום\u202c")
_COLLECTIONS = {"contact": "contacts", "list": "lists", "draft": "drafts"}
# The statuses in which a draft is before the event.
_BEFORE: Mapping[str, Sequence[str]] = {"approved": ("draft", "pending_review"), "sent": ("approved", "scheduled")}
# The engagements that come before each kind of engagement, and the engagement itself.
_ENGAGEMENT: Mapping[str, Sequence[str]] = {
    "opened": ("sent", "delivered", "opened"),
    "clicked": ("sent", "delivered", "opened", "clicked"),
    "replied": ("sent", "delivered", "opened", "replied"),
    "bounced": ("sent", "bounced"),
}


def check_documented(event_type: str) -> None:
    """Raise ValueError if the documentation has no events of this type."""
    if event_type not in EVENT_TYPES:
        hint = meant(event_type, EVENT_TYPES)
        raise ValueError(f"eventType: the documentation names no {event_type}{hint} (with `undocumented` it happens)")


def happen(
    tenant: Tenant,
    now: float,
    event_type: str | None = None,
    data: Members | None = None,
    resource_id: str | None = None,
) -> Resource:
    """Change the data as an event reports it, log the event, and return it. `now` is in unix seconds.

    Without `event_type` the known types are used in turn; without `resource_id` the possible resources are used in turn, and one
    is made if there is none. Without `data` the event describes its resource, with a note that is in ASCII every other time.
    Raises ValueError if the type is not of contacts, lists or drafts, or if there is no resource with that id.
    """
    number = len(tenant.events)
    event_type = event_type or EVENT_TYPES[number % len(EVENT_TYPES)]
    kind, _, what = event_type.partition(".")
    if kind not in _COLLECTIONS:
        kinds = ", ".join(_COLLECTIONS)
        raise ValueError(
            f"eventType must begin with a kind of resource and a dot, such as {EVENT_TYPES[0]}; kinds: {kinds}"
        )
    resource = _Cause(tenant, now, number).do(kind, what, resource_id)
    facts = told(tenant, kind, resource) if number % 2 else {}  # it may be beyond ASCII
    told_of = {**facts, "note": _NOTES[number % 2]} if data is None else dict(data)
    return tenant.add_event(now, event_type, resource["id"], told_of)


def reported(tenant: Tenant, collection: str, before: Resource | None, after: Resource, now: float) -> list[Resource]:
    """Log the events of a resource that was added (`before` is None) or changed (now, in unix seconds), and return them."""
    kind = collection.removesuffix("s")
    types = [f"{kind}.{what}" for what in _what_happened(before, after)]
    return [
        tenant.add_event(now, event_type, after["id"], told(tenant, kind, after))
        for event_type in types
        if event_type in EVENT_TYPES
    ]


def _what_happened(before: Resource | None, after: Resource) -> Sequence[str]:
    if before is None:
        return ["created"]
    engaged = [each["type"] for each in after.get("engagement", ())[len(before.get("engagement", ())) :]]
    states = [after[name] for name in ("status", "qualificationStatus") if after.get(name) != before.get(name)]
    archived = ["archived"] if after.get("archivedAt") and not before.get("archivedAt") else []
    return list(dict.fromkeys([*archived, *engaged, *states]))


class _Cause:
    """Does what events report. `number` says whose turn it is."""

    def __init__(self, tenant: Tenant, now: float, number: int) -> None:
        self._tenant = tenant
        self._now = now
        self._number = number
        self._random = stream(tenant.organization.id, "event", number)

    def do(self, kind: str, what: str, resource_id: str | None) -> Resource:
        """The resource of an event of the type `kind.what`, as it is afterwards."""
        named = None if resource_id is None else self._named(kind, resource_id)
        if what == "created":
            return named or self._new(kind)
        if kind == "contact":
            return self._contact(what, named)
        if kind == "list":
            return self._list(what, named)
        return self._draft(what, named)

    def _contact(self, what: str, contact: Resource | None) -> Resource:
        if what != "qualified":
            return contact or self._next("contacts", {}) or self._new("contact")
        contact = contact or self._next("contacts", {"qualificationStatus": ("pending", "unqualified")})
        contact = contact or self._new("contact")
        score = self._random.randint(*SCORES["qualified"])
        return self._patch("contacts", contact, {"qualificationStatus": "qualified", "qualificationScore": score})

    def _list(self, what: str, contact_list: Resource | None) -> Resource:
        contact_list = contact_list or self._next("lists", {}) or self._new("list")
        return (
            contact_list if what != "archived" else self._patch("lists", contact_list, {"archivedAt": self._moment()})
        )

    def _draft(self, what: str, draft: Resource | None) -> Resource:
        if what not in (*_BEFORE, *_ENGAGEMENT):
            return draft or self._next("drafts", {}) or self._new("draft")
        before = _BEFORE.get(what, ("sent",))
        draft = draft or self._next("drafts", {"status": before}) or self._new("draft")
        if what in _BEFORE:
            return self._patch("drafts", draft, {"status": what})
        return self._patch("drafts", draft, self._engaged(draft, what))

    def _engaged(self, draft: Resource, what: str) -> Members:
        """The members of a draft whose message was engaged with, after all that comes before such an engagement."""
        *earlier, last = _ENGAGEMENT[what]
        done = draft["engagement"]
        had = {each["type"] for each in done}
        moment = max([self._moment(), *(each["occurredAt"] for each in done)], key=milliseconds)
        steps = [kind for kind in earlier if kind not in had]
        engagement = [
            *done,
            *(
                {"type": kind, "occurredAt": moment, "metadata": metadata_of(kind, self._random)}
                for kind in (*steps, last)
            ),
        ]
        answered = what in ("replied", "bounced")
        status = what if answered else draft["status"] if draft["status"] in ("sent", "replied") else "sent"
        return {"status": status, "engagement": engagement}

    def _new(self, kind: str) -> Resource:
        if kind == "contact":
            members = person(self._random, marker_of(self._tenant.organization), self._number)
        elif kind == "list":
            members = {"name": self._random.choice(names.LIST_NAMES).format(n=len(self._tenant.lists) + 1)}
        else:
            contact = self._next("contacts", {}) or self._new("contact")
            members = {"contactId": contact["id"], "subject": "Hello", "body": "Hello,\n\nmay we talk?"}
        return self._tenant.add(_COLLECTIONS[kind], members, self._now)

    def _next(self, collection: str, filters: Mapping[str, Sequence[str]]) -> Resource | None:
        """The next resource in turn among those with one of the values; None if there is none."""
        store = getattr(self._tenant, collection)
        rows = [row for name, values in filters.items() for value in values for row in store.rows({name: value})]
        rows = rows if filters else store.rows({})
        if not rows:
            return None
        found: Resource = store.read(rows[-1 - self._number % len(rows)].id)
        return found

    def _named(self, kind: str, resource_id: str) -> Resource:
        found: Resource | None = getattr(self._tenant, _COLLECTIONS[kind]).read(resource_id)
        if found is None:
            raise ValueError(f"resourceId: there is no {kind} with this id")
        return found

    def _patch(self, collection: str, resource: Resource, members: Members) -> Resource:
        changed = self._tenant.patch(collection, resource["id"], members, self._now)
        return changed or resource

    def _moment(self) -> str:
        return utc(int(self._now * 1000))
