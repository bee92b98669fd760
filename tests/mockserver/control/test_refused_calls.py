"""Calls of the control API that cannot be performed are answered with a problem."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.control_calls import OPERATIONS
from tests.support.mock_client import FULL, Client, Response, new_mock

NOTHING_HAS_IT = "nothing_1"
STEADY = Client(new_mock(contacts=0))
"""Asks a mock that no test changes."""

BODIES = [name for name, (method, _, found) in OPERATIONS.items() if method != "PATCH" and "requestBody" in found]


@pytest.mark.parametrize("operation_id", BODIES)
def test_a_body_that_the_document_requires_cannot_be_left_out(operation_id: str) -> None:
    mock = new_mock(contacts=3)
    method, template, operation = OPERATIONS[operation_id]
    answer = Client(mock).ask(method, template.format(id=next(iter(mock.state.tenants))))
    refused = answer.status not in (200, 201, 404)
    assert refused == operation["requestBody"].get("required", False)


def parameterized() -> Iterator[tuple[str, str, str]]:
    for method, path, operation in OPERATIONS.values():
        if "{" in path:
            yield method, path, operation["operationId"]


@pytest.mark.parametrize(("method", "path", "operation_id"), list(parameterized()))
def test_what_nothing_has_is_a_problem(method: str, path: str, operation_id: str) -> None:
    bodies = {"patchKey": {}, "patchWebhook": {"enabled": True}}
    body = json.dumps(bodies.get(operation_id, {})).encode()
    target = path.replace("{number}", "999999").replace("{id}", NOTHING_HAS_IT).replace("{resourceId}", NOTHING_HAS_IT)
    assert_problem(STEADY.ask(method, target, body), 404)


@pytest.mark.parametrize("operation_id", [name for name, each in OPERATIONS.items() if "requestBody" in each[2]])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[]", 400),
        (b"null", 400),
        (b"{", 400),
        (b'{"a":1,"a":2}', 400),
        (b'{"a":NaN}', 400),
        (b'{"a":"\\ud800"}', 400),
        (b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}", 400),
        (b'{"a":' + b'{"a":' * 300 + b"1" + b"}" * 301, 400),
        (b"\xff\xfe", 400),
    ],
    ids=[str(n) for n in range(9)],
)
def test_a_body_that_cannot_be_taken_is_a_problem(operation_id: str, body: bytes, status: int) -> None:
    method, path, _ = OPERATIONS[operation_id]
    path = path.replace("{id}", FULL.organization_id).replace("{resourceId}", NOTHING_HAS_IT).replace("{number}", "1")
    assert_problem(STEADY.ask(method, path, body), status)


def assert_problem(answer: Response, *statuses: int) -> None:
    assert answer.status in statuses, answer.body[:200]
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert problem["status"] == answer.status
    assert len(problem["detail"].splitlines()) == 1
    assert len(problem["detail"]) < 500


@pytest.mark.parametrize(("kind", "name"), [("hardship", "rate-limit-storm"), ("fault", "pages-grow-short")])
def test_a_hint_that_is_a_question_ends_with_its_mark(kind: str, name: str) -> None:
    answer = STEADY.ask("POST", "/_mock/switches", json.dumps({kind: name}).encode())
    assert_problem(answer, 400)
    assert answer.json["detail"].endswith("?")


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("POST", "/_mock/reset", {"sead": 1}, "The body has the unknown member sead; did you mean seed?"),
        (
            "POST",
            "/_mock/keys",
            {"name": "x", "scopes": [], "limits": {"perMinutes": 1, "perMinute": 1, "burst": 1, "burstWindow": 1}},
            "limits has the unknown member perMinutes; did you mean perMinute?",
        ),
        (
            "POST",
            "/_mock/reset",
            {"unheard_of": 1},
            "The body has the unknown member unheard_of; there are seed, organizations, contacts.",
        ),
        (
            "POST",
            "/_mock/keys",
            {"name": "x", "scops": []},
            "The body has the unknown member scops; did you mean scopes?",
        ),
        ("POST", "/_mock/keys", {"label": "x"}, "The body has the unknown member label; it lacks name, scopes."),
        (
            "POST",
            "/_mock/keys",
            {"name": "x", "scopes": [], "limits": {"perMinutes": 1, "burst": 1, "burstWindow": 1}},
            "limits has the unknown member perMinutes; did you mean perMinute?",
        ),
        ("POST", "/_mock/clock", {"advnce": 5}, "The body has the unknown member advnce; did you mean advance?"),
        (
            "POST",
            "/_mock/clock",
            {"on": 5},
            "The body has the unknown member on; there are advance, set, freeze, resume.",
        ),
        (
            "PUT",
            "/_mock/state",
            {"version": 1, "clock": {"now": 0, "frozen": False}, "orgs": [], "keys": [], "webhooks": []},
            "The body has the unknown member orgs; it lacks organizations.",
        ),
        ("DELETE", "/_mock/requests", {"all": True}, "This call takes no body."),
        (
            "PATCH",
            "/_mock/webhooks/whk_1",
            {"enable": True},
            "The body has the unknown member enable; did you mean enabled?",
        ),
    ],
)
def test_an_unknown_member_is_answered_with_the_one_most_like_it(
    method: str, path: str, body: dict[str, object], told: str
) -> None:
    answer = STEADY.ask(method, path, json.dumps(body).encode())
    assert_problem(answer, 400)
    assert answer.json["detail"] == told


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        (
            "POST",
            "keys",
            {"name": "x", "scopes": ["contact.read"]},
            "scopes: no such scope; did you mean contacts.read?",
        ),
        (
            "POST",
            "events",
            {"eventType": "draft.repled"},
            "eventType: the documentation names no draft.repled; did you mean draft.replied?",
        ),
        ("GET", "requests?opration=getMe", {}, "This call has no such query parameter; did you mean operation?"),
        ("GET", "health?x=1", {}, "This call has no such query parameter; there are none."),
        ("GET", "requests?operation=getMee", {}, "operation: no such operation; did you mean getMe?"),
        ("GET", "requests?problem=not-fund", {}, "problem: no such problem; did you mean not-found?"),
        ("GET", "keys?organization=org_1", {}, "organization: there is none with this id; there are org_"),
        ("GET", "webhooks?organization=org_1", {}, "organization: there is none with this id; there are org_"),
    ],
)
def test_an_unknown_value_or_parameter_is_answered_with_the_one_most_like_it(
    method: str, path: str, body: dict[str, object], told: str
) -> None:
    answer = STEADY.ask(method, f"/_mock/{path}", json.dumps(body).encode() if body else b"")
    assert_problem(answer, 400)
    assert answer.json["detail"].startswith(told)


def test_an_unknown_path_is_answered_with_the_one_most_like_it() -> None:
    assert STEADY.ask("GET", "/_mock/request").json["detail"].endswith("; did you mean /_mock/requests?")


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"version": 2, "keys": []}, "version must be 1."),
        ({"version": "1", "made": -1, "since": 0}, "version must be 1."),
        ({"version": 1, "keys": []}, "The body lacks the member clock."),
        ({"keys": []}, "The body lacks the member version."),
    ],
)
def test_the_version_of_a_state_is_told_before_what_it_lacks(state: dict[str, object], told: str) -> None:
    assert STEADY.ask("PUT", "/_mock/state", json.dumps(state).encode()).json["detail"] == told
