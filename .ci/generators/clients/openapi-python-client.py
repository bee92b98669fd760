"""A client of openapi-python-client's code."""

from __future__ import annotations

from outbound_attrs import AuthenticatedClient
from outbound_attrs.api.contacts import list_contacts
from outbound_attrs.api.identity import get_me
from outbound_attrs.models import ContactPage, Problem
from outbound_attrs.types import UNSET
from walk import API_KEY, BASE_URL, Page, walk

client = AuthenticatedClient(base_url=BASE_URL, token=API_KEY)


def page(cursor: str | None) -> Page:
    """A page of contacts."""
    answer = list_contacts.sync(client=client, limit=200, cursor=cursor or UNSET)
    if not isinstance(answer, ContactPage):
        raise TypeError(answer)
    return {contact.id: contact.qualification_status for contact in answer.data}, answer.next_cursor or None


def refusal() -> tuple[str, Problem] | None:
    """A problem, None if the request was served."""
    answer = get_me.sync(client=client)
    return (answer.type_, answer) if isinstance(answer, Problem) else None


walk(page, refusal)
