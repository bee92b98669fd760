"""Requests that try to make a key act for another organization (TENANT-5): by parameter, header, path and repetition."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import spec
from conformance.cases.dataset import Dataset
from conformance.checks import Violation, expect
from conformance.oracles.ownership import Identity, private
from conformance.target.client import NoAnswer, target
from conformance.target.exchange import Exchange

_PARAMETERS = (
    *("organizationId", "organization_id", "organization", "orgId", "org_id", "org"),
    *("tenantId", "tenant_id", "tenant", "accountId", "workspaceId", "ownerId"),
)
_HEADERS = (
    *("Organization-Id", "Organization", "Org-Id", "Tenant-Id", "Tenant", "Account-Id", "Forwarded-Organization"),
    *("Outbound-Organization", "Outbound-Organization-Id"),
)
# What the paths of other servers have before the name of an organization.
_PREFIXES = ("organizations", "orgs", "tenants", "accounts", "workspaces")
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
    """A request with a key that must not be served the data that it asks for. `reads`: the operation that may answer it.

    `plain` is the path of the same request without the trick.
    """

    path: str
    reads: str
    plain: str
    headers: tuple[tuple[str, str], ...] = ()
    method: str = "GET"

    @property
    def repeats(self) -> str:
        """The requirement that is broken if the request without the trick shows the same."""
        if self.reads == "getMe":
            return "OP-2"
        if self.reads not in spec.LIST_OPERATIONS:
            return "TENANT-2"
        return "TENANT-3" if "?" in self.plain else "TENANT-1"

    def __str__(self) -> str:
        path = self.path if len(self.path) <= _TOLD else f"{self.path[:_TOLD]}…"
        return f"{self.method} {path}{' with their organization in headers and cookies' if self.headers else ''}"


def tricks(theirs: Theirs, own_contact: str, own_list: str) -> list[Trick]:
    """Every trick that asks for a contact, a list or the whole of the other organization; the rest is in `further_tricks`."""
    return [*_by_name(theirs), *_by_path(theirs, own_contact), *_by_repetition(theirs, own_list)]


def further_tricks(goal: Theirs) -> list[Trick]:
    """Headers and cookies alone, for servers that refuse unknown parameters; HEAD for single resources; paths with a prefix."""
    asked = _asked(goal)
    by_head = [row for row in asked if "{id}" in spec.contract().operations[row[1]].path]
    return [
        *(Trick(path, operation, path, _headers(goal)) for path, operation in asked),
        *(Trick(f"{path}?{_query(goal)}", operation, path, _headers(goal), "HEAD") for path, operation in by_head),
        *_by_prefix(goal),
    ]


def show_nothing(trick: Trick, dataset: Dataset, theirs: frozenset[Identity]) -> None:
    """Expect a trick to show nothing of the other organization, and by HEAD not to find its resources.

    Raises Violation; it follows from another requirement if the request without the trick shows as much.
    """
    caller = dataset.caller
    leak = _leak(caller.send(trick.method, trick.path, headers=trick.headers), trick, theirs)
    if leak is None:
        return
    with suppress(NoAnswer):
        asked = f"{trick.method} {trick.plain} without a trick"
        plain = dataset.once(asked, lambda: caller.send(trick.method, trick.plain))
        if same := _leak(plain, trick, theirs):
            told = f"{same.message}, without the trick too: follows from {trick.repeats}"
            raise Violation(told, plain, follows=True)
    raise leak


def _leak(answer: Exchange, trick: Trick, theirs: frozenset[Identity]) -> Violation | None:
    try:
        private(answer, theirs, reads=trick.reads)
        found = answer.request.method == "HEAD" and 200 <= answer.status < 300
        expect(not found, "HEAD says that a foreign resource exists", answer)
    except Violation as leak:
        return leak
    return None


def _by_name(theirs: Theirs) -> list[Trick]:
    """Parameters, headers and cookies: some alone, for servers that refuse unknown parameters, and all at once on each path."""
    contacts = target("listContacts")
    return [
        Trick(f"{contacts}?{_PARAMETERS[0]}={quote(theirs.organization, safe='')}", "listContacts", contacts),
        Trick(contacts, "listContacts", contacts, _headers(theirs)),
        *(Trick(f"{path}?{_query(theirs)}", operation, path, _headers(theirs)) for path, operation in _asked(theirs)),
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
    return [Trick(path, "getContact", f"{contacts}/{contact}") for path in paths]


def _by_prefix(theirs: Theirs) -> list[Trick]:
    """Paths of the list of contacts below another organization."""
    contacts = target("listContacts")
    base, _, name = contacts.rpartition("/")
    organization = quote(theirs.organization, safe="")
    return [Trick(f"{base}/{prefix}/{organization}/{name}", "listContacts", contacts) for prefix in _PREFIXES]


def _by_repetition(theirs: Theirs, own: str) -> list[Trick]:
    path = target("listContacts")
    both = [("listId", own), ("listId", theirs.contact_list)]
    return [
        Trick(f"{path}?{urlencode(pairs)}", "listContacts", f"{path}?{urlencode(both[1:])}")
        for pairs in (both, both[::-1], [("listId", f"{own},{theirs.contact_list}")])
    ]
