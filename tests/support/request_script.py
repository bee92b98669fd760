"""Requests that show nearly every fault: every operation, by all kinds of keys, methods, shapes, states, filters and
cursors."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any
from urllib.parse import quote, urlencode

from mockserver.api.body import TRAILERS
from mockserver.api.keys import PREFIX, ApiKey
from mockserver.app import Mock
from mockserver.tenants.tenant import Tenant
from spec import contract, operation_of
from tests.support.mock_client import FULL, KEYS, NEIGHBOUR, Client, scope_of
from tests.support.script_queries import LISTS, misspelt, queries, values_of

API = "/api/v1"
CONTACTS = 420


@dataclass(frozen=True)
class Request:
    """One request; without a key, `headers` may hold other credentials, and `trailer` the value of an Authorization trailer."""

    key: ApiKey | None
    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    trailer: str = ""

    @cached_property
    def scope(self) -> dict[str, Any]:
        """Its ASGI scope."""
        pairs = [(name.encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        if self.key is not None:
            pairs.append((b"authorization", b"Bearer " + self.key.secret.encode()))
        scope = scope_of(self.method, self.target.encode("latin-1"), pairs)
        return {**scope, TRAILERS: [(b"authorization", self.trailer.encode())]} if self.trailer else scope


def script(mock: Mock) -> Iterator[Request]:
    """The requests, made for the data of this mock."""
    own, theirs = (mock.state.tenants[key.organization_id] for key in (FULL, NEIGHBOUR))
    singles, foreign = _singles(own), _singles(theirs)
    lists = [f"{API}/{name}" for name in ("contacts", "lists", "drafts", "events")]
    yield from chain.from_iterable(map(_as_anybody, [f"{API}/me", *lists, *_one_of_each(singles)]))
    yield from chain.from_iterable(map(_of_any_shape, [f"{API}/me", *lists, *singles, *foreign]))
    yield from (Request(FULL, "GET", f"{API}/{path}") for path in _odd_paths())
    yield from (Request(FULL, "GET", path) for path in _misspelt_ids(_one_of_each(singles)))
    yield from (Request(None, "GET", path) for path in singles)
    for path in ("contacts/x", "contacts/x/research", "lists/x", "drafts/x"):
        yield Request(None, "GET", f"{API}/{path}", {"authorization": "Basic eDp4"})
        yield from (Request(key, "GET", f"{API}/{path}") for key in (None, KEYS["revoked"][0], KEYS["no_scope"][0]))
    yield Request(FULL, "GET", f"{API}/organizations/{NEIGHBOUR.organization_id}/contacts")
    for path in queries(own, theirs):
        yield Request(FULL, "GET", f"{API}/{path}")
        if path.count("=") == 1:
            yield from (Request(key, "GET", f"{API}/{path}") for key in (NEIGHBOUR, *KEYS["single_scope"]))
    yield from chain.from_iterable(_walks(mock, own))
    for path in lists:
        yield from (Request(FULL, "GET", f"{path}?cursor={cursor}") for cursor in _odd_cursors())
        yield from (Request(key, "GET", f"{path}?cursor=x") for key in KEYS["single_scope"])
        for key in (KEYS["no_scope"][0], KEYS["revoked"][0], None):
            yield from (
                Request(key, "GET", f"{path}?{query}")
                for query in ("limit=many", "limit=0", "listId=x&eventType=x&status=not-a-real-value")
            )
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        yield from (Request(FULL, method, path) for path in (f"{API}/me", f"{API}/nothing", *lists, *singles))
    yield Request(FULL, "GET", "/api-docs/openapi.json")
    yield from _of_two_organizations(f"{API}/contacts")
    yield from (Request(KEYS["no_scope"][0], "GET", path) for path in _one_of_each(foreign))
    yield from chain.from_iterable(_behind_a_cursor(mock, path) for path in lists)


def _singles(tenant: Tenant) -> list[str]:
    """Paths of an organization's resources, one in every state, and its research."""
    paths: dict[str, str] = {}
    for row in tenant.contacts.rows({}):
        contact = json.loads(row.single)
        researched = tenant.research.get(row.id) is not None
        paths[f"contact {researched} {contact['qualificationStatus']}"] = f"contacts/{row.id}"
        paths[f"research {researched} {contact['qualificationStatus']}"] = f"contacts/{row.id}/research"
        for member in ("email", "location", "qualificationScore", "listIds"):
            paths[f"{member} {bool(contact[member])}"] = f"contacts/{row.id}"
        paths[f"capitals {(contact['email'] or '').isupper()}"] = f"contacts/{row.id}"
    for row in tenant.lists.rows({"includeArchived": "1"}):
        paths[f"list {bool(json.loads(row.single)['archivedAt'])}"] = f"lists/{row.id}"
    for row in tenant.drafts.rows({}):
        paths[f"draft {json.loads(row.single)['status']}"] = f"drafts/{row.id}"
    return [f"{API}/{path}" for path in dict.fromkeys(paths.values())]


def _of_two_organizations(contacts: str) -> Iterator[Request]:
    """Requests that name two organizations, or two keys, and forms that only some checks know."""
    own, other = FULL.organization_id, NEIGHBOUR.organization_id
    without = KEYS["no_scope"][0]
    yield Request(FULL, "GET", f"{contacts}?organizationId={own}&organizationId={other}")
    yield Request(FULL, "GET", f"{contacts}?api_key={NEIGHBOUR.secret}")
    yield Request(FULL, "GET", f"{contacts}/../contacts/x")
    yield Request(FULL, "GET", f"{API}/nothing-here")
    yield Request(None, "POST", contacts, {"content-type": "application/json"})
    yield Request(None, "GET", contacts, {"accept": "text/html"})
    yield Request(NEIGHBOUR, "GET", contacts, {"x-organization-id": own})
    yield Request(NEIGHBOUR, "GET", f"{contacts}?cursor=nonsense")
    yield Request(without, "GET", f"{contacts}?limit=2&limit=3")
    yield from (Request(without, "GET", f"{API}/%{ord(name[0]):02x}{name[1:]}") for name in LISTS)


def _behind_a_cursor(mock: Mock, path: str) -> Iterator[Request]:
    """The second page, asked for by callers who would not be served the first."""
    target = f"{path}?cursor={quote(Client(mock, FULL).get(f'{path}?limit=1').json['nextCursor'])}"
    yield from (Request(key, "GET", target) for key in (None, KEYS["no_scope"][0], KEYS["revoked"][0]))
    yield Request(None, "GET", target, {"authorization": f"Bearer {PREFIX}{'0' * 32}"})


def _one_of_each(paths: list[str]) -> list[str]:
    return list({operation_of(path): path for path in paths}.values())


def _as_anybody(path: str) -> Iterator[Request]:
    """A path asked for with all kinds of credentials."""
    secret = FULL.secret
    keys = [*KEYS["single_scope"], *(KEYS[kind][0] for kind in ("no_scope", "revoked", "expired", "secondary")), None]
    for method in ("GET", "HEAD"):
        yield from (Request(key, method, path) for key in (*keys, KEYS["primary"][1]))
        unknown = [secret[:-1], secret + "x", secret[:30] + "A" * 11, secret.swapcase(), "obk_live_" + "0" * 32, ""]
        unknown += [
            f"{secret[:-1]}%{ord(secret[-1]):02X}",
            secret[:-1] + "*",
            secret[:-1] + "_",
            f"{secret},x",
            secret.removeprefix(PREFIX),
            secret.replace("live", "test", 1),
            f"x{secret[1:]}",
            f"{secret[:20]} {secret[20:]}",
            f"{secret}==",
            base64.b64encode(secret.encode()).decode(),
        ]
        dead = [f"bearer {KEYS[kind][0].secret}" for kind in ("revoked", "expired")]
        others = [
            f"bearer {secret}",
            f"Token {secret}",
            f"Bearer{secret}",
            f"Bearers {secret}",
            f"Bearer: {secret}",
            secret,
        ]
        for value in (*(f"Bearer {each}" for each in unknown), *dead, *others):
            yield Request(None, method, path, {"authorization": value})
        yield Request(None, method, f"{path}?access_token={secret}", {"authorization": f"Bearer {unknown[0]}"})
        for pair in (f"{secret}:", f"name:{secret}"):
            yield Request(None, method, path, {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"})
        yield Request(None, method, f"{path}?api_key={secret}")
        yield Request(None, method, path, {"cookie": f"key={secret}"})
        yield from (Request(None, method, path, {"x-api-key": value}) for value in (secret, f"Bearer {secret}"))
        yield Request(None, method, path, {"accept": "application/json"})
    yield Request(None, "GET", path, {"transfer-encoding": "chunked"}, trailer=f"Bearer {secret}")
    yield Request(None, "GET", path.replace("/v1/", "/v%31/"))
    yield Request(None, "GET", re.sub("(?<=/v1/)[a-z]+", lambda name: name[0].upper(), path))
    dated, part = ("if-modified-since", "Sun, 01 Nov 2026 08:00:00 GMT"), ("range", "bytes=0-99")
    internal = (("x-forwarded-for", "127.0.0.1"), ("x-original-url", "/health"))
    for name, value in (*internal, ("if-none-match", '"x"'), dated, part):
        yield from (Request(key, "GET", path, {name: value}) for key in (None, KEYS["no_scope"][0], KEYS["revoked"][0]))


def _of_any_shape(path: str) -> Iterator[Request]:
    """A path asked for by a full key in every method and shape, and with an organization's name beside it."""
    base, _, last = path.rpartition("/")
    organization = NEIGHBOUR.organization_id
    for method in ("GET", "HEAD"):
        yield Request(FULL, method, path)
        yield Request(FULL, method, f"{base}/%{ord(last[0]):02X}{last[1:]}")
        yield Request(FULL, method, f"{path}?limit=2&limit=3")
        yield Request(FULL, method, f"{path}/")
        yield from (Request(FULL, method, path, {"if-none-match": value}) for value in ('"x"', "x", "*"))
        yield Request(FULL, method, path, {"if-modified-since": "Sun, 01 Nov 2026 08:00:00 GMT"})
        yield Request(FULL, method, path, {"x-outbound-organization": organization})
        yield Request(FULL, method, path, {"x-organization-id": organization})
        yield Request(FULL, method, path, {"cookie": f"organizationId={organization}"})
        yield Request(FULL, method, f"{path}?organizationId={organization}")
        yield Request(NEIGHBOUR, method, path)
    yield Request(FULL, "PUT", path)


def _odd_paths() -> Iterator[str]:
    """Ids that nobody has, and odd ones."""
    for collection in ("contacts", "lists", "drafts"):
        for resource_id in ("x_unknown", "%00", "%ff", "x" * 300, str(10**24)):
            yield f"{collection}/{resource_id}"
            if collection == "contacts":
                yield f"{collection}/{resource_id}/research"
        yield f"{collection}/%F0%9F%98%80"
        yield from (f"{collection}/{name}" for name in ("-1", "constructor", "3d6f0b52-9c1e-4a7b-8f25-6e0d1c9a4b73"))
    yield from ("contacts?q=__proto__", "drafts?status=%00")
    yield from ("nothing/here", "nothing/here?x=1", "", "contacts?q", f"events?eventType={',a' * 60}")


def _misspelt_ids(paths: list[str]) -> Iterator[str]:
    for path in paths:
        end = "/research" if path.endswith("/research") else ""
        yield from (f"{wrong}{end}" for wrong in misspelt(path.removesuffix(end)))


def _walks(mock: Mock, own: Tenant) -> Iterator[Iterator[Request]]:
    """Walks to their ends: with remainders of one item, none and some, and filtered. Each cursor is used twice, and by others."""
    counts = {"contacts": CONTACTS, "lists": len(own.lists.rows({})), "drafts": len(own.drafts.rows({}))}
    asked = [f"{name}?limit={size}" for name, count in counts.items() for size in (count - 1, (count + 1) // 2)]
    asked += [
        "contacts?limit=200",
        "contacts?limit=1",
        "events?limit=70",
        "events?limit=40&eventType=draft.created,draft.sent,draft.opened,draft.clicked",
        "contacts",
        "drafts",
        "events",
        "lists?limit=20",
    ]
    for collection, operation_id in LISTS.items():
        for name in contract().operations[operation_id].filters:
            value = {"q": "a", "includeArchived": "1"}.get(name) or values_of(name, own, own)[0]
            asked += [f"{collection}?{urlencode({name: value, 'limit': size})}" for size in (2, 3)]
    for query in asked:
        yield _walk(mock, query.replace("limit=0", "limit=1"))


def _walk(mock: Mock, query: str, most: int = 6) -> Iterator[Request]:
    target = f"{API}/{query}"
    for _ in range(most):
        yield Request(FULL, "GET", target)
        yield Request(FULL, "GET", target)
        yield Request(NEIGHBOUR, "GET", target)
        cursor = Client(mock, FULL).get(target).json.get("nextCursor")
        if cursor is None:
            return
        target = f"{API}/{query}{'&' if '?' in query else '?'}cursor={quote(cursor)}"
        if "limit" not in query:
            yield Request(FULL, "GET", f"{target}&limit=201")


def _odd_cursors() -> Iterator[str]:
    yield "nonsense"
    yield "-1"
    contents: tuple[object, ...] = ({"nonsense": 1}, [], {"id": "x", "t": "yesterday"}, 5, {"id": 7, "t": "x"}, 10**29)
    contents += (None, {"id": "x", "t": "2026-05-01T08:00:00.000Z"}, {"id": "con_1", "t": "2026-13-01T08:00:00.000Z"})
    texts = [*(json.dumps(content).encode() for content in (*contents, {"id": "x", "t": 7})), b"id=x", b"\xff"]
    yield from (base64.urlsafe_b64encode(text).decode().rstrip("=") for text in texts)
