"""The catalogues of faults and variants: well named, aimed at every must, and each of them makes a difference."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import pytest

import spec
from mockserver.api.authentication import CALLER, Caller
from mockserver.api.pipeline import Pipeline
from mockserver.app import Mock
from mockserver.modifications import faults, variants
from mockserver.modifications.registry import Modification, Register
from mockserver.webhooks.delivery import Delivery, DeliveryAttempt
from tests.support.mock_client import FULL, KEYS, NEIGHBOUR, START, Client, Response, changing, new_mock
from tests.support.telling_requests import shows

FAULTS = faults.all_faults()
LEVELS = {requirement.id: requirement.level for requirement in spec.requirements()}
MUSTS = [id_ for id_, level in LEVELS.items() if level == "must"]
FAMILIES = {name: fault.breaks[0].partition("-")[0] for name, fault in FAULTS.items()}

# Requests that are sent one after the other do not show these.
ONLY_AT_ONCE = (
    "tenant-across-await",
    "events-across-await",
    "singles-across-await",
    "cursor-across-await",
    "resource-across-await",
)
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


def told(answer: Response) -> tuple[Any, ...]:
    return answer.status, sorted(answer.headers.items()), answer.body


def rated(mock: Mock) -> list[Any]:
    """The effect of a key's limit on this key and on others."""
    asks = [
        Client(mock, FULL),
        *(Client(mock, KEYS[kind][0]) for kind in ("primary", "secondary", "spare", "single_scope")),
    ]
    answers = [told(asks[0].get("/api/v1/me")) for _ in range(122)]
    answers += [told(client.get("/api/v1/me")) for client in asks[1:]]
    answers += [told(asks[0].get(f"/api/v1/contacts{odd}")) for odd in ("/con_unknown", "?limit=many")]
    validator = asks[0].get("/api/v1/me").headers.get("etag", "*")
    answers += [told(asks[0].get("/api/v1/me", if_none_match=validator))]
    answers += [told(asks[0].ask("HEAD", "/api/v1/me")), told(asks[0].get("/api/v1/me", if_none_match="*"))]
    for credentials in (f"bearer {FULL.secret}", "Bearer nobody's", f"Bearer {FULL.secret}"):
        answers.append(told(asks[0].get("/api/v1/me", authorization=credentials)))
    answers.append(told(asks[0].get("/api/v1/me", x_forwarded_for="192.0.2.7")))
    mock.state.clock.advance(31)
    return answers + [told(asks[0].get("/api/v1/contacts/con_unknown")) for _ in range(40)]


def delivered(mock: Mock) -> list[Any]:
    """The requests to endpoints, and the feed's entries about them."""
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
    delivery.add_attempt(DeliveryAttempt(START, first, 0.0, 500))
    second = steps.compose(steps, delivery, endpoints[0], START + 10)
    sent = [(one.method, sorted(one.headers.items()), one.body) for one in (first, second)]
    feed = mock.world.pipeline.page(Caller(FULL, own), "events", {}, None, 1)
    receivers = [one.id for one in steps.recipients(endpoints, own.organization.id, event)]
    return [*sent, [one.secret for one in endpoints], receivers, feed, steps.retry_delay(delivery, Random(1))]


def written(mock: Mock) -> list[Any]:
    """The answers to requests that write, and what is read in between."""
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
    lists = own.lists.rows({"includeArchived": "1"})
    archived = next(row.id for row in lists if json.loads(row.single)["archivedAt"])
    asked.append(("DELETE", f"/api/v1/lists/{archived}"))
    unresearched = next(row.id for row in own.contacts.rows({}) if own.research.get(row.id) is None)
    asked.append(("POST", f"/api/v1/contacts/{unresearched}/research"))
    answers = [told(client.ask(method, target)) for method, target in asked]
    answers.append(told(client.ask("PATCH", draft, content_type="application/merge-patch+json")))
    answers += [told(Client(mock, key).ask("DELETE", draft)) for key in (KEYS["no_scope"][0], None)]
    foreign = mock.state.tenants[NEIGHBOUR.organization_id].lists.rows({})[-1].id
    client.ask("DELETE", f"/api/v1/lists/{foreign}")
    client.ask("DELETE", "/api/v1/drafts")
    answers.append(told(client.get("/api/v1/drafts?limit=200")))
    answers.append(told(Client(mock, NEIGHBOUR).get(f"/api/v1/lists/{foreign}")))
    return [*answers, told(Client(mock).ask("PUT", path)), told(client.get(draft))]


def seen(effect: Callable[[Mock], list[Any]], *modifications: Modification) -> list[Any]:
    """An effect of a mock with these modifications."""
    return effect(new_mock(rate_limited=effect is rated, modifications=modifications))


@cache
def usual(effect: Callable[[Mock], list[Any]]) -> list[Any]:
    """An effect of the mock without modifications."""
    return seen(effect)


PLAIN = [
    name
    for name, family in FAMILIES.items()
    if family not in ("RATE", "HOOK")
    and name not in ONLY_AT_ONCE
    and FAULTS[name].breaks[0] not in (*WRITING, "PAGE-11")
]


@pytest.mark.parametrize("name", PLAIN)
def test_a_fault_shows(name: str) -> None:
    assert shows(FAULTS[name])


def test_what_changes_nothing_does_not_show() -> None:
    assert not shows(changing(lambda _pipeline: None))


@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if family == "RATE"])
def test_a_fault_of_rates_shows(name: str) -> None:
    assert seen(rated, faults.named(name)) != usual(rated)


@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if family == "HOOK"])
def test_a_fault_of_deliveries_shows(name: str) -> None:
    assert seen(delivered, faults.named(name)) != usual(delivered)


@pytest.mark.parametrize("name", [name for name in FAULTS if FAULTS[name].breaks[0] in WRITING])
def test_a_fault_of_writes_shows(name: str) -> None:
    assert seen(written, faults.named(name)) != usual(written)


@pytest.mark.parametrize("effect", [rated, delivered, written])
def test_what_changes_nothing_has_the_usual_effect(effect: Callable[[Mock], list[Any]]) -> None:
    assert seen(effect, changing(lambda _pipeline: None)) == usual(effect)


@pytest.mark.parametrize(
    ("name", "filters"), [("offset-cursors", ""), ("offset-cursors-by-status", "&qualificationStatus=qualified")]
)
def test_an_offset_sees_an_item_twice_when_one_is_added(name: str, filters: str) -> None:
    mock = new_mock(modifications=[faults.named(name)])
    client = Client(mock, FULL)
    first = client.get(f"/api/v1/contacts?limit=5{filters}").json
    mock.state.tenants[FULL.organization_id].add_contact(START + 1, qualificationStatus="qualified")
    second = client.get(f"/api/v1/contacts?limit=5{filters}&cursor={first['nextCursor']}").json
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
