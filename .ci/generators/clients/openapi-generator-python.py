"""A client of openapi-generator's Python code."""

from __future__ import annotations

from outbound_pydantic import ApiClient, ApiException, Configuration, ContactsApi, IdentityApi, Problem
from walk import API_KEY, BASE_URL, Page, walk

# By itself it waits as long as a 429 says and asks again, so that nobody would ever see one.
client = ApiClient(Configuration(host=BASE_URL, access_token=API_KEY, retries=0))


def page(cursor: str | None) -> Page:
    """A page of contacts."""
    answer = ContactsApi(client).list_contacts(limit=200, cursor=cursor)
    return {contact.id: contact.qualification_status for contact in answer.data}, answer.next_cursor


def refusal() -> tuple[str, Problem] | None:
    """A problem, None if the request was served."""
    try:
        IdentityApi(client).get_me()
    except ApiException as error:
        if not isinstance(error.data, Problem):
            raise
        return error.data.type, error.data
    return None


walk(page, refusal)
