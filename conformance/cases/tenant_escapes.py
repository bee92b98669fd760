"""Requests that try to make a key act for another organization (TENANT-5): by parameter, header, path and repetition."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

import spec
from conformance.target.client import target

_PARAMETERS = (
    *("organizationId", "organization_id", "organization", "orgId", "org_id", "org"),
    *("tenantId", "tenant_id", "tenant", "accountId", "workspaceId", "ownerId"),
)
_HEADERS = (
    *("Organization-Id", "Organization", "Org-Id", "Tenant-Id", "Tenant", "Account-Id", "Forwarded-Organization"),
    *("Outbound-Organization", "Outbound-Organization-Id"),
)
# How much of a path messages show.
_TOLD = 80


@dataclass(frozen=True)
class Theirs:
    """What is known of the attacked organization: its id, and ids of its resources."""

    organization: str
    contact: str
    contact_list: str
    draft: str | None


@dataclass(frozen=True)
class Trick:
    """A request with a key that must not be served the data that it asks for. `reads`: the operation that may answer it."""

    path: str
    reads: str
    headers: tuple[tuple[str, str], ...] = ()
    method: str = "GET"

    def __str__(self) -> str:
        path = self.path if len(self.path) <= _TOLD else f"{self.path[:_TOLD]}…"
        return f"{self.method} {path}{' with their organization in headers and cookies' if self.headers else ''}"


def tricks(theirs: Theirs, own_contact: str, own_list: str) -> list[Trick]:
    """Every trick that asks for a contact, a list or the whole of the other organization; the rest is in `further_tricks`."""
    return [*_by_name(theirs), *_by_path(theirs, own_contact), *_by_repetition(theirs, own_list)]


def further_tricks(goal: Theirs) -> list[Trick]:
    """Headers and cookies alone, for servers that refuse unknown parameters; and requests by HEAD for single resources."""
    asked = _asked(goal)
    by_head = [row for row in asked if "{id}" in spec.contract().operations[row[1]].path]
    return [
        *(Trick(path, operation, _headers(goal)) for path, operation in asked),
        *(Trick(f"{path}?{_query(goal)}", operation, _headers(goal), "HEAD") for path, operation in by_head),
    ]


def _by_name(theirs: Theirs) -> list[Trick]:
    """Parameters, headers and cookies: some alone, for servers that refuse unknown parameters, and all at once on each path."""
    contacts = target("listContacts")
    return [
        Trick(f"{contacts}?{_PARAMETERS[0]}={quote(theirs.organization, safe='')}", "listContacts"),
        Trick(contacts, "listContacts", _headers(theirs)),
        *(Trick(f"{path}?{_query(theirs)}", operation, _headers(theirs)) for path, operation in _asked(theirs)),
    ]


def _query(theirs: Theirs) -> str:
    return urlencode(dict.fromkeys(_PARAMETERS, theirs.organization))


def _headers(theirs: Theirs) -> tuple[tuple[str, str], ...]:
    cookie = ("Cookie", "; ".join(f"{name}={theirs.organization}" for name in _PARAMETERS))
    return (*((name, theirs.organization) for plain in _HEADERS for name in (plain, f"X-{plain}")), cookie)


def _asked(theirs: Theirs) -> list[tuple[str, str]]:
    """The paths of all operations but the list of contacts, which has tricks of its own."""
    asked = [(target(operation), operation) for operation in ("getMe", "listLists", "listDrafts", "listEvents")]
    asked += [(target(operation, id=theirs.contact), operation) for operation in ("getContact", "getContactResearch")]
    asked.append((target("getList", id=theirs.contact_list), "getList"))
    return [*asked, *([(target("getDraft", id=theirs.draft), "getDraft")] if theirs.draft else [])]


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
        f"{contacts}/{contact}/",
        f"{contacts}/{contact};id={own}",
    ]
    return [Trick(path, "getContact") for path in paths]


def _by_repetition(theirs: Theirs, own: str) -> list[Trick]:
    path = target("listContacts")
    both = [("listId", own), ("listId", theirs.contact_list)]
    return [
        Trick(f"{path}?{urlencode(pairs)}", "listContacts")
        for pairs in (both, both[::-1], [("listId", f"{own},{theirs.contact_list}")])
    ]
