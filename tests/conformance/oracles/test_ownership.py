"""What an answer shows of another organization, and what only repeats the request."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from conformance.oracles.ownership import leak
from conformance.target.exchange import Exchange, Request

CONTACT, ORGANIZATION = "con_7", "org_2"
OTHERS = frozenset({("contact", CONTACT), ("organization", ORGANIZATION)})


def answer(status: int, body: dict[str, Any], target: str = f"/api/v1/contacts/{CONTACT}", **headers: str) -> Exchange:
    request = Request("GET", target, tuple(headers.items()), operation="getContact")
    return Exchange(1, request, target, status, httpx.Headers(), json.dumps(body).encode(), 0.0, 0.1, 0.0)


@pytest.mark.parametrize(
    "problem",
    [
        answer(404, {"title": "Not found", "id": CONTACT, "contactId": CONTACT}),
        answer(404, {"contactId": CONTACT}, "/api/v1/contacts/con%5F7"),
        answer(403, {"organizationId": ORGANIZATION}, "/api/v1/contacts/con_1", organization=ORGANIZATION),
    ],
    ids=["its path", "its path, encoded", "its header"],
)
def test_a_problem_may_repeat_the_ids_of_its_request(problem: Exchange) -> None:
    assert leak(problem, OTHERS) is None


@pytest.mark.parametrize(
    "shown",
    [
        answer(200, {"id": CONTACT}),
        answer(404, {"id": CONTACT, "qualificationStatus": "qualified"}),
        answer(403, {"detail": "It is another's.", "organizationId": ORGANIZATION}),
    ],
    ids=["served", "a whole resource in a problem", "an id that was not asked for"],
)
def test_what_it_shows_beyond_them_is_a_leak(shown: Exchange) -> None:
    assert "of the other organization" in str(leak(shown, OTHERS))
