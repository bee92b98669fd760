"""Made-up organizations: the same arguments give the same ones. Their data is as awkward as the contract allows.

Organizations look alike, so that tests of isolation are strict: they share names, companies and times, and every tenth person
is the same. They share no id, and the data of each has its marker: the addresses of its contacts are under `<marker>.example`,
and lists, drafts, events and dossiers name the organization.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from random import Random

from mockserver.clock import utc
from mockserver.tenants.ids import identifier, stream
from mockserver.tenants.resource_types import Resource
from mockserver.tenants.seed import names
from mockserver.tenants.seed.content import add_activity
from mockserver.tenants.seed.timestamps import DAY, HOUR, moments
from mockserver.tenants.tenant import Organization, Tenant
from spec import contract

OnContactsMade = Callable[[int, int], None]
"""Called with the number of contacts made so far, and the number to make."""

_TOLD_AFTER = 10_000
_MANY = 20_000
_MOST_LISTS = 84
_ON_LISTS = (0, 0, 1, 1, 1, 1, 2, 2, 3, 5)
_SUFFIX = " Outreach"
SCORES = {"qualified": (70, 100), "disqualified": (0, 30)}
_SHARED_PERSON = 10
_ODD_CONTACT = 37
# Of so many contacts, one has an address with a plus.
_TAGGED = 20


@dataclass(frozen=True)
class _Setting:
    """The inputs for the resources of one organization. `now` is in milliseconds since 1970."""

    seed: int | str
    organization: str
    marker: str
    now: int

    def own(self, purpose: str) -> Random:
        """Randomness that no other organization shares."""
        return stream(self.seed, self.marker, purpose)

    def shared(self, purpose: str) -> Random:
        """Randomness that is the same for all organizations."""
        return stream(self.seed, purpose)


def seed(
    seed: int, organizations: int, contacts: int, now: float, progress: OnContactsMade = lambda _done, _of: None
) -> list[Tenant]:
    """This number of organizations with this number of contacts each, and with lists, drafts, events and research to match.

    All times lie before `now` (unix seconds). From 500 contacts on there are at least 60 unarchived lists, 300 drafts and 400
    events; fewer with fewer contacts, none without contacts. `progress` is called from time to time.
    """
    # Nothing that is made here is garbage, but the garbage collector would take a tenth of the time. Later collections would stop
    # all requests for up to a second, so the data is excluded from them.
    collects = gc.isenabled()
    gc.disable()
    try:
        return [
            _tenant(seed, number, contacts, int(now * 1000), _told(progress, number, organizations, contacts))
            for number in range(organizations)
        ]
    finally:
        if organizations * contacts >= _MANY:
            gc.freeze()
        if collects:
            gc.enable()


def made_up(label: str, name: str, contacts: int, now: float) -> Tenant:
    """One more organization of that name, with `contacts` contacts and what goes with them. Its ids follow from the label."""
    setting = _Setting(label, name, names.plain(name) or "organization", int(now * 1000))
    return _filled(setting, contacts, lambda contact: contact)


def _told(progress: OnContactsMade, number: int, organizations: int, contacts: int) -> Callable[[Resource], Resource]:
    """Passes on an organization's contacts, and calls `progress` at regular steps."""
    made = count(number * contacts + 1)

    def passed(contact: Resource) -> Resource:
        done = next(made)
        if done % _TOLD_AFTER == 0 or done == organizations * contacts:
            progress(done, organizations * contacts)
        return contact

    return passed


def _tenant(seed: int, number: int, contacts: int, now: int, told: Callable[[Resource], Resource]) -> Tenant:
    turn, at = divmod(number, len(names.ORGANIZATIONS))
    name = names.ORGANIZATIONS[at] + (f" {turn + 1}" if turn else "")
    setting = _Setting(seed, f"{name}{_SUFFIX}", names.plain(name), now)
    return _filled(setting, contacts, told)


def _filled(setting: _Setting, contacts: int, told: Callable[[Resource], Resource]) -> Tenant:
    """The organization of a setting, with all its data; `told` is given each contact, and passes it on."""
    now = setting.now
    created = utc(now - 800 * DAY)
    tenant = Tenant(Organization(identifier("org", setting.own("organization")), setting.organization, created))
    lists = list(_lists(setting, min(_MOST_LISTS, contacts // 5 + 2 if contacts else 0)))
    tenant.contacts.extend(map(told, _contacts(setting, contacts, [contact_list["id"] for contact_list in lists])))
    for contact_list in lists:
        contact_list["contactCount"] = tenant.contacts.count({"listId": contact_list["id"]})
    tenant.lists.extend(lists)
    add_activity(tenant, setting.own("activity"), setting.shared("activity"), setting.marker, now)
    return tenant


def _lists(setting: _Setting, count: int) -> Iterator[Resource]:
    """Lists, oldest first. A few are archived, among them some of the newest fifty."""
    random = setting.own("lists")
    times = moments(setting.shared("times of lists"), count, setting.now - 700 * DAY, setting.now - 2 * HOUR)
    for number, created in enumerate(times):
        archived = random.randrange(created, setting.now) if (count - number) % 16 == 4 else None
        description = random.choice(names.LIST_DESCRIPTIONS)
        yield {
            "id": identifier("lst", random),
            "name": names.LIST_NAMES[number % len(names.LIST_NAMES)].format(n=number + 1),
            "description": description and description.format(organization=setting.organization),
            "contactCount": 0,
            "archivedAt": None if archived is None else utc(archived),
            "createdAt": utc(created),
            "updatedAt": utc(random.randrange(archived or created, setting.now)),
        }


def _contacts(setting: _Setting, count: int, list_ids: list[str]) -> Iterator[Resource]:
    """Contacts, oldest first."""
    own, shared = setting.own("contacts"), setting.shared("persons")
    times = moments(setting.shared("times of contacts"), count, setting.now - 700 * DAY, setting.now - HOUR)
    statuses = contract().schema("Contact")["properties"]["qualificationStatus"]["x-known-values"]
    usable = list_ids[1:]
    written = lru_cache(maxsize=1)(utc)  # of every three contacts two were created at the same time as the one before
    for number, created in enumerate(times):
        personal = person(own if number % _SHARED_PERSON else shared, setting.marker, number)
        status = own.choice(statuses)
        scores = SCORES.get(status)
        contact = {
            "id": identifier("con", own),
            **personal,
            "qualificationStatus": status,
            "qualificationScore": own.randint(*scores) if scores else None,
            "listIds": _on_lists(own, usable),
            "createdAt": written(created),
            "updatedAt": utc(own.randrange(created, setting.now)),
        }
        if number % _ODD_CONTACT == _ODD_CONTACT // 5:
            contact |= names.CONTACT_ODDITIES[number // _ODD_CONTACT % len(names.CONTACT_ODDITIES)]
        yield contact


def _on_lists(random: Random, usable: Sequence[str]) -> Sequence[str]:
    """The ids of the lists that a contact is on, each once."""
    many = random.choice(_ON_LISTS) if usable else 0
    return list(dict.fromkeys([usable[int(random.random() * len(usable))] for _ in range(many)])) if many else []


def marker_of(organization: Organization) -> str:
    """The text that marks an organization's data: it is in the addresses of its contacts."""
    return names.plain(organization.name.removesuffix(_SUFFIX)) or "organization"


def person(random: Random, marker: str, number: int) -> Resource:
    """The personal half of a contact, without its id. The marker and the number show in its address."""
    first, last = random.choice(names.FIRST_NAMES), random.choice(names.LAST_NAMES)
    company = random.choice(names.COMPANIES)
    domain = f"{company.plain}.{marker}.example"
    distinction = f"{'+' * (number % _TAGGED == 1)}{number}" if number % 2 else ""
    email = f"{first.plain}.{last.plain}{distinction}@{domain}"
    return {
        "email": email.upper() if number % 29 == 0 else email,
        "firstName": first.shown,
        "lastName": last.shown,
        "title": random.choice(names.TITLES),
        "companyName": company.shown,
        "companyDomain": domain,
        "linkedinUrl": f"https://www.linkedin.com/in/{first.plain}-{last.plain}-{number}" if number % 3 else None,
        "location": random.choice(names.LOCATIONS) if number % 4 else None,
    }
