"""Requests that try to make a key act for another organization (TENANT-5): by parameter, header, path and repetition."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import spec
from conformance.cases.dataset import Dataset
from conformance.cases.forged_keys import PLACES, carriers, together
from conformance.checks import Violation, expect
from conformance.oracles.ownership import Identity, private
from conformance.target.client import NoAnswer, target
from conformance.target.exchange import Exchange

_PARAMETERS = (
    *("organizationId", "organization_id", "organization", "orgId", "org_id", "org"),
    *("tenantId", "tenant_id", "tenant", "accountId", "workspaceId", "ownerId"),
)
# A list that shows archived items, and a filter as JSON:API spells it, may be read by code of their own.
_WIDENING = {"includeArchived": "1"}
_NESTED = "filter[organizationId]"
_HEADERS = (
    *("Organization-Id", "Organization", "Org-Id", "Tenant-Id", "Tenant", "Account-Id", "Forwarded-Organization"),
    *("Outbound-Organization", "Outbound-Organization-Id", "Outbound-Org", "OpenAI-Organization"),
    *("Active-Organization", "Active-Organization-Id", "Workspace-Id", "Forwarded-Host"),
)
# What the paths of other servers have before the name of an organization.
_PREFIXES = ("organizations", "orgs", "tenants", "accounts", "workspaces")
# How much of a path messages show.
_TOLD = 80


@dataclass(frozen=True)
class Theirs:
    """What is known of the attacked organization: its id, a key of it, and ids of its resources, archived ones too."""

    organization: str
    key: str
    contact: str
    contact_list: str
    archived_list: str | None
    draft: str | None


@dataclass(frozen=True)
class Trick:
    """A request with a key that must not be served the data that it asks for. `reads`: the operation that may answer it.

    `plain` is the path of the same request without the trick, `told` what messages show instead of the trick's path.
    """

    path: str
    reads: str
    plain: str
    headers: tuple[tuple[str, str], ...] = ()
    method: str = "GET"
    told: str = ""

    @property
    def repeats(self) -> str:
        """The requirement that is broken if the request without the trick shows the same."""
        if self.reads == "getMe":
            return "OP-2"
        if self.reads not in spec.LIST_OPERATIONS:
            return "TENANT-2"
        return "TENANT-3" if "?" in self.plain else "TENANT-1"

    def __str__(self) -> str:
        if self.told:
            return f"{self.method} {self.plain} with {self.told}"
        path = self.path if len(self.path) <= _TOLD else f"{self.path[:_TOLD]}…"
        return f"{self.method} {path}{' with their organization in headers and cookies' if self.headers else ''}"


def tricks(theirs: Theirs, own_contact: str, own_list: str) -> list[Trick]:
    """Every trick that asks for a contact, a list or the whole of the other organization; the rest is in `further_tricks`."""
    return [*_by_name(theirs), *_by_path(theirs, own_contact), *_by_repetition(theirs, own_list)]


def further_tricks(goal: Theirs, dataset: Dataset) -> list[Trick]:
    """Headers and cookies alone, for servers that refuse unknown parameters; HEAD for single resources; paths with a prefix.

    Then each parameter given twice, and a second key in another place.
    """
    asked = _asked(goal)
    by_head = [row for row in asked if "{id}" in spec.contract().operations[row[1]].path]
    return [
        *(Trick(path, operation, path, _headers(goal)) for path, operation in asked),
        *(Trick(f"{path}?{_query(goal)}", operation, path, _headers(goal), "HEAD") for path, operation in by_head),
        *_by_prefix(goal),
        *_by_both(goal.organization, dataset.organization()),
        *_by_key(goal.key),
    ]


def tricks_in_return(theirs: Theirs, own_contact: str, own_list: str) -> list[Trick]:
    """One of each kind of trick, in its plainest form."""
    by_name, by_path = _by_name(theirs), _by_path(theirs, own_contact)
    return [*by_name[:2], by_name[-1], by_path[0], _by_repetition(theirs, own_list)[0]]


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
    return urlencode({**dict.fromkeys((*_PARAMETERS, _NESTED), theirs.organization), **_WIDENING})


def _headers(theirs: Theirs) -> tuple[tuple[str, str], ...]:
    cookie = ("Cookie", "; ".join(f"{name}={theirs.organization}" for name in _PARAMETERS))
    return (*((name, theirs.organization) for plain in _HEADERS for name in (plain, f"X-{plain}")), cookie)


def _asked(theirs: Theirs) -> list[tuple[str, str]]:
    """The paths of all operations but the list of contacts, which has tricks of its own."""
    asked = [(target(operation), operation) for operation in ("getMe", "listLists", "listDrafts", "listEvents")]
    asked += [(target(operation, id=theirs.contact), operation) for operation in ("getContact", "getContactResearch")]
    ids = {"getList": [theirs.contact_list, theirs.archived_list], "getDraft": [theirs.draft]}
    asked += [(target(operation, id=id_), operation) for operation, some in ids.items() for id_ in some if id_]
    return asked


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


def _by_both(theirs: str, own: str) -> list[Trick]:
    """Each parameter twice, with one's own organization first or last."""
    contacts = target("listContacts")
    both = [(own, theirs), (theirs, own)]
    queries = [urlencode(dict.fromkeys(_PARAMETERS, values), doseq=True) for values in both]
    return [Trick(f"{contacts}?{query}", "listContacts", contacts) for query in queries]


def _by_key(key: str) -> list[Trick]:
    """A key of the other organization in each place where no key counts, beside one's own in the right place."""
    contacts = target("listContacts")
    parts = [together(carriers(place, key)) for place in PLACES]
    paths = [f"{contacts}?{urlencode(part.query)}" if part.query else contacts for part in parts]
    return [
        Trick(path, "listContacts", contacts, tuple(part.headers), told=f"a key of theirs in {place}")
        for path, place, part in zip(paths, ("the query", "cookies", "headers"), parts, strict=True)
    ]


def _by_repetition(theirs: Theirs, own: str) -> list[Trick]:
    path = target("listContacts")
    both = [("listId", own), ("listId", theirs.contact_list)]
    return [
        Trick(f"{path}?{urlencode(pairs)}", "listContacts", f"{path}?{urlencode(both[1:])}")
        for pairs in (both, both[::-1], [("listId", f"{own},{theirs.contact_list}")])
    ]
