"""The activity of an organization: drafts with their engagement, research, and the log of events."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from mockserver.clock import milliseconds, utc
from mockserver.tenants.collection import Collection
from mockserver.tenants.cursor import Position
from mockserver.tenants.ids import identifier
from mockserver.tenants.index import Row
from mockserver.tenants.resource_types import Members, Resource
from mockserver.tenants.seed import names
from mockserver.tenants.seed.timestamps import DAY, MINUTE, moments
from mockserver.tenants.tenant import Tenant
from mockserver.tenants.validation import snippet_of
from spec import contract

# What becomes of a message, by the draft's status. A status that is not here belongs to a message that was not sent.
_ENGAGEMENT: Mapping[str, Sequence[Sequence[str]]] = {
    "sent": (
        ("sent",),
        ("sent", "delivered"),
        ("sent", "delivered", "opened", "opened", "clicked", "opened"),
        ("sent", "delivered", "opened", "unsubscribed"),
    ),
    "replied": (("sent", "delivered", "opened", "clicked", "replied"),),
    "bounced": (("sent", "bounced"),),
}
_METADATA: Mapping[str, Members] = {
    "opened": {"userAgent": "Mozilla/5.0 (“quoted”; Ünïcode)", "proxied": True},
    "clicked": {"url": "https://docs.example/?a=1&b=%C3%A9#top", "position": 3},
    "bounced": {"code": 550, "reason": "5.1.1 <mailbox> unavailable"},
}

# The drafts and contacts that an event can be about, by filters of their collections. Other types can be about any.
_SUBJECTS: Mapping[str, Mapping[str, str]] = {
    "contact.qualified": {"qualificationStatus": "qualified"},
    "draft.approved": {"status": "approved"},
    "draft.sent": {"status": "sent"},
    "draft.opened": {"status": "replied"},
    "draft.clicked": {"status": "replied"},
    "draft.replied": {"status": "replied"},
    "draft.bounced": {"status": "bounced"},
}
# The members of its resource that an event has in its data, by the kind of resource.
_TOLD: Mapping[str, Sequence[str]] = {
    "contact": ("email", "companyName"),
    "list": ("name",),
    "draft": ("contactId", "subject"),
}


def add_activity(tenant: Tenant, own: Random, shared: Random, marker: str, now: int) -> None:
    """Give a tenant with contacts and lists its drafts, research and events. `now` is in milliseconds since 1970."""
    contacts = len(tenant.contacts)
    many = max(0, contacts - 1000) // 20
    times = moments(shared, min(300, -(-contacts * 3 // 5)) + many, now - 120 * DAY, now - 20 * MINUTE)
    tenant.drafts.extend(_drafts(tenant, own, marker, times, now))
    for row in tenant.contacts.rows({})[:: max(3, contacts // 333)]:
        tenant.research.put(dossier(tenant, own, row.id, marker, own.randrange(row.created_at_ms, now), now))
    times = moments(shared, min(400, -(-contacts * 4 // 5)) + many, now - 90 * DAY, now - MINUTE)
    tenant.events.extend(_events(tenant, own, times))


def _drafts(tenant: Tenant, random: Random, marker: str, times: Sequence[int], now: int) -> Iterator[Resource]:
    """Drafts, oldest first, in every status; the oldest contact gets more of them than others."""
    status_of = _all_of_them(contract().schema("DraftSummary")["properties"]["status"]["x-known-values"], random)
    contacts = tenant.contacts.rows({})
    for number, created in enumerate(times):
        known = _older(contacts, created)
        contact_id = contacts[0 if number % 12 == 0 else random.randrange(known)].id
        words = words_about(tenant, contact_id, marker)
        status = status_of(len(times) - number)
        body = "" if number % 31 == 30 else random.choice(names.BODIES).format_map(words)
        engagement = _engagement(random, status, created, now)
        latest = milliseconds(engagement[-1]["occurredAt"]) if engagement else created
        yield {
            "id": identifier("drf", random),
            "contactId": contact_id,
            "channel": "email",
            "subject": random.choice(names.SUBJECTS).format_map(words),
            "status": status,
            "snippet": snippet_of(body),
            "createdAt": utc(created),
            "updatedAt": utc(random.randrange(latest, now)),
            "sentAt": engagement[0]["occurredAt"] if engagement else None,
            "body": body,
            "engagement": engagement,
        }


def _engagement(random: Random, status: str, created: int, now: int) -> list[Resource]:
    """The engagement timeline of a draft in that status, oldest first."""
    types = random.choice(_ENGAGEMENT.get(status, ((),)))
    moments_of_it = sorted(random.randrange(created, now) for _ in types)
    return [
        {
            "type": kind,
            "occurredAt": utc(moment),
            "metadata": metadata_of(kind, random),
        }
        for kind, moment in zip(types, moments_of_it, strict=True)
    ]


def metadata_of(engagement: str, random: Random) -> Members:
    """The metadata of a type of engagement: the text of a reply, or what is fixed for the type."""
    return {"text": random.choice(names.REPLIES)} if engagement == "replied" else _METADATA.get(engagement, {})


def dossier(tenant: Tenant, random: Random, contact_id: str, marker: str, generated: int, now: int) -> Resource:
    """The research of a contact: one to all sections, some with sources, some that never expire. Times are in milliseconds."""
    words = words_about(tenant, contact_id, marker)
    findings = random.sample(names.FINDINGS, random.randint(1, len(names.FINDINGS)))
    return {
        "contactId": contact_id,
        "level": contract().schema("Research")["properties"]["level"]["x-known-values"][-1],
        "summary": "{first} of {company}, as seen by {organization}.".format_map(words),
        "sections": [
            {
                "title": title,
                "content": content.format_map(words),
                "sources": [f"https://news.example/{marker}/{n}?q=é&n={n}" for n in range(random.randint(0, 3))],
            }
            for title, content in findings
        ],
        "generatedAt": utc(generated),
        "expiresAt": utc(now + 30 * DAY) if random.random() < 0.5 else None,
    }


def _events(tenant: Tenant, random: Random, times: Sequence[int]) -> Iterator[Resource]:
    """Events, oldest first, of every type, each of a resource that existed at that time."""
    types = contract().schema("Event")["properties"]["eventType"]["x-known-values"]
    type_of = _all_of_them(types, random)
    collections = {"contact": tenant.contacts, "list": tenant.lists, "draft": tenant.drafts}
    pools = {event_type: _pool(tenant, event_type, collections) for event_type in types}
    for number, created in enumerate(times):
        event_type = type_of(len(times) - number)
        known = _older(pools[event_type], created)
        if not known:
            event_type = "contact.created"
            known = _older(pools[event_type], created)
        resource_id = pools[event_type][random.randrange(known)].id
        resource_type = event_type.partition(".")[0]
        resource = collections[resource_type].read(resource_id) or {}
        yield {
            "id": identifier("evt", random),
            "eventType": event_type,
            "resource": {"type": resource_type, "id": resource_id},
            "data": told(tenant, resource_type, resource) if number % 9 else {},
            "createdAt": utc(created),
        }


def told(tenant: Tenant, kind: str, resource: Resource) -> Resource:
    """What an event tells of a contact, list or draft (`kind`): the organization, and a member or two."""
    return {"organization": tenant.organization.name, **{member: resource[member] for member in _TOLD[kind]}}


def _pool(tenant: Tenant, event_type: str, collections: Mapping[str, Collection]) -> Sequence[Row | Position]:
    """The resources that an event of that type can be about, ordered by the earliest time of such an event."""
    if event_type == "list.archived":
        lists = filter(None, (tenant.lists.read(row.id) for row in tenant.lists.rows({"includeArchived": "1"})))
        return sorted(Position(milliseconds(each["archivedAt"]), each["id"]) for each in lists if each["archivedAt"])
    kind = event_type.partition(".")[0]
    return collections[kind].rows(_SUBJECTS.get(event_type, {"includeArchived": "1"} if kind == "list" else {}))


def _older(pool: Sequence[Row | Position], moment: int) -> int:
    """The number of resources of a pool that existed at a moment."""
    return bisect_left(pool, Position(moment + 1, ""))


def _all_of_them(values: Sequence[str], random: Random) -> Callable[[int], str]:
    """A function that chooses values at random so that each is chosen at least once. It gets the number of choices left."""
    return lambda remaining: values[remaining - 1] if remaining <= len(values) else random.choice(values)


def words_about(tenant: Tenant, contact_id: str, marker: str) -> dict[str, str]:
    """The words for the placeholders in texts to and about a contact."""
    contact = tenant.contacts.read(contact_id) or {}
    return {
        "first": contact.get("firstName") or "there",
        "company": contact.get("companyName") or "your company",
        "organization": tenant.organization.name,
        "marker": marker,
    }
