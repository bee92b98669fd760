"""Wrong clients, each named for its lie, under the id of the requirement that it breaks."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import sleep
from typing import Any

import httpx

from tests.clients.api import CONTACTS, LISTS, ME, Api, Query, sync
from tests.clients.catalogue import Client, Environment, listed_in

CLIENTS: dict[str, Client] = {}
client = listed_in(CLIENTS)

NOTHING: dict[str, Any] = {"data": [], "nextCursor": None}


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

        def following(self, query: Query, cursor: str) -> Query:  # noqa: ARG002 (that is the lie)
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


@client
def waits_half_as_long_as_it_is_told(environment: Environment) -> None:
    """PACE-1."""

    class Wrong(Api):
        def wait_after(self, answer: httpx.Response, turn: int) -> float:
            return super().wait_after(answer, turn) / 2

    sync(Wrong(environment))


@client
def takes_a_refusal_for_the_end(environment: Environment) -> None:
    """PACE-2."""

    class Wrong(Api):
        def send(self, path: str, query: Query) -> httpx.Response:
            answer = super().send(path, query)
            return httpx.Response(200, json=NOTHING) if answer.status_code == 429 else answer

        def read(self, answer: httpx.Response) -> Any:
            return answer.json()

    list(Wrong(environment).walk(CONTACTS))


@client
def runs_into_the_limit_with_everything_it_has(environment: Environment) -> None:
    """PACE-3."""
    apis = [Api(environment) for _ in range(5)]
    barrier = Barrier(len(apis))

    def ask(api: Api) -> float:
        barrier.wait()
        return float(api.http.get(CONTACTS).headers.get("Retry-After", 0))

    with ThreadPoolExecutor(len(apis)) as pool:
        for _ in range(2):
            sleep(max(pool.map(ask, apis)) + 0.1)
    raise SystemExit(1)


@client
def insists_on_what_is_not_found(environment: Environment) -> None:
    """FAIL-1."""
    api = Api(environment)
    for _ in range(3):
        api.http.get(f"{CONTACTS}/con_gone")


@client
def hammers_a_failing_server(environment: Environment) -> None:
    """FAIL-2."""

    class Wrong(Api):
        tries = 10

        def wait_after_failure(self, turn: int) -> float:  # noqa: ARG002 (that is the lie)
            return 0.0

    sync(Wrong(environment))


@client
def takes_what_it_got_of_a_page_for_whole(environment: Environment) -> None:
    """FAIL-3."""

    class Wrong(Api):
        def send(self, path: str, query: Query) -> httpx.Response:
            try:
                answer = super().send(path, query)
                answer.json()
            except (httpx.TransportError, ValueError):
                return httpx.Response(200, json=NOTHING, request=httpx.Request("GET", path))
            return answer

    sync(Wrong(environment))


@client
def waits_for_ever(environment: Environment) -> None:
    """FAIL-4."""

    class Wrong(Api):
        time_limit = 3_600.0

    sync(Wrong(environment))


MEMBERS = {
    *("id", "email", "firstName", "lastName", "title", "companyName", "companyDomain", "linkedinUrl", "location"),
    *("qualificationStatus", "qualificationScore", "listIds", "createdAt", "updatedAt"),
}


@client
def refuses_unknown_members(environment: Environment) -> None:
    """OPEN-1."""
    for contact in Api(environment).walk(CONTACTS):
        if set(contact) - MEMBERS:
            raise SystemExit(1)


@client
def knows_all_statuses(environment: Environment) -> None:
    """OPEN-1."""
    ranks = {"unqualified": 0, "pending": 1, "qualified": 2, "disqualified": 3}
    for contact in Api(environment).walk(CONTACTS):
        ranks[contact["qualificationStatus"]]


@client
def counts_on_every_member(environment: Environment) -> None:
    """OPEN-1."""
    for contact in Api(environment).walk(CONTACTS):
        (contact.get("firstName", "") + "").strip()


@client
def reads_the_same_contact_for_every_row(environment: Environment) -> None:
    """COST-1."""
    api = Api(environment)
    contact = next(iter(api.walk(CONTACTS)))
    for _ in range(5):
        api.get(f"{CONTACTS}/{contact['id']}")


@client
def walks_in_tiny_steps(environment: Environment) -> None:
    """COST-2."""

    class Wrong(Api):
        limit = "20"

    list(Wrong(environment).walk(CONTACTS))


@client
def opens_a_connection_for_every_request(environment: Environment) -> None:
    """COST-3."""

    class Wrong(Api):
        def send(self, path: str, query: Query) -> httpx.Response:
            return httpx.get(self.base_url + path, params=query, headers=self.headers(), trust_env=False)

    api = Wrong(environment)
    sync(api)
    for one in list(api.walk(LISTS))[:4]:
        api.get(f"{LISTS}/{one['id']}")
