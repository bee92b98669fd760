"""Requests that try to talk a key into another organization (TENANT-5): by parameter, header, path and repetition."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

import spec
from conformance.target.client import target

_PARAMETERS = (
    *("organizationId", "organization_id", "organization", "orgId", "org_id", "org"),
    *("tenantId", "tenant_id", "tenant", "accountId", "workspaceId", "ownerId"),
)
_HEADERS = ("Organization-Id", "Organization", "Org-Id", "Tenant-Id", "Tenant", "Account-Id", "Forwarded-Organization")


@dataclass(frozen=True)
class Theirs:
    """What is known of the organization that a trick is after: its id, and ids of resources of its own."""

    organization: str
    contact: str
    contact_list: str
    draft: str | None


@dataclass(frozen=True)
class Trick:
    """A request to try with a key that must not be served what it is after. `reads`: whose answer it may draw."""

    path: str
    reads: str
    headers: tuple[tuple[str, str], ...] = ()


def tricks(theirs: Theirs, own_contact: str, own_list: str) -> list[Trick]:
    """Every trick, after a contact, a list or the whole of the other organization."""
    return [*_by_name(theirs), *_by_path(theirs, own_contact), *_by_repetition(theirs, own_list)]


def _by_name(theirs: Theirs) -> list[Trick]:
    """Parameters, headers and a cookie: one alone, for servers that refuse unknown parameters, and all at once everywhere."""
    contacts = target("listContacts")
    headers = tuple((name, theirs.organization) for plain in _HEADERS for name in (plain, f"X-{plain}"))
    cookie = ("Cookie", "; ".join(f"{name}={theirs.organization}" for name in _PARAMETERS))
    query = urlencode(dict.fromkeys(_PARAMETERS, theirs.organization))
    asked = [*((target(operation), operation) for operation in ("getMe", "listLists", "listDrafts", "listEvents"))]
    asked += [(target(operation, id=theirs.contact), operation) for operation in ("getContact", "getContactResearch")]
    asked.append((target("getList", id=theirs.contact_list), "getList"))
    asked += [(target("getDraft", id=theirs.draft), "getDraft")] if theirs.draft else []
    return [
        Trick(f"{contacts}?{_PARAMETERS[0]}={quote(theirs.organization, safe='')}", "listContacts"),
        Trick(contacts, "listContacts", headers),
        *(Trick(f"{path}?{query}", operation, (*headers, cookie)) for path, operation in asked),
    ]


def _by_path(theirs: Theirs, own: str) -> list[Trick]:
    contacts = spec.contract().operations["listContacts"].path
    base = contacts.rpartition("/")[0]
    contact, own = (quote(text, safe="") for text in (theirs.contact, own))
    paths = [
        f"{contacts}/../contacts/{contact}",
        f"{contacts}/{own}/%2e%2e/{contact}",
        f"{contacts}/{own}%2f..%2f{contact}",
        f"{base}//contacts/{contact}",
        f"{contacts}/{own}?id={contact}",
    ]
    return [Trick(path, "getContact") for path in paths]


def _by_repetition(theirs: Theirs, own: str) -> list[Trick]:
    path = target("listContacts")
    both = [("listId", own), ("listId", theirs.contact_list)]
    return [
        Trick(f"{path}?{urlencode(pairs)}", "listContacts")
        for pairs in (both, both[::-1], [("listId", f"{own},{theirs.contact_list}")])
    ]
