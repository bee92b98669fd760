"""A client of datamodel-code-generator's models."""

from __future__ import annotations

import httpx
from outbound_models import ContactPage, Problem
from walk import API_KEY, BASE_URL, Page, walk

client = httpx.Client(base_url=BASE_URL, headers={"Authorization": f"Bearer {API_KEY}"})


def page(cursor: str | None) -> Page:
    """A page of contacts."""
    query = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
    answer = ContactPage.model_validate_json(client.get("/api/v1/contacts", params=query).raise_for_status().content)
    return {contact.id: contact.qualificationStatus for contact in answer.data}, answer.nextCursor


def refusal() -> tuple[str, Problem] | None:
    """A problem, None if the request was served."""
    response = client.get("/api/v1/me")
    if response.is_success:
        return None
    problem = Problem.model_validate_json(response.content)
    return str(problem.type), problem


walk(page, refusal)
