"""What the applications serve: two organizations with their resources, API keys of every kind, and a clock that tests move."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

SCOPES = ("contacts.read", "lists.read", "drafts.read", "events.read")
ERRORS = "https://outbound.ustack.ai/errors"
PER_MINUTE = 60
MINUTE = 60.0

_BEGIN = datetime(2026, 5, 1, 8, 0, 0, 250_000, tzinfo=UTC)
_NAMES = ("Ada Byron", "Zoé Lefèvre", "Jürgen Groß", "Mary Jackson", "Chidi Eze", "Sofía Núñez", "Aiko Mori")
_COMPANIES = ("Northwind", "Müller & Söhne", "Acme", "Globex", "Initech")
_QUALIFICATIONS = ("unqualified", "pending", "qualified", "disqualified")
_DRAFT_STATUSES = ("draft", "pending_review", "approved", "scheduled", "sent", "replied", "bounced", "rejected")

Resource = dict[str, Any]


@dataclass
class Clock:
    """The time of an application: the system's, moved on by tests."""

    moved: float = 0.0

    def now(self) -> float:
        """Unix seconds."""
        return time.time() + self.moved


CLOCK = Clock()


@dataclass
class Organization:
    """An organization with its resources, newest first; research stands by the id of its contact."""

    id: str
    name: str
    contacts: list[Resource] = field(default_factory=list)
    lists: list[Resource] = field(default_factory=list)
    drafts: list[Resource] = field(default_factory=list)
    events: list[Resource] = field(default_factory=list)
    research: dict[str, Resource] = field(default_factory=dict)


@dataclass(frozen=True)
class Key:
    """An API key. `alive` is False for one that was revoked or has expired."""

    secret: str
    id: str
    organization: Organization
    scopes: tuple[str, ...] = SCOPES
    alive: bool = True


def _moment(number: int) -> str:
    """Five neighbours share a moment, so that a cursor needs more than a time."""
    moment = _BEGIN + timedelta(minutes=number // 5)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _times(number: int) -> Resource:
    return {"createdAt": _moment(number), "updatedAt": _moment(number + 5)}


def contact(organization: Organization, number: int) -> Resource:
    """The contact of that number. Every seventh has a name alone, every third is on two lists."""
    first, last = _NAMES[number % len(_NAMES)].split()
    company = None if number % 7 == 0 else _COMPANIES[number % len(_COMPANIES)]
    lists = organization.lists[number % 5 :: 3][:2] if number % 3 else []
    return {
        "id": f"con_{organization.id[-1]}{number:05}",
        "email": None if number % 7 == 0 else f"{first}.{number}@example.com".lower(),
        "firstName": first,
        "lastName": last,
        "companyName": company,
        "qualificationStatus": _QUALIFICATIONS[number % 4],
        "qualificationScore": None if number % 4 == 0 else number % 101,
        "listIds": [item["id"] for item in lists],
        **_times(number),
    }


def _contact_list(organization: Organization, number: int) -> Resource:
    return {
        "id": f"lst_{organization.id[-1]}{number:05}",
        "name": f"List {number}",
        "description": None,
        "contactCount": 0,
        "archivedAt": _moment(number + 90) if number % 4 == 0 else None,
        **_times(number),
    }


def _draft(organization: Organization, number: int) -> Resource:
    status = _DRAFT_STATUSES[number % len(_DRAFT_STATUSES)]
    sent = _moment(number + 10) if status in ("sent", "replied", "bounced") else None
    last = status if status in ("replied", "bounced") else "delivered"
    engagement = [{"type": type_, "occurredAt": sent, "metadata": {}} for type_ in ("sent", last)] if sent else []
    return {
        "id": f"dft_{organization.id[-1]}{number:05}",
        "contactId": organization.contacts[number % 20]["id"],
        "channel": "email",
        "subject": f"Draft {number}",
        "status": status,
        "snippet": "Hello",
        "sentAt": sent,
        "body": f"Hello, this is draft {number}.",
        "engagement": engagement,
        **_times(number),
    }


def _event(organization: Organization, number: int, kind: str, resource: Resource) -> Resource:
    return {
        "id": f"evt_{organization.id[-1]}{number:05}",
        "eventType": f"{kind}.created",
        "resource": {"type": kind, "id": resource["id"]},
        "data": {},
        "createdAt": _moment(number),
    }


def _research(contact_id: str) -> Resource:
    section = {"title": "Why now", "content": "They are hiring.", "sources": ["https://example.com/careers"]}
    return {
        "contactId": contact_id,
        "level": "L4",
        "summary": f"What is known of {contact_id}.",
        "sections": [section],
        "generatedAt": _moment(0),
        "expiresAt": None,
    }


def _newest_first(resources: list[Resource]) -> list[Resource]:
    return sorted(resources, key=position, reverse=True)


def position(resource: Resource) -> tuple[str, str]:
    """Where a resource stands in its list."""
    return resource["createdAt"], resource["id"]


def _organization(id_: str, name: str, contacts: int) -> Organization:
    made = Organization(id_, name)
    made.lists = _newest_first([_contact_list(made, number) for number in range(12)])
    made.contacts = _newest_first([contact(made, number) for number in range(contacts)])
    made.drafts = _newest_first([_draft(made, number) for number in range(contacts // 3)])
    for each in made.lists:
        each["contactCount"] = sum(each["id"] in other["listIds"] for other in made.contacts)
    kinds = (("list", made.lists), ("contact", made.contacts), ("draft", made.drafts))
    sources = [(kind, resource) for kind, resources in kinds for resource in resources]
    made.events = _newest_first([_event(made, number, *source) for number, source in enumerate(sources)])
    made.research = {each["id"]: _research(each["id"]) for each in made.contacts[::9]}
    return made


def _secret(name: str) -> str:
    return f"obk_live_{name.replace('-', ''):x<32}"


def _keys() -> dict[str, Key]:
    primary, secondary = _organization("org_a", "Acme", 230), _organization("org_b", "Globex", 70)
    full = [(f"full-{n}", primary) for n in range(3)] + [(f"spare-{n}", primary) for n in range(4)]
    keys = {name: Key(_secret(name), f"key_{name}", owner) for name, owner in [*full, ("second", secondary)]}
    for scope in SCOPES:
        name = f"only-{scope.partition('.')[0]}"
        keys[name] = Key(_secret(name), f"key_{name}", primary, (scope,))
    keys["none"] = Key(_secret("none"), "key_none", primary, ())
    for name in ("revoked", "expired"):
        keys[name] = Key(_secret(name), f"key_{name}", primary, alive=False)
    return keys


KEYS = _keys()
BY_SECRET = {key.secret: key for key in KEYS.values()}
PRIMARY, SECONDARY = KEYS["full-0"].organization, KEYS["second"].organization


def me(key: Key) -> Resource:
    """What /me says of a key."""
    return {
        "apiKey": {"id": key.id, "name": key.id, "prefix": key.secret[:13], "scopes": list(key.scopes)},
        "organization": {"id": key.organization.id, "name": key.organization.name},
    }


def problem(status: int, kind: str, title: str, detail: str) -> Resource:
    """A body of application/problem+json."""
    return {"type": f"{ERRORS}/{kind}", "title": title, "status": status, "detail": detail}
