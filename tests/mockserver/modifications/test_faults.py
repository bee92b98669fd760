"""The catalogues of faults and variants: well named, aimed at every must, and each of them makes a difference."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Callable, Iterator
from itertools import zip_longest
from random import Random
from typing import Any
from urllib.parse import quote

import pytest

import spec
from mockserver.api.authentication import CALLER, Caller
from mockserver.api.keys import ApiKey
from mockserver.api.pipeline import Pipeline
from mockserver.api.steps import default_pipeline
from mockserver.app import Mock
from mockserver.modifications import faults, variants
from mockserver.modifications.registry import Register
from mockserver.webhooks.delivery import Attempt, Delivery
from tests.support.mock_client import FULL, KEYS, NEIGHBOUR, START, Client, Response, new_mock

FAULTS = faults.all_faults()
LEVELS = {requirement.id: requirement.level for requirement in spec.requirements()}
MUSTS = [id_ for id_, level in LEVELS.items() if level == "must"]
FAMILIES = {name: fault.breaks[0].partition("-")[0] for name, fault in FAULTS.items()}

# What shows these is not in one request after the other.
ONLY_AT_ONCE = ("tenant-across-await",)
WRITING = ("OP-6",)


def test_every_name_is_kebab_case_and_leads_to_its_function() -> None:
    for catalogue in (faults, variants):
        for name in catalogue.names():
            modification = catalogue.named(name)
            function = modification.on_pipeline or modification.on_state
            assert re.fullmatch(r"[a-z]+(-[a-z]+|-[0-9]+)*", name)
            assert function
            assert function.__name__ == name.replace("-", "_")


def test_no_fault_is_named_like_a_variant() -> None:
    assert not set(faults.names()) & set(variants.names())


def test_two_of_one_name_are_refused() -> None:
    def same(pipeline: Pipeline) -> None:
        """Change nothing."""

    register = Register("fault")
    register.add(same, ("OP-1",))
    with pytest.raises(ValueError, match="two modifications are named same"):
        register.add(same, ("OP-1",))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_breaks_requirements_that_exist_and_says_how(name: str) -> None:
    fault = FAULTS[name]
    assert fault.breaks
    assert set(fault.breaks) <= set(LEVELS)
    assert len(set(fault.breaks)) == len(fault.breaks)
    assert fault.description


@pytest.mark.parametrize("name", variants.names())
def test_a_variant_bends_shoulds_alone_and_says_why(name: str) -> None:
    variant = variants.all_variants()[name]
    assert {LEVELS[id_] for id_ in variant.breaks} <= {"should"}
    assert variant.description


@pytest.mark.parametrize("requirement", LEVELS)
def test_at_least_one_fault_is_aimed_at_every_requirement(requirement: str) -> None:
    assert any(fault.breaks[0] == requirement for fault in FAULTS.values())


Request = tuple[ApiKey | None, str, str, dict[str, str]]
"""The key, method, target, headers."""


def script(mock: Mock) -> Iterator[Request]:
    """Requests to the unmodified mock that show one fault or another."""
    api, tenants = "/api/v1", mock.state.tenants
    own, theirs = (tenants[key.organization_id] for key in (FULL, NEIGHBOUR))
    contact = own.contacts.rows({})[-1].id
    replied = own.drafts.rows({"status": "replied"})[-1].id
    unnamed = next(row.id for row in own.contacts.rows({}) if not own.contacts.read(row.id)["location"])  # type: ignore[index] # it is there
    researched = [row.id for row in own.contacts.rows({}) if own.research.get(row.id)]
    popular = max(own.lists.rows({}), key=lambda row: len(own.contacts.rows({"listId": row.id}))).id
    singles = [f"contacts/{contact}", f"contacts/{unnamed}", f"drafts/{replied}", f"lists/{popular}"]
    singles += [f"contacts/{one}/research" for one in (*researched[:2], unnamed)]
    foreign = [
        *(f"{kind}/{getattr(theirs, kind).rows({})[-1].id}" for kind in ("contacts", "lists", "drafts")),
        f"contacts/{next(row.id for row in theirs.contacts.rows({}) if theirs.research.get(row.id))}/research",
    ]
    lists = ["me", "contacts", "lists", "drafts", "events"]
    for path in (*lists, *singles, *foreign, "contacts/con_unknown", "nothing/here"):
        yield FULL, "GET", f"{api}/{path}", {}
    for limit in ("1", "100", "200", "201", "0", "-1", "many", str(2**70)):
        yield FULL, "GET", f"{api}/contacts?limit={limit}", {}
    yield from ((FULL, "GET", f"{api}/{query}", {}) for query in _queries(mock, popular))
    for key in (*KEYS["single_scope"], *(KEYS[kind][0] for kind in ("no_scope", "revoked", "expired")), None):
        for path in (*lists, *singles, "contacts/con_unknown"):
            yield key, "GET", f"{api}/{path}", {}
        yield key, "GET", f"{api}/drafts?limit=many", {}
    yield FULL, "HEAD", f"{api}/contacts", {}
    yield None, "HEAD", f"{api}/contacts/{contact}", {}
    yield FULL, "PUT", f"{api}/contacts", {}
    yield FULL, "GET", "/api-docs/openapi.json", {}
    yield from _credentials()
    for path in (
        "contacts/%00",
        "contacts/%ff",
        f"contacts/{'x' * 300}",
        f"contacts/{10**24}",
        f"contacts?q={'x' * 2_000}",
        "contacts?q=a&q=b",
    ):
        yield FULL, "GET", f"{api}/{path}", {}


def _queries(mock: Mock, popular: str) -> list[str]:
    own, theirs = (mock.state.tenants[key.organization_id] for key in (FULL, NEIGHBOUR))
    writer = own.drafts.read(own.drafts.rows({})[0].id)
    assert writer
    person = own.contacts.read(own.contacts.rows({})[-1].id)
    assert person
    email = quote(person["email"])
    organization = theirs.organization.id
    return [
        f"contacts?listId={popular}",
        f"contacts?listId={popular}&qualificationStatus=qualified",
        f"contacts?listId={popular}&limit=1",
        *(f"contacts?qualificationStatus={status}" for status in ("qualified", "pending", "nonsense")),
        f"contacts?qualificationStatus=qualified&q={email}",
        *(f"contacts?q={text}" for text in (email, _second_word(mock), "nobody-at-all")),
        *(f"lists?includeArchived={value}" for value in "01"),
        *(f"drafts?status={status}" for status in ("sent", "nonsense")),
        f"drafts?contactId={writer['contactId']}",
        *(f"events?eventType={types}" for types in ("draft.sent", "draft.sent,contact.created", "nonsense")),
        f"contacts?listId={theirs.lists.rows({})[-1].id}",
        f"contacts?listId={popular}&listId={theirs.lists.rows({})[-1].id}",
        f"drafts?contactId={theirs.drafts.read(theirs.drafts.rows({})[0].id)['contactId']}",  # type: ignore[index] # it is there
        *(f"{kind}?organizationId={organization}" for kind in ("contacts", "drafts", "lists")),
        "lists?limit=0",
        "contacts?cursor=nonsense",
        f"contacts?cursor={_cursor({'nonsense': 1})}",
        f"contacts?cursor={_cursor([])}",
        f"contacts?cursor={_cursor({'id': 'x', 't': 'yesterday'})}",
        "contacts?cursor=-1",
    ]


def _cursor(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def _second_word(mock: Mock) -> str:
    """Of a company's name, where the address does not hold it."""
    contacts = mock.state.tenants[FULL.organization_id].contacts
    everyone = (contacts.read(row.id) or {} for row in contacts.rows({}))
    words = ((word, one["email"] or "") for one in everyone for word in (one["companyName"] or "").split()[1:])
    return next(quote(word) for word, email in words if word.lower() not in email.lower())


def _credentials() -> Iterator[Request]:
    secret = FULL.secret
    organization = NEIGHBOUR.organization_id
    path = "/api/v1/contacts?limit=2"
    values = [secret[:-1], secret + "x", secret[:30] + "A" * 11, secret.swapcase(), "obk_live_" + "0" * 32, ""]
    yield from ((None, "GET", path, {"authorization": f"Bearer {value}"}) for value in values)
    for scheme in ("bearer ", "Token ", ""):
        yield None, "GET", path, {"authorization": scheme + secret}
    for pair in (f"{secret}:", f"name:{secret}"):
        yield None, "GET", path, {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    yield None, "GET", "/api/v1/events", {"authorization": "Bearer nobody"}
    yield None, "GET", path, {"accept": "application/json"}
    yield None, "GET", f"{path}&api_key={secret}", {}
    yield None, "GET", path, {"cookie": f"key={secret}"}
    yield None, "GET", path, {"x_api_key": secret}
    yield FULL, "GET", path, {"x_organization_id": organization}
    yield FULL, "GET", path, {"cookie": f"organizationId={organization}"}
    yield NEIGHBOUR, "GET", path, {}
    yield NEIGHBOUR, "GET", "/api/v1/me", {}


def told(answer: Response) -> tuple[Any, ...]:
    return answer.status, sorted(answer.headers.items()), answer.body


def heard(mock: Mock, requests: list[Request]) -> Iterator[Any]:
    """What a mock answers to requests, and to who walks through its contacts."""
    for key, method, target, headers in requests:
        yield told(Client(mock, key).ask(method, target, b"", **headers))
    yield told(Client(mock, KEYS["primary"][1]).get("/api/v1/me"))
    yield from walks(mock)


def walks(mock: Mock) -> Iterator[Any]:
    for path in (
        "contacts?limit=200",
        "contacts?limit=50",
        "events?limit=30",
        "contacts?qualificationStatus=pending&limit=9",
    ):
        cursor = ""
        for _ in range(8):
            for _ in range(2):
                answer = Client(mock, FULL).get(f"/api/v1/{path}{cursor}")
                yield told(answer)
            page = answer.json if answer.status == 200 else {}
            following = page.get("nextCursor") if isinstance(page, dict) else None
            if not isinstance(following, str):
                break
            cursor = f"&cursor={quote(following)}"
            yield told(Client(mock, NEIGHBOUR).get(f"/api/v1/{path}{cursor}"))


def rated(mock: Mock) -> list[Any]:
    """What the limit of a key does to it and to others."""
    asks = [Client(mock, FULL), *(Client(mock, KEYS[kind][0]) for kind in ("primary", "secondary", "spare"))]
    answers = [told(asks[0].get("/api/v1/me")) for _ in range(122)]
    answers += [told(client.get("/api/v1/me")) for client in asks[1:]]
    answers.append(told(asks[0].get("/api/v1/contacts/con_unknown")))
    mock.state.clock.advance(31)
    return answers + [told(asks[0].get("/api/v1/contacts/con_unknown")) for _ in range(40)]


def delivered(mock: Mock) -> list[Any]:
    """What is sent to endpoints, and what the feed has of it."""
    hooks = mock.state.webhooks
    steps = hooks.steps
    own, other = mock.state.tenants.values()
    endpoints = [
        hooks.register(tenant.organization.id, f"http://127.0.0.1:1/{number}")
        for number, tenant in enumerate((own, own, other))
    ]
    event = own.add_event(START + 1, "contact.created", "con_1", {"note": "Zoë"})
    delivery = Delivery("dlv_1", endpoints[0].id, own.organization.id, event, START)
    first = steps.compose(steps, delivery, endpoints[0], START + 1)
    delivery.take_down(Attempt(START, first, 0.0, 500))
    second = steps.compose(steps, delivery, endpoints[0], START + 10)
    sent = [(one.method, sorted(one.headers.items()), one.body) for one in (first, second)]
    feed = mock.world.pipeline.page(Caller(FULL, own), "events", {}, None, 1)
    receivers = [one.id for one in steps.recipients(endpoints, own.organization.id)]
    return [*sent, [one.secret for one in endpoints], receivers, feed, steps.retry_delay(delivery, Random(1))]


Hear = Callable[[str | None], Iterator[Any]]


@pytest.fixture(scope="module")
def hear() -> Hear:
    """Hears a mock with a fault, or with none: the same mock for all, by a pipeline of its own, unless its data differs."""
    mock = new_mock(contacts=420)
    requests = list(script(mock))

    def hear(name: str | None) -> Iterator[Any]:
        if name and FAULTS[name].on_state:
            return heard(new_mock(contacts=420, modifications=[FAULTS[name]]), requests)
        mock.world.pipeline = default_pipeline(mock.state)
        if name:
            FAULTS[name].change_pipeline(mock.world.pipeline)
        mock.rewire()
        return heard(mock, requests)

    return hear


@pytest.fixture(scope="module")
def sound(hear: Hear) -> list[Any]:
    return list(hear(None))


def test_a_mock_without_a_fault_makes_no_difference(hear: Hear, sound: list[Any]) -> None:
    assert list(hear(None)) == sound


PLAIN = [
    name
    for name, family in FAMILIES.items()
    if family not in ("RATE", "HOOK")
    and name not in ONLY_AT_ONCE
    and FAULTS[name].breaks[0] not in (*WRITING, "PAGE-11")
]


@pytest.mark.parametrize("name", PLAIN)
def test_a_fault_shows(hear: Hear, sound: list[Any], name: str) -> None:
    assert any(said != expected for said, expected in zip_longest(hear(name), sound))


@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if family == "RATE"])
def test_a_fault_of_rates_shows(name: str) -> None:
    assert rated(new_mock(rate_limited=True, modifications=[faults.named(name)])) != rated(new_mock(rate_limited=True))


@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if family == "HOOK"])
def test_a_fault_of_deliveries_shows(name: str) -> None:
    assert delivered(new_mock(modifications=[faults.named(name)])) != delivered(new_mock())


@pytest.mark.parametrize("name", [name for name in FAULTS if FAULTS[name].breaks[0] in WRITING])
def test_a_fault_of_writes_shows(name: str) -> None:
    def written(mock: Mock) -> list[Any]:
        client = Client(mock, FULL)
        own = mock.state.tenants[FULL.organization_id]
        path = f"/api/v1/contacts/{own.contacts.rows({})[-1].id}"
        draft = f"/api/v1/drafts/{own.drafts.rows({'status': 'draft'})[-1].id}"
        asked = [("POST", f"/api/v1/{kind}") for kind in ("lists", "drafts", "events")]
        asked += [
            ("POST", f"{path}/research"),
            ("POST", "/api/v1/contacts"),
            ("GET", "/api/v1/contacts"),
            ("PATCH", path),
            ("GET", path),
        ]
        asked += [("DELETE", path), ("GET", path), ("PATCH", draft), ("GET", draft)]
        return [told(client.ask(method, target)) for method, target in asked]

    assert written(new_mock(modifications=[faults.named(name)])) != written(new_mock())


def test_an_offset_sees_an_item_twice_when_one_is_added() -> None:
    mock = new_mock(modifications=[faults.named("offset-cursors")])
    client = Client(mock, FULL)
    first = client.get("/api/v1/contacts?limit=5").json
    mock.state.tenants[FULL.organization_id].add_contact(START + 1)
    second = client.get(f"/api/v1/contacts?limit=5&cursor={first['nextCursor']}").json
    assert second["data"][0] == first["data"][-1]


def test_a_tenant_across_an_await_shows_under_concurrency_alone() -> None:
    mock = new_mock(modifications=[faults.named("tenant-across-await")])
    served = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        served.append(scope[CALLER].tenant is mock.state.tenants[scope[CALLER].key.organization_id])

    layer: Any = mock.world.pipeline.inner[-1](app)
    callers = [Caller(key, mock.state.tenants[key.organization_id]) for key in (FULL, NEIGHBOUR)]

    async def at_once() -> None:
        await asyncio.gather(*(layer({CALLER: caller}, None, None) for caller in callers))

    for caller in callers:
        asyncio.run(layer({CALLER: caller}, None, None))
    assert served == [True, True]
    asyncio.run(at_once())
    assert served[2:] == [False, True]


@pytest.mark.parametrize("name", [name for name in variants.names() if name != "slow-answers"])
def test_a_variant_serves(name: str) -> None:
    mock = new_mock(modifications=[variants.named(name)])
    key = next(key for key in mock.state.keys if key.kind == "primary")
    for operation in spec.contract().operations.values():
        if not operation.path_parameters:
            assert Client(mock, key).get(operation.path).status == 200
