"""A tenant: all data of one organization, kept consistent when it changes."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

import msgspec

from mockserver.tenants.collection import Collection
from mockserver.tenants.ids import identifier, stream
from mockserver.tenants.research import Dossiers
from mockserver.tenants.resource_types import CONTACTS, DRAFTS, EVENTS, LISTS, Members, Resource
from mockserver.tenants.validation import PREFIXES, SCHEMAS, checked_organization, completed, key_of, patched
from spec.misspelled import meant

_LOG = 10_000
"""How many events an organization without contacts keeps: several times what is seeded, and some megabytes."""


@dataclass(frozen=True, slots=True)
class Organization:
    """The owner of keys and data. `created_at` is RFC 3339 in UTC with milliseconds."""

    id: str
    name: str
    created_at: str


class Tenant:
    """One organization's data. Code that holds a tenant can reach this organization and no other.

    Dependent data is updated when a resource is put or removed: the contactCount of lists, the listIds of contacts, the drafts
    and the dossier of a contact. Events are a log, and stay.
    """

    # Collections refer to the tenant weakly, so that it is freed as soon as nothing else refers to it.
    __slots__ = ("__weakref__", "_random", "contacts", "drafts", "events", "lists", "organization", "research")

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.contacts = Collection(CONTACTS, self._contact_changed)
        self.lists = Collection(LISTS, self._list_changed)
        self.drafts = Collection(DRAFTS)
        self.events = Collection(EVENTS)
        self.research = Dossiers()
        self._random = stream(organization.id)

    def copy(self, label: str = "") -> Tenant:
        """An independent copy of the organization and its data.

        Both share their data until one of them changes, so a copy takes under a millisecond at any size. The same changes give
        the same ids in both, unless a label is given, from which new ids are derived.
        """
        twin = Tenant(self.organization)
        twin.contacts = self.contacts.copy(twin._contact_changed)
        twin.lists = self.lists.copy(twin._list_changed)
        twin.drafts = self.drafts.copy()
        twin.events = self.events.copy()
        twin.research = self.research.copy()
        twin._random.setstate(self._random.getstate())
        if label:
            twin.make_ids_of(label)
        return twin

    def make_ids_of(self, label: str) -> None:
        """From now on make ids that follow from a label, so that tenants with other labels make others."""
        self._random = stream(self.organization.id, label)

    def add_contact(self, now: float, **members: object) -> Resource:
        """Add a contact that is created now (unix seconds), and return it. No event is added."""
        return self.add("contacts", members, now)

    def add_event(self, now: float, event_type: str, resource_id: str, data: Resource) -> Resource:
        """Log an event of a resource that happens now (unix seconds), and return it.

        The kind of resource is the part of `event_type` before the dot.
        """
        resource = {"type": event_type.partition(".")[0], "id": resource_id}
        return self.add("events", {"eventType": event_type, "resource": resource, "data": data}, now)

    def add(self, collection: str, members: Members, now: float) -> Resource:
        """Add a resource to `contacts`, `lists`, `drafts`, `events` or `research`, and return it.

        `members` are those of the document's schema; one that is not given is null, empty, or follows from the others, an
        id is made up, and times are now (unix seconds). If the log of events has grown too long, the oldest events are removed.
        Raises ValueError, in one line, for what the schema does not allow, for an id that is taken, and for the id of a
        list or contact that does not exist. KeyError for an unknown collection.
        """
        resource = completed(collection, members, self._unused_id(collection), int(now * 1000))
        _check_unused(collection, resource, self._store(collection))
        self._put(collection, resource)
        if collection == "events":
            self._shorten_log()
        return resource

    def patch(self, collection: str, resource_id: str, members: Members, now: float) -> Resource | None:
        """Change members of a resource, and return it; None if there is none with that id.

        Its updatedAt moves to now (unix seconds). A dossier's id is its contact's. Raises ValueError as `add` does, and for
        another id or createdAt. KeyError for an unknown collection.
        """
        before = self.single(collection, resource_id)
        if before is None:
            return None
        resource = patched(collection, msgspec.json.decode(before), members, int(now * 1000))
        self._put(collection, resource)
        return resource

    def delete(self, collection: str, resource_id: str) -> bool:
        """Remove a resource; returns False if there is none with that id. A dossier's id is its contact's.

        If a contact is removed, its drafts and its dossier are removed, and its lists count one contact less. If a list is
        removed, its id is removed from its contacts.
        """
        return self._store(collection).remove(resource_id)

    def single(self, collection: str, resource_id: str) -> bytes | None:
        """One resource of a collection or of `research`, as JSON; None if there is none with that id."""
        return self._store(collection).get(resource_id)

    def export(self) -> dict[str, object]:
        """The organization and all its resources, oldest first, as msgspec encodes them: each resource is JSON already.

        `load` makes the same tenant from the encoded JSON object.
        """
        own = self.organization
        state: dict[str, object] = {"organization": {"id": own.id, "name": own.name, "createdAt": own.created_at}}
        for collection in SCHEMAS:
            state[collection] = list(map(msgspec.Raw, self._store(collection).singles()))
        return state

    @classmethod
    def load(cls, state: Mapping[str, object], now: float) -> Tenant:
        """The tenant of an exported state, or of one that was written by hand.

        Everything except the organization's name may be left out; `add` says what a resource may leave out. Raises
        ValueError, in one line that names the resource, for what `add` refuses, and for an unknown collection.
        """
        organization = checked_organization(state.get("organization"), int(now * 1000))
        tenant = cls(Organization(organization["id"], organization["name"], organization["createdAt"]))
        if unknown := state.keys() - SCHEMAS.keys() - {"organization"}:
            raise ValueError(f"{min(unknown)} is no collection{meant(min(unknown), ('organization', *SCHEMAS))}")
        for collection in SCHEMAS:
            tenant._load(collection, state.get(collection, ()), int(now * 1000))
        for row in tenant.lists.rows({"includeArchived": "1"}):
            tenant._recount(row.id)
        return tenant

    def _load(self, collection: str, resources: object, now: int) -> None:
        if not isinstance(resources, list | tuple):
            raise ValueError(f"{collection} must be an array")
        known: dict[str, Resource] = {}
        for number, members in enumerate(resources):
            try:
                resource = completed(collection, members, self._unused_id(collection), now)
                self._check_references(collection, resource)
                _check_unused(collection, resource, known)
            except ValueError as error:
                raise ValueError(f"{collection}.{number}: {error}") from error
            known[resource[key_of(collection)]] = resource
        self._store(collection).extend(known.values())

    def _store(self, collection: str) -> Collection | Dossiers:
        if collection not in SCHEMAS:
            raise KeyError(collection)
        store: Collection | Dossiers = getattr(self, collection)
        return store

    def _put(self, collection: str, resource: Resource) -> None:
        self._check_references(collection, resource)
        self._store(collection).put(resource)
        if collection == "lists":
            resource["contactCount"] = self.contacts.count({"listId": resource["id"]})

    def _check_references(self, collection: str, resource: Resource) -> None:
        """Raise ValueError for a reference to a list or a contact that does not exist."""
        list_ids = resource["listIds"] if collection == "contacts" else ()
        for list_id in list_ids:
            if self.lists.get(list_id) is None:
                raise ValueError(f"listIds: there is no list {list_id}")
        if len(set(list_ids)) < len(list_ids):
            raise ValueError("listIds names a list twice")
        if collection in ("drafts", "research") and self.contacts.get(resource["contactId"]) is None:
            raise ValueError(f"contactId: there is no contact {resource['contactId']}")

    def _unused_id(self, collection: str) -> str:
        """An id that no resource of the collection has; an organization that was loaded may have any."""
        if collection == "research":
            return ""
        while self.single(collection, new_id := identifier(PREFIXES[collection], self._random)) is not None:
            pass
        return new_id

    def _shorten_log(self) -> None:
        most = _LOG + len(self.contacts) // 5
        for row in self.events.rows({})[: max(0, len(self.events) - most)]:
            self.events.remove(row.id)

    def _contact_changed(self, before: Resource | None, after: Resource | None) -> None:
        was_on = set(before["listIds"]) if before else set()
        is_on = set(after["listIds"]) if after else set()
        for list_id in was_on ^ is_on:
            self._recount(list_id)
        if before and not after:
            self.research.remove(before["id"])
            for draft_id in [row.id for row in self.drafts.rows({"contactId": before["id"]})]:
                self.drafts.remove(draft_id)

    def _list_changed(self, before: Resource | None, after: Resource | None) -> None:
        if after:
            self._recount(after["id"])
        elif before:
            for contact_id in [row.id for row in self.contacts.rows({"listId": before["id"]})]:
                self._take_off(contact_id, before["id"])

    def _recount(self, list_id: str) -> None:
        count = self.contacts.count({"listId": list_id})
        contact_list = self.lists.read(list_id)
        if contact_list and contact_list["contactCount"] != count:
            self.lists.put({**contact_list, "contactCount": count})

    def _take_off(self, contact_id: str, list_id: str) -> None:
        contact = self.contacts.read(contact_id)
        if contact:
            self.contacts.put({**contact, "listIds": [other for other in contact["listIds"] if other != list_id]})


def _check_unused(collection: str, resource: Resource, known: Container[str]) -> None:
    """Raise ValueError for a resource whose id another one has."""
    name = key_of(collection)
    if resource[name] in known:
        raise ValueError(f"{name} is taken: {resource[name]}")
