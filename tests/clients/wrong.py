"""Wrong clients that present keys, walk and ask, each named for its lie, under the id of the requirement that it breaks."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx

from tests.clients.api import CONTACTS, ME, Api, Query, sync
from tests.clients.catalogue import Client, Environment, listed_in

CLIENTS: dict[str, Client] = {}
client = listed_in(CLIENTS)


@client
def puts_the_key_into_the_query(environment: Environment) -> None:
    """KEY-1."""

    class Wrong(Api):
        def send(self, path: str, query: Query) -> httpx.Response:
            return super().send(path, {**query, "api_key": self.key})

    sync(Wrong(environment))


@client
def sends_the_key_in_a_header_of_its_own(environment: Environment) -> None:
    """KEY-1."""

    class Wrong(Api):
        def headers(self) -> dict[str, str]:
            return {"X-Api-Key": self.key}

    Wrong(environment).get(ME)


@client
def tells_the_key_in_the_body_too(environment: Environment) -> None:
    """KEY-1."""

    class Wrong(Api):
        def send(self, path: str, query: Query) -> httpx.Response:
            return self.http.request("GET", path, params=query, json={"apiKey": self.key})

    Wrong(environment).get(ME)


@client
def logs_in_to_a_proxy_with_the_key(environment: Environment) -> None:
    """KEY-1."""

    class Wrong(Api):
        def headers(self) -> dict[str, str]:
            credentials = base64.b64encode(f"api:{self.key}".encode()).decode()
            return {**super().headers(), "Proxy-Authorization": f"Basic {credentials}"}

    Wrong(environment).get(ME)


@client
def takes_the_key_along_on_a_redirect(environment: Environment) -> None:
    """KEY-2."""

    class Wrong(Api):
        def send(self, path: str, query: Query) -> httpx.Response:
            answer = super().send(path, query)
            return self.http.get(answer.headers["Location"]) if answer.is_redirect else answer

    sync(Wrong(environment))


@client
def hopes_that_a_revoked_key_comes_back(environment: Environment) -> None:
    """KEY-3."""

    class Wrong(Api):
        def read(self, answer: httpx.Response) -> Any:
            for _ in range(3):
                if answer.status_code == 401:
                    answer = self.http.send(answer.request)
            return super().read(answer)

    sync(Wrong(environment))


@client
def trusts_every_certificate(environment: Environment) -> None:
    """KEY-4."""

    class Wrong(Api):
        verifies = False

    sync(Wrong(environment))


@client
def builds_cursors_by_hand(environment: Environment) -> None:
    """WALK-1."""

    class Wrong(Api):
        last: Any = None

        def get(self, path: str, query: Query | None = None) -> Any:
            page = super().get(path, query)
            self.last = page["data"][-1] if page.get("data") else None
            return page

        def following(self, query: Query, cursor: str) -> Query:
            content = json.dumps({"id": self.last["id"], "t": self.last["createdAt"]}, separators=(",", ":"))
            return super().following(query, base64.urlsafe_b64encode(content.encode()).decode().rstrip("="))

    sync(Wrong(environment))


@client
def forgets_the_filter_on_page_two(environment: Environment) -> None:
    """WALK-2."""

    class Wrong(Api):
        limit = "50"

        def following(self, query: Query, cursor: str) -> Query:
            return {"limit": query["limit"], "cursor": cursor}

    list(Wrong(environment).walk(CONTACTS, {"qualificationStatus": "qualified"}))


@client
def stops_at_a_short_page(environment: Environment) -> None:
    """WALK-3."""

    class Wrong(Api):
        def is_last(self, page: Any) -> bool:
            return super().is_last(page) or len(page["data"]) < int(self.limit)

    sync(Wrong(environment))


@client
def stops_at_a_page_of_one_item(environment: Environment) -> None:
    """WALK-3."""

    class Wrong(Api):
        def is_last(self, page: Any) -> bool:
            return super().is_last(page) or len(page["data"]) == 1

    sync(Wrong(environment))


@client
def asks_on_after_the_end(environment: Environment) -> None:
    """WALK-4."""
    api = Api(environment)
    page = api.get(CONTACTS, {"limit": "200"})
    while page["data"]:
        try:
            page = api.get(CONTACTS, {"limit": "200", "cursor": str(page.get("nextCursor"))})
        except httpx.HTTPStatusError:
            break


@client
def wants_five_hundred_a_page(environment: Environment) -> None:
    """WALK-5."""

    class Wrong(Api):
        limit = "500"

    sync(Wrong(environment))


@client
def sends_an_expired_cursor_again(environment: Environment) -> None:
    """WALK-6."""

    class Wrong(Api):
        def read(self, answer: httpx.Response) -> Any:
            if answer.status_code == 400:
                answer = self.http.send(answer.request)
            return super().read(answer)

    sync(Wrong(environment))


@client
def asks_for_what_is_not_there(environment: Environment) -> None:
    """ASK-1."""
    api = Api(environment)
    list(api.walk(CONTACTS))
    api.http.get("/api/v1/campaigns")


@client
def spells_filters_in_snake_case(environment: Environment) -> None:
    """ASK-2."""
    list(Api(environment).walk(CONTACTS, {"qualification_status": "qualified"}))


@client
def asks_for_undefined(environment: Environment) -> None:
    """ASK-3."""
    api = Api(environment)
    for contact in list(api.walk(CONTACTS))[:1]:
        api.http.get(f"{CONTACTS}/{contact.get('contactId', 'undefined')}")
